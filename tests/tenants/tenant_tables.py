"""Every tenant table of the house, found and not listed, and one row of any of them for any clinic.

A new table is covered as soon as it has a model with a `clinic_id`; where its constraints want more than a value of the
right type, `SPECIAL` says what.
"""

import secrets
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.db import models

from attribution.domain import ActionKind
from attribution.models import Appointment, OutgoingTarget
from calls.domain import CallerKind, Direction, Outcome
from calls.models import Connection
from calls.partitions import make_week, week_of
from tenants import audit
from tenants.domain import Role
from tenants.events import SYSTEM, Event
from tenants.models import AuditCheckpoint, User
from tenants.scope import NoClinic, current_clinic_id

AT = datetime(2026, 6, 30, 12, tzinfo=UTC)
KEYSTORE_TABLES = {"calls_callerkey"}  # another database, with nothing but keys

SPECIAL: dict[str, dict[str, Any]] = {
    "calls_call": {
        "kind": CallerKind.CALLER,
        "direction": Direction.INBOUND,
        "outcome": Outcome.MISSED,
    },
    "calls_callerhash": {"week": week_of(AT)},
    "calls_account": {"connection_id": lambda: connection_of_scope()},
    "calls_pull": {"connection_id": lambda: connection_of_scope()},
    "calls_connectionhour": {"connection_id": lambda: connection_of_scope()},
    "calls_receivedfield": {"connection_id": lambda: connection_of_scope()},
    "calls_refusalcount": {"connection_id": None},
    "attribution_outgoingmessage": {"target_id": lambda: target_of_scope()},
    "tenants_membership": {"role": Role.RECEPTIONIST, "expires_at": None},
    "attribution_staffaction": {"kind": ActionKind.CALLED_BACK, "reached": True, "reason": ""},
    "attribution_opportunity": {"appointment_id": None},
    "attribution_appointmentcaller": {"appointment_id": lambda: appointment_of_scope()},
}
# Nobody inserts these but a function of the database: a row comes by `audit.record`.
BY_FUNCTION = {"tenants_auditevent", "tenants_auditdetail"}
# They can only grow: whoever tests with them finds the rows that were there.
GROWING = {*BY_FUNCTION, "tenants_auditanchor", "retention_deletionlog", "attribution_rulesversion"}
# Columns of composite foreign keys: their values belong to one clinic.
REFERENCES = {"appointment_id", "connection_id", "target_id"}


def tenant_models() -> list[type[models.Model]]:
    """Models with a `clinic_id`, by table name."""
    found = [
        model
        for model in apps.get_models()
        if any(field.column == "clinic_id" for field in model._meta.concrete_fields)
        and model._meta.db_table not in KEYSTORE_TABLES
    ]
    return sorted(found, key=lambda model: model._meta.db_table)


def build_row(model: type[models.Model], clinic_id: uuid.UUID) -> models.Model:
    """A row that is not saved yet."""
    make_week(week_of(AT))
    special = SPECIAL.get(model._meta.db_table, {})
    values: dict[str, Any] = {}
    for field in model._meta.concrete_fields:
        if field.column == "clinic_id":
            values["clinic_id"] = clinic_id
        elif field.attname in special:
            value = special[field.attname]
            values[field.attname] = value() if callable(value) else value
        elif not isinstance(field, models.CompositePrimaryKey | models.AutoField):
            values[field.attname] = some_value(field)
    return model(**values)


def add_row(model: type[models.Model], clinic_id: uuid.UUID) -> models.Model:
    """A row that is saved, in the clinic's scope."""
    if model._meta.db_table in BY_FUNCTION:
        seq = audit.record(Event.MEMBER_REMOVED, actor=SYSTEM, clinic_id=clinic_id)
        return model._default_manager.get(clinic_id=clinic_id, seq=seq)
    row = build_row(model, clinic_id)
    row.save(force_insert=True)
    return row


def appointment_of_scope() -> uuid.UUID:
    """The id of a new appointment of the clinic in scope; outside of one, of none."""
    try:
        row = build_row(Appointment, current_clinic_id())
    except NoClinic:
        return uuid.uuid4()
    row.save(force_insert=True)
    return uuid.UUID(str(row.pk))


def target_of_scope() -> uuid.UUID:
    """The id of a new outgoing webhook of the clinic in scope; outside of one, of none."""
    try:
        row = build_row(OutgoingTarget, current_clinic_id())
    except NoClinic:
        return uuid.uuid4()
    row.save(force_insert=True)
    return uuid.UUID(str(row.pk))


def connection_of_scope() -> uuid.UUID:
    """The id of a new connection of the clinic in scope; outside of one, of none."""
    try:
        row = build_row(Connection, current_clinic_id())
    except NoClinic:
        return uuid.uuid4()
    row.save(force_insert=True)
    return uuid.UUID(str(row.pk))


def some_value(field: "models.Field[Any, Any]") -> Any:
    """A value of the field's type, in which no two calls agree where that could break a unique constraint."""
    if isinstance(field, models.ForeignKey) and field.related_model is AuditCheckpoint:
        return AuditCheckpoint.objects.create(
            at=AT, root=bytes(32), previous=bytes(32), trails=1, signature=bytes(64), key="x"
        ).pk
    if isinstance(field, models.ForeignKey):
        return User.objects.create_user(f"{secrets.token_hex(6)}@example.org").pk
    if field.choices:
        return next(iter(field.flatchoices))[0]
    makers: list[tuple[type | tuple[type, ...], Any]] = [
        (ArrayField, []),
        (models.UUIDField, uuid.uuid4()),
        (models.BinaryField, secrets.token_bytes(32)),
        (models.DateTimeField, AT),
        (models.DateField, date(2026, 6, 30)),
        (models.DurationField, timedelta(hours=1)),
        (models.DecimalField, Decimal(1)),
        (models.BooleanField, False),
        (models.IntegerField, 1),
        (models.JSONField, {}),
        (models.CharField, secrets.token_hex(4)),
        (models.TextField, "x"),
    ]
    return next(value for kind, value in makers if isinstance(field, kind))
