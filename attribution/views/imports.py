"""The pages of imports: past ones, how one goes, its report, stopping it, and mappings that are remembered.

What they show of a file are counts and numbers of lines.
"""

import uuid
from collections.abc import Iterator
from http import HTTPStatus

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from attribution.forms.imports import format_title
from calls import selectors, services
from calls.selectors import ImportLine
from tenants.access import Visit, clinic_page
from tenants.csv_out import csv_line
from tenants.pages import say_and_go_to
from tenants.permissions import Permission

SECTION = {"section": "settings"}
LIST = "settings_import"


@require_GET
@clinic_page(Permission.SEE_CONNECTIONS)
def show_imports(request: HttpRequest, visit: Visit) -> HttpResponse:
    """Past imports and remembered mappings; the auditor sees no buttons."""
    context = {
        **SECTION,
        "runs": [(line, _title(line)) for line in selectors.list_runs(visit.clinic, timezone.now())],
        "mappings": selectors.list_mappings(visit.clinic),
        "may_send": Permission.SEND_CALLS in visit.may,
    }
    return render(request, "settings/import.html", context)


@require_GET
@clinic_page(Permission.SEE_CONNECTIONS)
def show_run(request: HttpRequest, visit: Visit, run_id: uuid.UUID) -> HttpResponse:
    """One import: how far it is, or its report."""
    line = _find(visit, run_id)
    return render(request, "settings/import_run.html", _about(visit, line))


@require_GET
@clinic_page(Permission.SEE_CONNECTIONS)
def show_progress(request: HttpRequest, visit: Visit) -> HttpResponse:
    """`?run`: a piece of a page that asks for itself again while the import goes on. An import that nobody knows has
    not begun yet: whoever sends a file asks before it has arrived."""
    try:
        line = selectors.find_run(visit.clinic, uuid.UUID(request.GET.get("run", "")), timezone.now())
    except ValueError as error:
        raise Http404 from error
    is_page = "page" in request.GET
    if line is not None and not line.is_running and is_page:
        return HttpResponse(status=HTTPStatus.NO_CONTENT, headers={"HX-Refresh": "true"})
    context = {"line": line, "run_id": request.GET["run"], "is_page": is_page, **_may(visit)}
    return render(request, "settings/_import_progress.html", context)


@require_GET
@clinic_page(Permission.SEE_CONNECTIONS)
def download_report(request: HttpRequest, visit: Visit, run_id: uuid.UUID) -> HttpResponse:
    """The report as a CSV file."""
    line = _find(visit, run_id)
    name = f"import-{line.kind.value}-{line.started_at:%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return HttpResponse("\ufeff" + "".join(_report(line)), content_type="text/csv; charset=utf-8", headers=headers)


@require_POST
@clinic_page(Permission.SEND_CALLS)
def stop_run(request: HttpRequest, visit: Visit, run_id: uuid.UUID) -> HttpResponse:
    """Ends it after the batch that is being stored."""
    try:
        services.stop_run(clinic_id=visit.clinic.id, run_id=run_id, now=timezone.now(), actor=visit.actor)
    except services.UnknownRun as error:
        raise Http404 from error
    response = redirect("settings_import_run", run_id)
    response.status_code = HTTPStatus.SEE_OTHER
    return response


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.SEND_CALLS)
def remove_mapping(request: HttpRequest, visit: Visit, mapping_id: uuid.UUID) -> HttpResponse:
    """Asks first; then the next file of its kind is asked about again."""
    known = selectors.find_mapping(visit.clinic, mapping_id=mapping_id)
    if known is None:
        raise Http404
    if request.method == "GET":
        return render(request, "settings/import_mapping_remove.html", {**SECTION, "mapping": known})
    services.remove_mapping(clinic_id=visit.clinic.id, mapping_id=known.id, actor=visit.actor)
    return say_and_go_to(request, LIST, f"“{known.name}” is removed.")


def _find(visit: Visit, run_id: uuid.UUID) -> ImportLine:
    line = selectors.find_run(visit.clinic, run_id, timezone.now())
    if line is None:
        raise Http404
    return line


def _may(visit: Visit) -> dict[str, bool]:
    return {"may_send": Permission.SEND_CALLS in visit.may}


def _about(visit: Visit, line: ImportLine) -> dict[str, object]:
    return {**SECTION, **_may(visit), "line": line, "title": _title(line), "run_id": line.id, "is_page": True}


def _title(line: ImportLine) -> str:
    return format_title(line.kind, line.format)


def _report(line: ImportLine) -> Iterator[str]:
    """One row for each count, and one for each number of a line that is kept."""
    yield csv_line(("what", "why", "how many", "line", "details"))
    for what in ("lines", "read", "stored", "merged", "duplicate", "refused"):
        yield csv_line((what, "", getattr(line, what), "", ""))
    for what, findings in (("refused", line.refusals), ("remark", line.notes)):
        for found in findings:
            yield csv_line((what, found.words, found.count, "", "; ".join(found.details)))
            yield from (csv_line((what, found.words, "", number, "")) for number in found.lines)
