"""The API's doors of opportunities and figures: translate in, one call, translate out; callers are random ids."""

import uuid
from http import HTTPStatus
from typing import Any, ClassVar

from django.http.response import HttpResponseBase
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from attribution import selectors
from attribution.api_shapes import (
    ActionIn,
    ActionOut,
    DayOut,
    DaysOut,
    HourOut,
    HoursOut,
    MetricsQuery,
    MonthOut,
    MonthsOut,
    OpportunityOut,
    OpportunityPageOut,
    OpportunityQuery,
)
from attribution.domain import ActionKind, DismissReason, OpportunityStatus
from attribution.services import OpportunityClosed, UnknownOpportunity, record_action
from tenants.api_clients import Client, client_of
from tenants.api_pages import page_answer, page_of
from tenants.api_schema import IDEMPOTENCY_KEY, answers
from tenants.api_tags import ETAG, IF_NONE_MATCH, NOT_MODIFIED, tagged
from tenants.api_views import ClinicAPIView, in_zone
from tenants.api_writes import answered_once
from tenants.domain import Scope
from tenants.permissions import Permission
from tenants.problems import ApiProblem


class OpportunitiesView(ClinicAPIView):
    scopes: ClassVar = {"GET": Scope.READ}
    permissions: ClassVar = {"GET": Permission.SEE_WORK}

    @extend_schema(
        summary="List opportunities",
        description="Missed callers and what became of them, by `opened_at`, newest first.",
        parameters=[OpportunityQuery],
        responses=answers({200: OpportunityPageOut}),
    )
    @in_zone
    def get(self, request: Request) -> Response:
        asked = OpportunityQuery().read(request.query_params)
        wanted = selectors.OpportunityFilter(
            since=asked.get("from"),
            until=asked.get("to"),
            status=OpportunityStatus(asked["status"]) if "status" in asked else None,
        )
        clinic = client_of(request).clinic
        page = selectors.list_opportunities(clinic=clinic, now=timezone.now(), **page_of(asked), wanted=wanted)
        return page_answer(request, OpportunityOut(page.rows, many=True).data, after=page.next, before=page.previous)


class ActionsView(ClinicAPIView):
    scopes: ClassVar = {"POST": Scope.CALLS_WRITE}
    permissions: ClassVar = {"POST": Permission.WORK_CALLERS}

    @extend_schema(
        summary="Record what was done about a caller",
        description="A callback from a phone that is not connected, or that nobody needs to call back.",
        parameters=[IDEMPOTENCY_KEY],
        request=ActionIn,
        responses=answers(
            {201: ActionOut}, HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT, HTTPStatus.UNSUPPORTED_MEDIA_TYPE
        ),
    )
    @answered_once
    def post(self, request: Request, opportunity_id: uuid.UUID) -> HttpResponseBase:
        asked = ActionIn().read(request.data)
        action = {
            "kind": ActionKind(asked["kind"]),
            "reached": asked.get("reached"),
            "reason": DismissReason(asked["reason"]) if "reason" in asked else None,
        }
        action_id = self._record(client_of(request), opportunity_id, action)
        shown = {"id": action_id, "opportunity": opportunity_id, **action}
        return Response(ActionOut(shown).data, status=HTTPStatus.CREATED)

    def _record(self, client: Client, opportunity_id: uuid.UUID, action: dict[str, Any]) -> uuid.UUID:
        try:
            return record_action(
                clinic_id=client.clinic.id, opportunity_id=opportunity_id, user_id=client.user_id, now=timezone.now(),
                actor=client.actor, **action,
            )  # fmt: skip
        except UnknownOpportunity:
            problem = ApiProblem(HTTPStatus.NOT_FOUND, "The clinic has no such opportunity.")
        except OpportunityClosed:
            detail = "It is booked, dismissed or lapsed: there is nothing left to do about it."
            problem = ApiProblem(HTTPStatus.CONFLICT, detail, kind="opportunity_closed")
        raise problem


class DailyMetricsView(ClinicAPIView):
    scopes: ClassVar = {"GET": Scope.READ}
    permissions: ClassVar = {"GET": Permission.SEE_FIGURES}

    @extend_schema(
        summary="Figures by day",
        description="Only days that have any.",
        parameters=[MetricsQuery, IF_NONE_MATCH, ETAG],
        responses=answers({200: DaysOut, **NOT_MODIFIED}),
    )
    @tagged
    @in_zone
    def get(self, request: Request) -> Response:
        days = MetricsQuery().read_days(request.query_params, timezone.localdate())
        rows = selectors.daily_metrics(client_of(request).clinic.id, *days)
        return Response({"results": DayOut(rows, many=True).data})


class MonthlyMetricsView(ClinicAPIView):
    scopes: ClassVar = {"GET": Scope.READ}
    permissions: ClassVar = {"GET": Permission.SEE_FIGURES}

    @extend_schema(
        summary="Figures by month",
        description="Whole months: those of both days and all between.",
        parameters=[MetricsQuery, IF_NONE_MATCH, ETAG],
        responses=answers({200: MonthsOut, **NOT_MODIFIED}),
    )
    @tagged
    @in_zone
    def get(self, request: Request) -> Response:
        days = MetricsQuery().read_days(request.query_params, timezone.localdate())
        rows = selectors.monthly_metrics(client_of(request).clinic.id, *days)
        return Response({"results": MonthOut(rows, many=True).data})


class HourlyMetricsView(ClinicAPIView):
    scopes: ClassVar = {"GET": Scope.READ}
    permissions: ClassVar = {"GET": Permission.SEE_FIGURES}

    @extend_schema(
        summary="Calls by hour",
        description="Only hours with calls.",
        parameters=[MetricsQuery, IF_NONE_MATCH, ETAG],
        responses=answers({200: HoursOut, **NOT_MODIFIED}),
    )
    @tagged
    @in_zone
    def get(self, request: Request) -> Response:
        days = MetricsQuery().read_days(request.query_params, timezone.localdate())
        rows = selectors.hourly_metrics(client_of(request).clinic.id, *days)
        return Response({"results": HourOut(rows, many=True).data})
