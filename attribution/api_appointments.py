"""The API's doors of appointments: translate in, one call, translate out. Numbers go in and never come out."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Any, ClassVar, Final

from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from attribution.api_shapes import (
    AppointmentIn,
    AppointmentItemOut,
    AppointmentOut,
    AppointmentPageOut,
    AppointmentPatch,
    AppointmentQuery,
    AppointmentReceiptOut,
)
from attribution.domain import AppointmentRow, AppointmentStatus, Reason, Verdict
from attribution.selectors import AppointmentFilter, list_appointments
from attribution.services import AppointmentReceipt, UnknownAppointment, change_appointment, record_appointments
from calls.api_refusals import count_problems, problem_of
from calls.domain import AppointmentEvent, Refused
from tenants.api_clients import client_of
from tenants.api_pages import page_answer, page_of
from tenants.api_schema import IDEMPOTENCY_KEY, answers, one_or_many
from tenants.api_views import ClinicAPIView, in_zone
from tenants.api_writes import Stored, answered_once, write_items
from tenants.domain import ClinicFacts, Scope
from tenants.permissions import Permission
from tenants.problems import ApiProblem

_BOOKING: Final = {
    "external_id": "A-2001", "booked_at": "2026-01-05T10:12:00+00:00", "numbers": ["07700 900123"], "type": "NPE",
    "value": "85.00",
}  # fmt: skip


class AppointmentsView(ClinicAPIView):
    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.APPOINTMENTS_WRITE}
    permissions: ClassVar = {"GET": Permission.SEE_WORK, "POST": Permission.SEND_APPOINTMENTS}

    @extend_schema(
        summary="Store appointments",
        description="One, or a list of up to 1,000. A list answers for each item and stores what it can.",
        parameters=[IDEMPOTENCY_KEY],
        request=one_or_many("AppointmentWrite", AppointmentIn),
        examples=[OpenApiExample("A booking", value=_BOOKING, request_only=True)],
        responses=answers(
            {
                201: AppointmentReceiptOut,
                200: one_or_many("AppointmentWritten", AppointmentReceiptOut, AppointmentItemOut),
            },
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
        ),
    )
    @answered_once
    def post(self, request: Request) -> HttpResponseBase:
        clinic, now = client_of(request).clinic, timezone.now()

        def store(events: Sequence[AppointmentEvent]) -> list[Stored | ApiProblem]:
            receipts = record_appointments(clinic_id=clinic.id, events=events, now=now)
            return [_stored(event, receipt) for event, receipt in zip(events, receipts, strict=True)]

        written = write_items(request.data, AppointmentIn(), _event, store)
        count_problems(clinic, written.problems, now)
        return written.response

    @extend_schema(
        summary="List appointments",
        description="By `booked_at`, newest first, each with its verdict and the reason for it.",
        parameters=[AppointmentQuery],
        responses=answers({200: AppointmentPageOut}),
    )
    @in_zone
    def get(self, request: Request) -> Response:
        asked = AppointmentQuery().read(request.query_params)
        clinic = client_of(request).clinic
        page = list_appointments(clinic=clinic, now=timezone.now(), **page_of(asked), wanted=_filter(asked))
        return page_answer(request, AppointmentOut(page.rows, many=True).data, after=page.next, before=page.previous)


class AppointmentView(ClinicAPIView):
    scopes: ClassVar = {"PATCH": Scope.APPOINTMENTS_WRITE}
    permissions: ClassVar = {"PATCH": Permission.SEND_APPOINTMENTS}

    @extend_schema(
        summary="Change an appointment",
        description="Its status, its value or both. The verdict follows within seconds.",
        request=AppointmentPatch,
        responses=answers({200: AppointmentOut}, HTTPStatus.NOT_FOUND, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    )
    @in_zone
    def patch(self, request: Request, external_id: str) -> Response:
        client, now = client_of(request), timezone.now()
        asked = AppointmentPatch().read(request.data)
        status = AppointmentStatus(asked["status"]) if "status" in asked else None
        try:
            # No external id is unprintable, and PostgreSQL would not even take all that an address can spell.
            if not external_id.isprintable():
                raise UnknownAppointment
            change_appointment(
                clinic_id=client.clinic.id, external_id=external_id, status=status, value=asked.get("value"), now=now,
                actor=client.actor,
            )  # fmt: skip
        except UnknownAppointment:
            raise ApiProblem(HTTPStatus.NOT_FOUND, "The clinic has no such appointment.") from None
        return Response(AppointmentOut(_find(client.clinic, external_id)).data)


def _event(values: dict[str, Any]) -> AppointmentEvent:
    return AppointmentEvent(
        external_id=values["external_id"],
        booked_at=values["booked_at"],
        numbers=tuple(values["numbers"]),
        type=values.get("type") or "",
        value=values.get("value"),
        status=values["status"],
    )


def _stored(event: AppointmentEvent, receipt: AppointmentReceipt) -> Stored | ApiProblem:
    if isinstance(receipt.refused, Refused):
        return problem_of(receipt.refused)
    return Stored(receipt.created, {"id": str(receipt.id), "external_id": event.external_id})


def _find(clinic: ClinicFacts, external_id: str) -> AppointmentRow:
    wanted = AppointmentFilter(external_id=external_id)
    return list_appointments(clinic=clinic, wanted=wanted, now=timezone.now(), size=1).rows[0]


def _filter(asked: dict[str, Any]) -> AppointmentFilter:
    return AppointmentFilter(
        since=asked.get("from"),
        until=asked.get("to"),
        status=AppointmentStatus(asked["status"]) if "status" in asked else None,
        verdict=Verdict(asked["verdict"]) if "verdict" in asked else None,
        reason=Reason(asked["reason"]) if "reason" in asked else None,
    )
