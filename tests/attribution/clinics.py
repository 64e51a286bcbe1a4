"""A clinic with callers for the tests of attribution: calls, actions and appointments go in, figures come out.

Callers are ids from the start, as they are once a number has been hashed. Plain functions; time is passed in.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from attribution import services
from attribution.domain import ActionKind, AppointmentStatus, Reason, Verdict
from attribution.models import Appointment, AppointmentCaller, DailyMetrics, Opportunity, StaffAction, TypeEstimate
from calls import partitions, rows
from calls.changes import leave_changes
from calls.domain import CallerKind, Direction, HashedCall, Outcome
from calls.models import Call, Change
from tenants.domain import ClinicFacts
from tenants.models import Clinic
from tenants.scope import as_clinic
from tenants.selectors import get_clinic
from tests.tenants.factories import make_clinic

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
AMBER, BRAMBLE, COPPER = (uuid.uuid5(uuid.NAMESPACE_DNS, name) for name in ("amber", "bramble", "copper"))


@dataclass
class Desk:
    """One clinic; `now` is what time it is there."""

    clinic: ClinicFacts
    now: datetime = NOW
    made: dict[str, uuid.UUID] = field(default_factory=dict)

    def set(self, **fields: object) -> None:
        Clinic.objects.filter(pk=self.clinic.id).update(**fields)
        self.clinic = get_clinic(self.clinic.id)

    def call(
        self,
        at: datetime,
        caller: uuid.UUID | None = AMBER,
        outcome: Outcome = Outcome.MISSED,
        direction: Direction = Direction.INBOUND,
        **more: Any,
    ) -> uuid.UUID:
        """Stores a call and leaves its work row, as intake does."""
        kind = CallerKind.WITHHELD if caller is None else CallerKind.CALLER
        details = {"ring_seconds": 20, "talk_seconds": 0, "line": "", **more}
        made = HashedCall(uuid.uuid4(), "api", direction, outcome, at, kind, caller, **details)
        partitions.make_week(partitions.week_of(at))
        with as_clinic(self.clinic.id):
            rows.insert_call(self.clinic.id, made)
            if outcome > Outcome.RINGING:
                self.leave(caller, self.local(at))
        return made.id

    def call_back(self, at: datetime, caller: uuid.UUID = AMBER, talk_seconds: int = 180) -> uuid.UUID:
        outcome = Outcome.ANSWERED if talk_seconds else Outcome.MISSED
        return self.call(at, caller, outcome, Direction.OUTBOUND, talk_seconds=talk_seconds)

    def act(self, at: datetime, caller: uuid.UUID, kind: ActionKind, reached: bool | None, reason: str) -> None:
        """What staff did, without the recomputation that comes with it."""
        with as_clinic(self.clinic.id):
            StaffAction.objects.create(
                clinic_id=self.clinic.id, caller=caller, at=at, kind=kind, reached=reached, reason=reason
            )
            self.leave(caller, self.local(at))

    def book(self, at: datetime, *callers: uuid.UUID, key: str = "", **more: Any) -> uuid.UUID:
        """Stores an appointment, by Amber unless somebody else is named, and leaves its work rows."""
        whose = list(callers) or [AMBER]
        with as_clinic(self.clinic.id):
            row = Appointment.objects.create(
                clinic_id=self.clinic.id,
                external_id=key or uuid.uuid4().hex,
                booked_at=at,
                callers=whose,
                caller=whose[0] if len(whose) == 1 else None,
                **{"status": AppointmentStatus.BOOKED, "verdict": Verdict.UNATTRIBUTED, **more},
                reason=Reason.NO_MISSED_CALL,
            )
            if len(whose) > 1:
                for caller in whose:
                    AppointmentCaller.objects.create(clinic_id=self.clinic.id, caller=caller, appointment_id=row.id)
            for caller in whose:
                self.leave(caller, self.local(at))
        return row.id

    def estimate(self, code: str, name: str, value: int) -> None:
        with as_clinic(self.clinic.id):
            TypeEstimate.objects.update_or_create(
                clinic_id=self.clinic.id, code=code, defaults={"name": name, "value": value}
            )

    def leave(self, caller: uuid.UUID | None, on: date) -> None:
        with as_clinic(self.clinic.id):
            leave_changes(self.clinic.id, [(caller, on)], self.now)

    def attribute(self) -> int:
        """Works everything off, as a worker does."""
        count = 0
        while claimed := services.attribute_changes(clinic_id=self.clinic.id, now=self.now):
            count += claimed
        services.rebuild_days(clinic_id=self.clinic.id, now=self.now)
        return count

    def local(self, at: datetime) -> date:
        return at.astimezone(self.clinic.zone).date()

    def opportunities(self) -> list[Opportunity]:
        with as_clinic(self.clinic.id):
            return list(Opportunity.objects.order_by("opened_at", "caller"))

    @property
    def opportunity(self) -> Opportunity:
        [only] = self.opportunities()
        return only

    def verdict(self, appointment_id: uuid.UUID) -> tuple[str, str]:
        with as_clinic(self.clinic.id):
            row = Appointment.objects.get(pk=appointment_id)
        return row.verdict, row.reason

    def owner(self, appointment_id: uuid.UUID) -> uuid.UUID | None:
        with as_clinic(self.clinic.id):
            return Appointment.objects.get(pk=appointment_id).caller

    def day(self, on: date | datetime) -> dict[str, Any]:
        """The figures of a local day that are not nought."""
        wanted = self.local(on) if isinstance(on, datetime) else on
        with as_clinic(self.clinic.id):
            row = DailyMetrics.objects.filter(on=wanted).values().first()
        return {name: value for name, value in (row or {}).items() if value and name not in ("clinic_id", "on")}

    def changes(self) -> list[Change]:
        with as_clinic(self.clinic.id):
            return list(Change.objects.order_by("id"))

    def call_count(self) -> int:
        with as_clinic(self.clinic.id):
            return Call.objects.count()

    def snapshot(self) -> tuple[Any, ...]:
        """All that attribution says, without ids that differ from one clinic to the next."""
        with as_clinic(self.clinic.id):
            opportunities = Opportunity.objects.order_by("caller", "opened_at").values()
            appointments = Appointment.objects.order_by("external_id")
            named = {row.id: row.external_id for row in appointments}
            return (
                [_plain(row, named) for row in opportunities],
                [(row.external_id, row.caller, row.verdict, row.reason) for row in appointments],
                [_plain(row, named) for row in DailyMetrics.objects.order_by("on").values()],
            )


def _plain(row: Mapping[str, Any], named: dict[uuid.UUID, str]) -> dict[str, Any]:
    plain = {name: value for name, value in row.items() if name not in ("id", "clinic_id")}
    if plain.get("appointment_id"):
        plain["appointment_id"] = named[plain["appointment_id"]]
    return plain


def make_desk(name: str = "Bright Smile", now: datetime = NOW, **fields: object) -> Desk:
    slug = f"{name.lower().replace(' ', '-')}-{uuid.uuid4().hex[:8]}"
    return Desk(make_clinic(name, slug, f"alice@{slug}.example", now, **fields), now)


def ago(days: float = 0, hours: float = 0, minutes: float = 0, seconds: float = 0) -> datetime:
    """A moment before `NOW`."""
    return NOW - timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def pounds(text: str) -> Decimal:
    return Decimal(text)
