"""Everything that is held about one caller, as a story; never past the clinic's limit, and with no number to show."""

import uuid
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from attribution import events
from attribution.domain import DismissReason, OpportunityStatus
from attribution.models import Appointment, Opportunity, RulesVersion, StaffAction
from attribution.rules import RuleSet
from attribution.selectors.lists import told_by
from attribution.selectors.stories import Estimates, appointment_row, opportunity_row
from attribution.stories import CallerStory, Chapter, Moment, tell_action, tell_call, tell_otherwise
from calls.hashing import caller_name
from calls.selectors import CallFilter, list_calls
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic

MOST = 200  # of each kind; nobody rings that often


def get_caller_story(clinic: ClinicFacts, caller: uuid.UUID, now: datetime) -> CallerStory | None:
    """None for a caller of whom nothing is held, or never was."""
    since = clinic.visible_from(now)
    with as_clinic(clinic.id):
        # index: calls_call's (clinic_id, caller, started_at) in every week
        calls = list_calls(
            clinic=clinic, wanted=CallFilter(caller=caller), now=now, position=None, forwards=True, size=MOST
        )
        of_caller = {"clinic_id": clinic.id, "caller": caller}
        opened = list(Opportunity.objects.filter(**of_caller, opened_at__gte=since).order_by("-opened_at")[:MOST])
        booked = list(Appointment.objects.filter(**of_caller, booked_at__gte=since).order_by("-booked_at")[:MOST])
        done = list(
            StaffAction.objects.filter(**of_caller, at__gte=since).select_related("user").order_by("-at")[:MOST]
        )
        rules = _read_rules(clinic, {one.rules_version for one in opened})
        estimates = events.read_estimates(clinic.id)
    if not (calls.rows or opened or booked):
        return None
    appointments = [appointment_row(clinic, estimates, row, told_by(row, opened[::-1])) for row in booked]
    moments = [
        *(
            tell_call(
                row.started_at,
                is_inbound=row.direction.name == "INBOUND",
                outcome=row.outcome.name.lower(),
                ring_seconds=row.ring_seconds,
                talk_seconds=row.talk_seconds,
                line=row.line,
                english=clinic.english,
            )
            for row in calls.rows
        ),
        *(_action(clinic, one) for one in done),
    ]
    oldest = min([moment.at for moment in moments] + [row.booked_at for row in appointments], default=now)
    return CallerStory(
        caller=caller,
        name=caller_name(caller),
        moments=sorted(moments, key=lambda moment: moment.at),
        chapters=list(_chapters(clinic, estimates, rules, opened, booked)),
        appointments=appointments,
        erased_on=oldest + timedelta(days=clinic.retention_days),
        is_cut=calls.next is not None,
        english=clinic.english,
    )


def _action(clinic: ClinicFacts, one: StaffAction) -> Moment:
    by = (one.user.name or one.user.email) if one.user else ""
    reason = DismissReason(one.reason) if one.reason else None
    return tell_action(one.at.astimezone(clinic.zone), one.reached, reason, by)


def _chapters(
    clinic: ClinicFacts,
    estimates: Estimates,
    rules: Mapping[int, RuleSet],
    opened: Iterable[Opportunity],
    booked: Iterable[Appointment],
) -> Iterable[Chapter]:
    by_id = {row.id: row for row in booked}
    for one in opened:
        terms = rules.get(one.rules_version) or RuleSet(one.rules_version, one.opened_at)
        won = by_id.get(one.appointment_id) if one.appointment_id else None
        deadline = one.deadline.astimezone(clinic.zone)
        otherwise = tell_otherwise(OpportunityStatus(one.status), terms, deadline, clinic.english)
        yield Chapter(opportunity_row(clinic, estimates, one, won), terms, otherwise)


def _read_rules(clinic: ClinicFacts, versions: set[int]) -> dict[int, RuleSet]:
    """A clinic that never changed its rules has no row, and the defaults."""
    rows = RulesVersion.objects.filter(clinic_id=clinic.id, version__in=versions)
    return {
        row.version: RuleSet(
            version=row.version,
            in_force_from=row.in_force_from,
            min_talk_seconds=row.min_talk_seconds,
            callback_window=row.callback_window,
            booking_window=row.booking_window,
        )
        for row in rows
    }
