"""The API's doors of calls and callers: translate in, one call, translate out. Numbers go in and never come out."""

from collections.abc import Sequence
from datetime import datetime
from http import HTTPStatus
from typing import Any, ClassVar, Final

from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from calls import intake
from calls.api_refusals import SOURCE, count_problems, problem_of
from calls.api_shapes import CallIn, CallItemOut, CallOut, CallPageOut, CallQuery, CallReceiptOut, LookupIn, LookupOut
from calls.domain import CallEvent, Direction, Outcome, Receipt, Refused
from calls.finding import LOOKUPS_AN_HOUR, look_up_caller
from calls.numbers import read_number
from calls.selectors import CallFilter, list_calls
from tenants.api_clients import client_of
from tenants.api_pages import page_answer, page_of
from tenants.api_schema import IDEMPOTENCY_KEY, answers, one_or_many
from tenants.api_views import ClinicAPIView, in_clinic
from tenants.api_writes import Stored, answered_once, write_items
from tenants.domain import ClinicFacts, Scope
from tenants.idempotency import TooOften
from tenants.permissions import Permission
from tenants.problems import ApiProblem

_CALL: Final = {
    "external_id": "pbx-1001", "direction": "inbound", "outcome": "missed", "started_at": "2026-01-05T10:00:00+00:00",
    "number": "07700 900123", "line": "Front desk", "ring_seconds": 21,
}  # fmt: skip
_WITHHELD: Final = {**_CALL, "external_id": "pbx-1002", "number": None}
EXAMPLES: Final = [
    OpenApiExample("A missed call", value=_CALL, request_only=True),
    OpenApiExample("Many at once", value=[_CALL, _WITHHELD], request_only=True),
]


class CallsView(ClinicAPIView):
    scopes: ClassVar = {"GET": Scope.READ, "POST": Scope.CALLS_WRITE}
    permissions: ClassVar = {"GET": Permission.SEE_WORK, "POST": Permission.SEND_CALLS}

    @extend_schema(
        summary="Store calls",
        description="One call, or a list of up to 1,000. A list answers for each item and stores what it can.",
        parameters=[IDEMPOTENCY_KEY],
        request=one_or_many("CallWrite", CallIn),
        examples=EXAMPLES,
        responses=answers(
            {201: CallReceiptOut, 200: one_or_many("CallWritten", CallReceiptOut, CallItemOut)},
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
            HTTPStatus.UNPROCESSABLE_ENTITY,
        ),
    )
    @answered_once
    def post(self, request: Request) -> HttpResponseBase:
        clinic, now = client_of(request).clinic, timezone.now()

        def make(values: dict[str, Any]) -> CallEvent:
            return _storable_event(values, clinic, now)

        def store(events: Sequence[CallEvent]) -> list[Stored]:
            return [_stored(one) for one in intake.record_events(clinic=clinic, events=events, now=now)]

        written = write_items(request.data, CallIn(), make, store)
        count_problems(clinic, written.problems, now)
        return written.response

    @extend_schema(
        summary="List calls", description="Newest first.", parameters=[CallQuery], responses=answers({200: CallPageOut})
    )
    @in_clinic
    def get(self, request: Request) -> Response:
        asked = CallQuery().read(request.query_params)
        page = list_calls(clinic=client_of(request).clinic, now=timezone.now(), **page_of(asked), wanted=_filter(asked))
        return page_answer(request, CallOut(page.rows, many=True).data, after=page.next, before=page.previous)


class CallerLookupView(ClinicAPIView):
    scopes: ClassVar = {"POST": Scope.READ}
    permissions: ClassVar = {"POST": Permission.LOOK_UP_CALLER}

    @extend_schema(
        summary="Find a caller by number",
        description=f"At most {LOOKUPS_AN_HOUR} an hour for each key and person, each on record without the number.",
        request=LookupIn,
        responses=answers({200: LookupOut}, HTTPStatus.UNSUPPORTED_MEDIA_TYPE),
    )
    @in_clinic
    def post(self, request: Request) -> Response:
        client, now = client_of(request), timezone.now()
        number = read_number(LookupIn().read(request.data)["number"], client.clinic.region)
        try:
            caller = look_up_caller(
                clinic=client.clinic, number=number, client_id=client.id, is_key=client.role is None, now=now,
                actor=client.actor,
            )  # fmt: skip
        except TooOften as error:
            wait = int(error.wait.total_seconds()) + 1
            raise ApiProblem(HTTPStatus.TOO_MANY_REQUESTS, kind="too_many_lookups", retry_after=wait) from None
        return Response(LookupOut({"caller": caller}).data)


def _storable_event(values: dict[str, Any], clinic: ClinicFacts, now: datetime) -> CallEvent:
    event = CallEvent(
        source=SOURCE,
        call_key=values["external_id"],
        direction=Direction[values["direction"].upper()],
        outcome=Outcome[values["outcome"].upper()],
        started_at=values["started_at"],
        number=values["number"],
        ring_seconds=values.get("ring_seconds"),
        talk_seconds=values.get("talk_seconds") or 0,
        line=values.get("line") or "",
    )
    try:
        intake.require_storable(event, clinic, now)
    except Refused as refused:
        problem = problem_of(refused)
    else:
        return event
    raise problem


def _stored(receipt: Receipt) -> Stored:
    caller = str(receipt.caller) if receipt.caller else None
    return Stored(receipt.created, {"id": str(receipt.id), "caller": caller})


def _filter(asked: dict[str, Any]) -> CallFilter:
    direction, outcome = asked.get("direction"), asked.get("outcome")
    return CallFilter(
        since=asked.get("from"),
        until=asked.get("to"),
        direction=Direction[direction.upper()] if direction else None,
        outcome=Outcome[outcome.upper()] if outcome else None,
        caller=asked.get("caller"),
    )
