"""API keys of a clinic: which there are, making one that is shown once, and revoking."""

import uuid

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from tenants import selectors, services
from tenants.access import Visit, clinic_page
from tenants.forms.keys import KeyForm
from tenants.forms.people import add_refusal
from tenants.pages import say_and_go_to
from tenants.permissions import Permission


@require_GET
@clinic_page(Permission.SEE_KEYS)
def show_keys(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All keys, those that no longer work included."""
    keys = selectors.list_keys(visit.clinic.id, timezone.now())
    return render(request, "settings/keys.html", {"section": "settings", "keys": keys})


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.MANAGE_KEYS, recent=True)
def make_key(request: HttpRequest, visit: Visit) -> HttpResponse:
    """`name`, `scopes`, `lasts`. The answer to the POST shows the key, and nothing else ever does: it goes into no
    address, no session and no cookie, and a POST that is sent again makes no other."""
    form = KeyForm.read(request.POST, visit.clinic.id) if request.method == "POST" else KeyForm.blank(visit.clinic.id)
    if request.method == "POST" and form.is_valid():
        wanted = form.wanted()
        try:
            key = services.make_api_key(clinic_id=visit.clinic.id, wanted=wanted, now=timezone.now(), actor=visit.actor)
        except services.AlreadyMade:
            return say_and_go_to(request, "settings_keys", "That key was made already; a key is shown only once.")
        except services.BadInput as error:
            add_refusal(form, error)
        else:
            return render(request, "settings/key_made.html", {"section": "settings", "name": wanted.name, "key": key})
    return render(request, "settings/make_key.html", {"section": "settings", "form": form})


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.MANAGE_KEYS, recent=True)
def revoke_key(request: HttpRequest, visit: Visit, key_id: uuid.UUID) -> HttpResponse:
    """Asks first. 404 for another clinic's key, as for one that there is not."""
    now = timezone.now()
    try:
        key = selectors.find_key(visit.clinic.id, key_id, now)
    except selectors.UnknownKey as error:
        raise Http404 from error
    if request.method == "POST":
        is_done = services.revoke_api_key(clinic_id=visit.clinic.id, prefix=key.prefix, now=now, actor=visit.actor)
        done = f"{key.name} is revoked." if is_done else f"{key.name} was revoked before."
        return say_and_go_to(request, "settings_keys", done)
    return render(request, "settings/revoke_key.html", {"section": "settings", "key": key})
