"""Reads for the admin pages of platform staff: the platform's own trail, what happened outside of any clinic."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from tenants.domain import PLATFORM
from tenants.events import CATALOGUE, Event
from tenants.models import AuditDetail, AuditEvent, User
from tenants.scope import as_clinic
from tenants.trail.words import Detail, read_details, tell_actor

PAGE_SIZE = 100


@dataclass(frozen=True, slots=True)
class PlatformEvent:
    """A row of the trail, in UTC. `details` is None once they were erased."""

    seq: int
    at: datetime
    actor: str
    what: str
    target: str
    details: Sequence[Detail] | None


@dataclass(frozen=True, slots=True)
class PlatformPage:
    """Newest first; `older` is where the next page begins, None at the end."""

    rows: Sequence[PlatformEvent]
    older: int | None


def list_platform_events(*, before: int | None = None, size: int = PAGE_SIZE) -> PlatformPage:
    """Rows with a smaller number than `before`."""
    with as_clinic(PLATFORM):
        events = AuditEvent.objects.filter(clinic_id=PLATFORM)  # index: the primary key, backwards
        if before is not None:
            events = events.filter(seq__lt=before)
        found = list(events.order_by("-seq")[: size + 1])
        shown = found[:size]
        texts = AuditDetail.objects.filter(clinic_id=PLATFORM, seq__in=[event.seq for event in shown])
        details = dict(texts.values_list("seq", "details"))
    names = _names(shown)
    rows = [_row(event, details.get(event.seq), names) for event in shown]
    return PlatformPage(rows, rows[-1].seq if len(found) > size else None)


def _row(event: AuditEvent, details: str | None, names: dict[str, str]) -> PlatformEvent:
    is_known = event.action in set(Event)
    return PlatformEvent(
        seq=event.seq,
        at=event.at,
        actor=names.get(str(event.actor_id), "") or tell_actor(event.actor_kind, event.actor_id, names),
        what=CATALOGUE[Event(event.action)][1] if is_known else event.action.replace("_", " "),
        target=names.get(event.target, event.target),
        details=None if details is None else read_details(details),
    )


def _names(events: Sequence[AuditEvent]) -> dict[str, str]:
    """The addresses of the people of today that these rows name; platform staff sees them in its list of people."""
    ids = {str(event.actor_id) for event in events} | {event.target for event in events if len(event.target) == 36}
    ids.discard("None")
    people = User.objects.filter(pk__in=[one for one in ids if one.count("-") == 4])
    return {str(pk): email for pk, email in people.values_list("pk", "email")}
