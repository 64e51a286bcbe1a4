"""Reads how far a new clinic is: is a phone system connected, was it heard, was history brought; one question."""

import uuid
from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet, Value

from calls.domain import ImportKind, ImportState, PullKind, PullState
from calls.models import Connection, ConnectionHour, ImportRun, Pull
from tenants.scope import as_clinic

CONNECTED, HEARD, BROUGHT = "connection", "call", "history"


def find_firsts(clinic_id: uuid.UUID) -> Mapping[str, uuid.UUID]:
    """`connection`, `call` and `history`: those that are there, each with an id of what it is known by."""
    runs = ImportRun.objects.filter(kind=ImportKind.CALLS, state=ImportState.DONE, is_dry_run=False)
    pulls = Pull.objects.filter(kind=PullKind.BACKFILL, state=PullState.DONE)
    with as_clinic(clinic_id):
        found = _one(Connection.objects.order_by("-created_at"), CONNECTED, "id", clinic_id).union(
            _one(ConnectionHour.objects.filter(messages__gt=0).order_by(), HEARD, "connection_id", clinic_id),
            _one(runs.order_by(), BROUGHT, "id", clinic_id),
            _one(pulls.order_by(), BROUGHT, "id", clinic_id),
            all=True,
        )
        return dict(found)


def _one(rows: "QuerySet[Any]", what: str, name: str, clinic_id: uuid.UUID) -> "QuerySet[Any, tuple[str, uuid.UUID]]":
    found: QuerySet[Any, tuple[str, uuid.UUID]] = (
        rows.filter(clinic_id=clinic_id).annotate(what=Value(what)).values_list("what", name)[:1]
    )
    return found
