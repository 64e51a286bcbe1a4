"""The page of one's own e-mail summaries, and the public door of the link that ends them."""

from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from attribution import services
from attribution.forms.digests import DigestsForm
from attribution.schedules import DigestKind
from attribution.selectors import list_choices
from tenants.access import Visit, clinic_page
from tenants.pages import say_and_go_to
from tenants.permissions import Permission


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.SEE_WORK)
def summaries(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Of the clinic that one is in; 404 for support, which is no member."""
    chosen = sorted(kind.value for kind in list_choices(visit.clinic.id, visit.user_id))
    sees_figures = Permission.SEE_FIGURES in visit.may
    data = request.POST if request.method == "POST" else None
    form = DigestsForm(data, sees_figures=sees_figures, initial={"kinds": chosen})
    if form.is_valid():
        kinds = [DigestKind(kind) for kind in form.cleaned_data["kinds"]]
        try:
            services.choose_digests(
                clinic_id=visit.clinic.id, user_id=visit.user_id, kinds=kinds, now=timezone.now(), actor=visit.actor
            )
        except services.NoMember as error:
            raise Http404 from error
        return say_and_go_to(request, "summaries", "Saved.")
    context = {"form": form, "sees_figures": sees_figures}
    status = HTTPStatus.BAD_REQUEST if form.is_bound else HTTPStatus.OK
    return render(request, "attribution/summaries.html", context, status=status)


@csrf_exempt  # a mail program asks without a session; the link itself is the proof
@require_http_methods(["GET", "POST"])
def stop_summaries(request: HttpRequest, token: str) -> HttpResponse:
    """GET asks, because mail servers open links; POST does it, also for a mail program's one click (RFC 8058)."""
    try:
        if request.method == "POST":
            services.stop_digest(token=token)
        else:
            services.read_stop_link(token)
    except services.BadStopLink as error:
        raise Http404 from error
    return render(request, "attribution/summaries_stop.html", {"is_done": request.method == "POST"})
