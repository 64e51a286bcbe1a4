"""The pages that take a file in: which one and how it is read, its columns, a check, the import.

A file lives in the memory of its request and is sent anew with every step; no step keeps anything of it. A script of
the page does the sending again; without it the person chooses the file once more.
"""

import dataclasses
import uuid
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, BinaryIO

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from attribution import services
from attribution.forms.columns import ColumnsForm
from attribution.forms.imports import MAPPED, OURS, FileForm
from calls import selectors as calls_selectors
from calls import services as calls_services
from calls.domain import ImportKind, Refused
from calls.formats import Options, split_lines
from calls.formats.mapping import (
    BadMapping,
    ColumnMapping,
    PreviewRow,
    Sample,
    find_faults,
    from_json,
    header_key,
    preview,
    read_sample,
    suggest_mapping,
    to_json,
)
from tenants.access import Visit, clinic_page
from tenants.permissions import Permission

CHECK, IMPORT, COLUMNS = "check", "import", "columns"
BUSY = "Another file of this clinic is being imported. Wait until it is done, or stop it."


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.SEND_CALLS, scoped=False)
def import_calls(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A file of calls."""
    return _take(request, visit, ImportKind.CALLS)


@require_http_methods(["GET", "POST"])
@clinic_page(Permission.SEND_APPOINTMENTS, scoped=False)
def import_appointments(request: HttpRequest, visit: Visit) -> HttpResponse:
    """A file of appointments."""
    return _take(request, visit, ImportKind.APPOINTMENTS)


def _take(request: HttpRequest, visit: Visit, kind: ImportKind) -> HttpResponse:
    if request.method == "GET":
        return _Step(request, visit, FileForm(visit.clinic, kind)).show()
    form = FileForm(visit.clinic, kind, request.POST, request.FILES)
    step = _Step(request, visit, form)
    if not form.is_valid():
        return step.show(HTTPStatus.BAD_REQUEST)
    try:
        if form.cleaned_data["format"] == MAPPED:
            return _take_mapped(step)
        return step.run(form.cleaned_data["format"], form.cleaned_data["options"])
    except Refused as refused:
        form.add_error("file", f"{refused.detail[:1].upper()}{refused.detail[1:]}.")
        return step.show(HTTPStatus.BAD_REQUEST)


def _take_mapped(step: "_Step") -> HttpResponse:
    """A file of somebody else's columns: read once they are known, and shown until then. Raises `Refused`."""
    sample = read_sample(split_lines(step.file))
    key = header_key(sample.key_header).hex()
    saved = calls_selectors.find_mapping(step.visit.clinic, header_key=key)
    read = _read_saved(saved)
    proposed = read or _suggest(sample, step.form.cleaned_data["region"])
    answered = step.request.POST if "columns_shown" in step.request.POST else None
    columns = step.columns = ColumnsForm(sample, proposed, answered, name=saved.name if saved else "")
    if answered is None and not (read and step.do in (CHECK, IMPORT)):
        return step.show_columns(None if find_faults(proposed) else proposed, is_known=read is not None)
    if answered is not None and not columns.is_valid():
        return step.show_columns(None, status=HTTPStatus.BAD_REQUEST)
    mapping = columns.cleaned_data["mapping"] if answered is not None else proposed
    if step.do not in (CHECK, IMPORT):
        return step.show_columns(mapping)
    if answered is not None and not _remember(step, columns, key, saved):
        return step.show_columns(mapping, status=HTTPStatus.BAD_REQUEST)
    step.preview = step.look(mapping)
    return step.run(OURS, dataclasses.replace(step.form.cleaned_data["options"], mapping=mapping))


def _read_saved(saved: calls_selectors.MappingLine | None) -> ColumnMapping | None:
    """None also where it was kept by older rules and is none by ours: then the person is asked, and it is replaced."""
    if saved is None:
        return None
    try:
        return from_json(saved.columns)
    except BadMapping:
        return None


def _suggest(sample: Sample, region: str) -> ColumnMapping:
    return suggest_mapping(sample.header, sample.rows, region, sample.delimiter)


def _remember(step: "_Step", columns: ColumnsForm, key: str, saved: calls_selectors.MappingLine | None) -> bool:
    """Keeps the columns under the name that was typed in, if they are news; False when it can't be called that."""
    name, wanted = columns.cleaned_data["save_as"], to_json(columns.cleaned_data["mapping"])
    if not name or (saved and (saved.name, saved.columns) == (name, wanted)):
        return True
    try:
        calls_services.save_mapping(
            clinic_id=step.visit.clinic.id,
            name=name,
            header_key=key,
            columns=wanted,
            made_by=step.visit.user_id,
            now=timezone.now(),
            actor=step.visit.actor,
        )
    except calls_services.BadName as error:
        columns.add_error("save_as", str(error))
        return False
    return True


class _Step:
    """One step of a person with a file: what was sent, and the answers to it."""

    def __init__(self, request: HttpRequest, visit: Visit, form: FileForm) -> None:
        self.request, self.visit, self.form = request, visit, form
        self.columns: ColumnsForm | None = None
        self.preview: list[PreviewRow] = []
        self.do = request.POST.get("do", "")

    @property
    def file(self) -> BinaryIO:
        """From its beginning."""
        file: BinaryIO = self.form.cleaned_data["file"].file
        file.seek(0)
        return file

    def run(self, format_name: str, options: Options) -> HttpResponse:
        """Checks or imports. Raises `Refused`."""
        order = services.FileOrder(
            run_id=self.form.cleaned_data["run"],
            started_by=self.visit.user_id,
            kind=self.form.kind,
            format=format_name,
            options=options,
            is_dry_run=self.do != IMPORT,
            file=self.file,
            size=self.form.cleaned_data["file"].size,
        )
        try:
            services.import_file(clinic=self.visit.clinic, order=order, clock=timezone.now, actor=self.visit.actor)
        except calls_services.ImportRunning:
            if calls_selectors.find_run(self.visit.clinic, order.run_id, timezone.now()) is None:
                self.form.add_error(None, BUSY)
                return self.show(HTTPStatus.CONFLICT)
        return self._show_check(order.run_id) if order.is_dry_run else self._lead_to(order.run_id)

    def look(self, mapping: ColumnMapping) -> list[PreviewRow]:
        """The first rows as they would be stored."""
        return list(preview(split_lines(self.file), mapping, self.form.cleaned_data["options"]))

    def show_columns(
        self, mapping: ColumnMapping | None, *, is_known: bool = False, status: HTTPStatus = HTTPStatus.OK
    ) -> HttpResponse:
        """The columns; with a mapping that is complete, the first rows as well. The script goes on by itself where
        they are known."""
        self.preview = self.look(mapping) if mapping is not None else []
        then = self.request.POST.get("then", "")
        go = then if is_known and mapping is not None and then in (CHECK, IMPORT) else ""
        return self.show(status, go=go)

    def show(self, status: HTTPStatus = HTTPStatus.OK, **more: Any) -> HttpResponse:
        context: Mapping[str, Any] = {
            "section": "settings",
            "form": self.form,
            "columns": self.columns,
            "preview": self.preview,
            "about": self.form.kind,
            "zone": self.visit.clinic.zone,
            "max_size": settings.UPLOAD_MAX_SIZE,
            **more,
        }
        page = "settings/_import_form.html" if self.request.htmx else "settings/import_file.html"  # type: ignore[attr-defined]
        return render(self.request, page, context, status=status)

    def _show_check(self, run_id: uuid.UUID) -> HttpResponse:
        """What came of a check, above the form with which the same file can be imported now."""
        line = calls_selectors.find_run(self.visit.clinic, run_id, timezone.now())
        data = self.request.POST.copy()
        data["run"] = str(uuid.uuid4())
        self.form = FileForm(self.visit.clinic, self.form.kind, data, self.request.FILES)
        return self.show(checked=line)

    def _lead_to(self, run_id: uuid.UUID) -> HttpResponse:
        if self.request.htmx:  # type: ignore[attr-defined]
            return HttpResponseClientRedirect(redirect("settings_import_run", run_id).url)
        response = redirect("settings_import_run", run_id)
        response.status_code = HTTPStatus.SEE_OTHER
        return response
