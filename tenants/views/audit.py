"""The audit trail of a clinic: to look through, to export as a CSV file, and to take a proof of it.

Nothing changes it; what is taken out is on record in it.
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import cast

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from tenants import selectors, services
from tenants.access import Visit, clinic_page
from tenants.csv_out import csv_line
from tenants.cursors import BadCursor, Position
from tenants.domain import ClinicFacts
from tenants.forms.audit import AuditFilterForm
from tenants.pages import asked_position, bad_request, go_to, page_url
from tenants.permissions import Permission
from tenants.selectors import EventFilter, EventRow
from tenants.trail.lines import proof_line

PAGE_SIZE = 50
EXPORT_AT_ONCE = 1_000
COLUMNS = ("row", "time", "who", "topic", "event", "what", "to what", "details", "intact", "hash")


@require_GET
@clinic_page(Permission.SEE_AUDIT)
def show_trail(request: HttpRequest, visit: Visit) -> HttpResponse:
    """`?topic&event&who&from&to&cursor`, newest first; 400 with the reasons beside the fields."""
    form = AuditFilterForm(request.GET, selectors.list_people(visit.clinic.id), visit.clinic.zone)
    context = {
        "section": "settings",
        "form": form,
        "witness": selectors.read_witness(clinic_id=visit.clinic.id, now=timezone.now()),
        "asked": {name: value for name, value in request.GET.items() if name in form.fields and value},
        "back": request.get_full_path(),
    }
    if not form.is_valid():
        return render(request, "settings/audit.html", context, status=HTTPStatus.BAD_REQUEST)
    try:
        position, forwards = asked_position(request)
        page = selectors.list_events(
            clinic=visit.clinic, wanted=form.wanted(), position=position, forwards=forwards, size=PAGE_SIZE
        )
    except BadCursor as error:
        return bad_request(request, str(error))
    context |= {
        "rows": page.rows,
        "next_url": page_url(request, page.next, forwards=True),
        "previous_url": page_url(request, page.previous, forwards=False),
    }
    return render(request, "settings/audit.html", context)


@require_POST
@clinic_page(Permission.SEE_AUDIT, recent=True)
def export_trail(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The filtered trail as a CSV file, newest first; its first row says that it was exported."""
    _require_own_page(request)
    form = AuditFilterForm(request.POST, selectors.list_people(visit.clinic.id), visit.clinic.zone)
    if not form.is_valid():
        return bad_request(request, "The filter cannot be read.")
    last = services.record_export(clinic_id=visit.clinic.id, actor=visit.actor, filter=form.words(), form="CSV")
    lines = _csv_lines(visit.clinic, form.wanted(), last)
    name = f"audit-trail-{visit.clinic.slug}-{timezone.now():%Y-%m-%d}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    streamed = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)
    return cast(HttpResponse, streamed)  # a trail may be longer than memory; gates ask no answer for its content


@require_POST
@clinic_page(Permission.SEE_AUDIT, recent=True)
def take_proof(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The newest checkpoint that has seen this trail, with the path from its end to the signed root."""
    _require_own_page(request)
    try:
        proof = services.take_proof(clinic=visit.clinic, actor=visit.actor)
    except services.NoCheckpoint:
        messages.error(request, "No checkpoint has been made yet. One is made every hour.")
        return go_to("settings_audit")
    answer = proof_line(visit.clinic.slug, proof.anchor, proof.checkpoint, proof.latest)
    name = f"audit-proof-{visit.clinic.slug}-{proof.checkpoint.id}.json"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return JsonResponse(answer, json_dumps_params={"indent": 1}, headers=headers)


def _require_own_page(request: HttpRequest) -> None:
    """Browsers say where a request comes from; what takes data out comes from a page of ours."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}:
        raise PermissionDenied


def _csv_lines(clinic: ClinicFacts, wanted: EventFilter, last: int) -> Iterator[str]:
    """Read piece by piece, each in a transaction of its own: the trail can't change behind us."""
    yield "\ufeff" + csv_line(COLUMNS)  # or Excel reads UTF-8 for something else
    position: Position | None = selectors.position_after(last)
    while True:
        page = selectors.list_events(clinic=clinic, wanted=wanted, position=position, size=EXPORT_AT_ONCE)
        yield from (csv_line(_cells(row)) for row in page.rows)
        position = page.next
        if position is None:
            return


def _cells(row: EventRow) -> tuple[object, ...]:
    details = "erased for its age" if row.details is None else row.raw_details
    return (
        row.seq, row.at.isoformat(), row.actor, row.topic, row.action, row.what, row.target, details,
        "yes" if row.is_intact else "NO", row.hash.hex(),
    )  # fmt: skip
