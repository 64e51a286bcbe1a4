"""The monthly reports of a clinic: the list, a month on a page, as PDF and as CSV."""

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from attribution import selectors
from attribution.forms.reports import read_month
from attribution.reports import Report, day_lines, report_pdf
from attribution.reports.words import say_hour, say_missed, say_privacy, say_worth
from attribution.spans import DAY, next_month
from tenants.access import Visit, clinic_page
from tenants.permissions import Permission


@require_GET
@clinic_page(Permission.SEE_FIGURES)
def list_reports(request: HttpRequest, visit: Visit) -> HttpResponse:
    """All months that there are figures of."""
    context = {"months": selectors.list_reports(visit.clinic, timezone.now()), "clinic": visit.clinic}
    return render(request, "attribution/reports.html", context)


@require_GET
@clinic_page(Permission.SEE_FIGURES)
def show_report(request: HttpRequest, visit: Visit, month: str) -> HttpResponse:
    """404 for what is no month, has not begun or is before the clinic's first figures."""
    report = _get_report(visit, month)
    worth = say_worth(report.worth, visit.clinic.currency, visit.clinic.default_value)
    context = {
        "report": report,
        "dashboard": report.dashboard,
        "clinic": visit.clinic,
        "busiest": [(say_hour(hour, visit.clinic.english), say_missed(hour)) for hour in report.busiest],
        "worth": worth,
        "privacy": say_privacy(report),
        "month_before": None if report.is_first else report.month - DAY,
        "month_after": next_month(report.month) if report.is_over else None,
    }
    return render(request, "attribution/report.html", context)


@require_GET
@clinic_page(Permission.SEE_FIGURES)
def download_pdf(request: HttpRequest, visit: Visit, month: str) -> HttpResponse:
    """The same month on paper."""
    report = _get_report(visit, month)
    return attachment(report_pdf(report), "application/pdf", f"{visit.clinic.slug}-{report.slug}.pdf")


@require_GET
@clinic_page(Permission.SEE_FIGURES)
def download_csv(request: HttpRequest, visit: Visit, month: str) -> HttpResponse:
    """Its days, with all columns."""
    wanted = _month(visit, month)
    try:
        days = selectors.get_report_days(visit.clinic, wanted, timezone.now())
    except selectors.NoReport as error:
        raise Http404 from error
    lines = "".join(day_lines(days))
    return attachment(lines, "text/csv; charset=utf-8", f"{visit.clinic.slug}-{wanted:%Y-%m}.csv")


def attachment(content: bytes | str, kind: str, name: str) -> HttpResponse:
    """A file to keep; the name is of our own letters."""
    return HttpResponse(content, content_type=kind, headers={"Content-Disposition": f'attachment; filename="{name}"'})


def _get_report(visit: Visit, month: str) -> Report:
    try:
        return selectors.get_report(visit.clinic, _month(visit, month), timezone.now())
    except selectors.NoReport as error:
        raise Http404 from error


def _month(visit: Visit, text: str) -> date:
    month = read_month(text, timezone.now().astimezone(visit.clinic.zone).date())
    if month is None:
        raise Http404
    return month
