"""Shows a waiting caller's number to one person: asked for at that moment, put on record, kept nowhere.

It refuses what is over, and whoever asks as often as somebody who copies a list would. What is on record is that a
number was shown, to whom and of which entry of the worklist; never which.
"""

import uuid
from dataclasses import dataclass, field
from datetime import datetime

from attribution.domain import OpportunityStatus
from attribution.models import Opportunity
from attribution.services.actions import OpportunityClosed, UnknownOpportunity
from attribution.services.claims import claim_if_free
from calls.domain import InMemoryOnly
from calls.hashing import caller_name
from calls.telling import ShownNumber, Told, Why, find_last_missed, tell_number
from tenants import audit, refusals, throttles
from tenants.domain import ClinicFacts
from tenants.events import Actor, Event
from tenants.scope import as_clinic

_UNFINISHED = (OpportunityStatus.OPEN, OpportunityStatus.ATTEMPTED, OpportunityStatus.REACHED)


@dataclass(frozen=True, slots=True)
class NumberAnswer(InMemoryOnly):
    """The number, or why there is none; and in any case when and on which line the caller was missed last, by which the
    call is found in the phone system's own list. Times are in the clinic's zone."""

    id: uuid.UUID
    caller_name: str
    last_missed_at: datetime
    line: str
    system: str
    number: ShownNumber | None = field(default=None, repr=False)
    why: Why | None = None
    can_be_asked: bool = True


class TooManyNumbers(Exception):
    """This person has been shown so many numbers that they have to wait for `seconds`; `entry` can be looked up."""

    def __init__(self, seconds: float, entry: NumberAnswer) -> None:
        super().__init__("too many numbers")
        self.seconds = seconds
        self.entry = entry


def show_number(
    *, clinic: ClinicFacts, opportunity_id: uuid.UUID, user_id: uuid.UUID, now: datetime, actor: Actor
) -> NumberAnswer:
    """Outside of any scope, because a phone system is waited for. Raises `UnknownOpportunity`, `OpportunityClosed` and
    `TooManyNumbers`."""
    opportunity = _require_unfinished(clinic, opportunity_id, now)
    seconds = throttles.NUMBERS.take(str(user_id))
    if seconds:
        refusals.count("numbers", clinic_id=clinic.id)
        raise TooManyNumbers(
            seconds, _answer(clinic, opportunity, Told(find_last_missed(clinic, opportunity.caller, now)))
        )
    told = tell_number(clinic=clinic, caller=opportunity.caller, now=now)
    if told.number is not None:
        # Committed before anybody sees the number: what could not be put on record is not shown.
        with as_clinic(clinic.id):
            claim_if_free(clinic_id=clinic.id, opportunity_id=opportunity_id, user_id=user_id, now=now)
            audit.record(Event.NUMBER_SHOWN, actor=actor, clinic_id=clinic.id, opportunity_id=opportunity_id)
    return _answer(clinic, opportunity, told)


def _answer(clinic: ClinicFacts, opportunity: Opportunity, told: Told) -> NumberAnswer:
    return NumberAnswer(
        id=opportunity.id,
        caller_name=caller_name(opportunity.caller),
        last_missed_at=(told.last.started_at if told.last else opportunity.last_missed_at).astimezone(clinic.zone),
        line=told.last.line if told.last else "",
        system=told.system,
        number=told.number,
        why=told.why,
        can_be_asked=told.why is not Why.CANNOT_ASK,
    )


def _require_unfinished(clinic: ClinicFacts, opportunity_id: uuid.UUID, now: datetime) -> Opportunity:
    with as_clinic(clinic.id):
        visible = Opportunity.objects.filter(clinic_id=clinic.id, opened_at__gte=clinic.visible_from(now))
        found = visible.filter(id=opportunity_id).first()
    if found is None:
        raise UnknownOpportunity(str(opportunity_id))
    if found.status not in _UNFINISHED or found.deadline < now or found.is_settled:
        raise OpportunityClosed("This opportunity is closed.")
    return found
