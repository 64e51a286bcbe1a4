"""What staff do about a waiting caller: recorded, undone, and attributed in the same transaction.

It refuses to act on what is over, and lets nobody undo what somebody else did or what was done long ago.
"""

import uuid
from datetime import datetime, timedelta

from attribution import results
from attribution.domain import ActionKind, DismissReason, OpportunityStatus
from attribution.models import Claim, Opportunity, StaffAction
from attribution.services.context import load_context
from attribution.services.recompute import recompute_callers
from tenants import audit
from tenants.events import SYSTEM, Actor, Event
from tenants.scope import as_clinic

UNDO_WITHIN = timedelta(minutes=10)
_EVENTS = {ActionKind.CALLED_BACK: Event.CALLER_CALLED_BACK, ActionKind.DISMISSED: Event.CALLER_DISMISSED}
_UNFINISHED = (OpportunityStatus.OPEN, OpportunityStatus.ATTEMPTED, OpportunityStatus.REACHED)


class UnknownOpportunity(LookupError):
    """The clinic has no such opportunity."""


class OpportunityClosed(Exception):
    """It is over: booked, dismissed or lapsed; there is nothing left to do about it."""


class TakenCareOf(Exception):
    """A colleague did something about this caller after the list that was acted on was made."""


class BadAction(ValueError):
    """Not what its kind needs: a callback says whether the caller was reached, a dismissal says why."""


class UnknownAction(LookupError):
    """The clinic has no such action."""


class NotUndoable(Exception):
    """Somebody else did it, or too much time has passed."""


def record_action(
    *,
    clinic_id: uuid.UUID,
    opportunity_id: uuid.UUID,
    kind: ActionKind,
    reached: bool | None = None,
    reason: DismissReason | None = None,
    user_id: uuid.UUID | None,
    now: datetime,
    seen_at: datetime | None = None,
    actor: Actor | None = SYSTEM,
) -> uuid.UUID:
    """Records what somebody did, and what follows from it; returns the action's id, by which it can be undone.

    `seen_at` is when the list was made that they acted on: what a colleague did since then, they did not know. Raises
    `UnknownOpportunity`, `OpportunityClosed`, `TakenCareOf` and `BadAction`. A machine has no `user_id`. Without an
    `actor` it never happened (a demonstration's history) and is not put on record.
    """
    if (kind is ActionKind.CALLED_BACK) != (reached is not None) or (kind is ActionKind.DISMISSED) != bool(reason):
        raise BadAction("A callback needs to say whether the caller was reached, a dismissal needs a reason.")
    with as_clinic(clinic_id):
        results.lock_attribution(clinic_id)
        opportunity = _require_unfinished(clinic_id, opportunity_id, now)
        if seen_at is not None:
            _require_unseen(opportunity, user_id, seen_at)
        action = StaffAction.objects.create(
            clinic_id=clinic_id,
            caller=opportunity.caller,
            # A phone system's clock may be ahead: what was done about a call was not done before it.
            at=max(now, opportunity.last_missed_at),
            kind=kind,
            reached=reached,
            reason=reason or "",
            user_id=user_id,
        )
        Claim.objects.filter(clinic_id=clinic_id, opportunity_id=opportunity_id).delete()
        recompute_callers(load_context(clinic_id, now), {opportunity.caller.bytes})
        if actor is not None:
            how: dict[str, object] = {"reached": reached} if reason is None else {"reason": reason.value}
            audit.record(_EVENTS[kind], actor=actor, clinic_id=clinic_id, opportunity_id=opportunity_id, how=how)
    return action.id


def undo_action(
    *, clinic_id: uuid.UUID, action_id: uuid.UUID, user_id: uuid.UUID, now: datetime, actor: Actor = SYSTEM
) -> None:
    """Takes an action back as if it had never been, by who did it and within `UNDO_WITHIN`.

    Raises `UnknownAction` and `NotUndoable`.
    """
    with as_clinic(clinic_id):
        results.lock_attribution(clinic_id)
        action = StaffAction.objects.filter(clinic_id=clinic_id, id=action_id).first()
        if action is None:
            raise UnknownAction(str(action_id))
        if action.user_id != user_id or now > action.at + UNDO_WITHIN:
            raise NotUndoable("Only who did it can undo it, within 10 minutes.")
        action.delete()
        recompute_callers(load_context(clinic_id, now), {action.caller.bytes})
        audit.record(
            Event.CALLER_ACTION_UNDONE, actor=actor, clinic_id=clinic_id, opportunity_id=_opportunity_of(action),
            action=action.kind, done_at=action.at,
        )  # fmt: skip


def _opportunity_of(action: StaffAction) -> uuid.UUID | None:
    """What an action was about: it knows the caller, whom the record does not name."""
    told = Opportunity.objects.filter(clinic_id=action.clinic_id, caller=action.caller, opened_at__lte=action.at)
    return told.order_by("-opened_at").values_list("id", flat=True).first()


def _require_unfinished(clinic_id: uuid.UUID, opportunity_id: uuid.UUID, now: datetime) -> Opportunity:
    found = Opportunity.objects.filter(clinic_id=clinic_id, id=opportunity_id).first()
    if found is None:
        raise UnknownOpportunity(str(opportunity_id))
    if found.status not in _UNFINISHED or found.deadline < now or found.is_settled:
        raise OpportunityClosed("This opportunity is closed.")
    return found


def _require_unseen(opportunity: Opportunity, user_id: uuid.UUID | None, seen_at: datetime) -> None:
    """Raises `TakenCareOf` for a colleague's action that the list could not show yet: nobody is called back twice."""
    done = StaffAction.objects.filter(
        clinic_id=opportunity.clinic_id, caller=opportunity.caller, at__gt=seen_at, at__gte=opportunity.opened_at
    )
    others = done if user_id is None else done.exclude(user_id=user_id)
    if others.exists():
        raise TakenCareOf("A colleague has just taken care of this caller.")
