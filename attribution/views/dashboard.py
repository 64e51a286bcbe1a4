"""The dashboard of a span of days; who may not see figures is led to the worklist."""

from datetime import date
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET

from attribution import selectors, services
from attribution.forms.dashboard import SpanForm
from attribution.spans import Compared, Span, SpanKind, span_of, span_words
from tenants.access import Visit, clinic_page
from tenants.forms.errors import first_error
from tenants.pages import bad_request
from tenants.permissions import Permission

KINDS = {SpanKind.WEEK: "Week", SpanKind.MONTH: "Month", SpanKind.QUARTER: "Quarter"}


@require_GET
@clinic_page(Permission.SEE_WORK)
def show_dashboard(request: HttpRequest, visit: Visit) -> HttpResponse:
    """`?period=week&on=2026-11-16`, `?month=2026-11` or `?from&to`; `compare=year`. Who may not see figures is sent on
    to the worklist: it is their first page."""
    if Permission.SEE_FIGURES not in visit.may:
        return redirect("worklist")
    now = timezone.now()
    today = now.astimezone(visit.clinic.zone).date()
    form = SpanForm(request.GET, today)
    if not form.is_valid():
        return bad_request(request, first_error(form))
    span, compared = form.span, form.compared
    context = {
        "dashboard": selectors.get_dashboard(visit.clinic, span, now, compared),
        "clinic": visit.clinic,
        "guide": services.follow_guide(clinic=visit.clinic, may=visit.may),
        "span": span,
        "span_words": span_words(span, visit.clinic.english),
        "today": today,
        "compared": compared,
        "kinds": [_link(kind, span, compared, today) for kind in KINDS],
        "previous_url": span_url(span.previous, compared),
        "next_url": span_url(span.next, compared) if span.next.whole.first <= today else None,
        "other_comparison_url": span_url(span, Compared.YEAR if compared is Compared.BEFORE else Compared.BEFORE),
    }
    return render(request, "attribution/dashboard.html", context)


def span_url(span: Span, compared: Compared) -> str:
    """The address at which the span is shown; the same for everybody, so that it can be kept and sent on."""
    first, last = span.whole.first.isoformat(), span.whole.last.isoformat()
    if span.kind is SpanKind.CUSTOM:
        asked = {"from": first, "to": last}
    elif span.kind is SpanKind.MONTH:
        asked = {"month": first[:7]}
    else:
        asked = {"period": span.kind.value, "on": first}
    return "?" + urlencode(asked if compared is Compared.BEFORE else {**asked, "compare": compared.value})


def _link(kind: SpanKind, span: Span, compared: Compared, today: date) -> dict[str, object]:
    """To the span of this kind where one is, or to its last day that has been."""
    target = span_of(kind, min(span.whole.last, today))
    return {"label": KINDS[kind], "url": span_url(target, compared), "is_current": kind is span.kind}
