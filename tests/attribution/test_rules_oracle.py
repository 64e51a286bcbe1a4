"""The walk against a second, slow reading of the rules, sentence by sentence; they share nothing but words."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from attribution.domain import ActionKind, AppointmentStatus, ContactKind, OpportunityStatus, Reason, Verdict
from attribution.opportunities import Opportunity
from attribution.rules import RuleSet
from calls.domain import Direction, Outcome
from tests.attribution.histories import (
    LATEST,
    Action,
    Appointment,
    Call,
    Fact,
    generated,
    histories,
    moments,
    rule_histories,
    run,
    time_of,
)

Told = dict[str, object]
Contact = tuple[datetime, ContactKind, int | None]
ANSWERED_BY_AN_APPOINTMENT = ("recovered", "returned", "booked_elsewhere")


@dataclass
class Case:
    """One opportunity with everything that ever happened to it."""

    rules: RuleSet
    missed: list[Call]
    callbacks: list[datetime] = field(default_factory=list)
    contacts: list[Contact] = field(default_factory=list)
    missed_since_contact: bool = True
    status: str = ""
    closed_at: datetime | None = None
    appointment: Appointment | None = None
    decided_by: Contact | None = None
    dismissal: Action | None = None

    def deadline(self) -> datetime:
        ends = [self.missed[-1].started_at + self.rules.callback_window]
        ends += [at + self.rules.booking_window for at, _kind, _talk in self.contacts]
        return min(max(ends), self.missed[0].started_at + self.rules.max_open)


def version_at(at: datetime, rule_sets: Sequence[RuleSet]) -> RuleSet:
    begun = [rules for rules in rule_sets if rules.in_force_from <= at]
    return max(begun or rule_sets[:1], key=lambda rules: rules.version)


def place_of(fact: Fact, rule_sets: Sequence[RuleSet]) -> datetime:
    tolerance = version_at(time_of(fact), rule_sets).clock_tolerance
    return time_of(fact) + (tolerance if isinstance(fact, Appointment) else timedelta(0))


def in_order(facts: Iterable[Fact], rule_sets: Sequence[RuleSet]) -> list[Fact]:
    kinds: list[type[Fact]] = [Call, Action, Appointment]
    return sorted(set(facts), key=lambda fact: (place_of(fact, rule_sets), kinds.index(type(fact)), fact.id.int))


class Oracle:
    def __init__(self, rule_sets: Sequence[RuleSet]) -> None:
        self.rule_sets = rule_sets
        self.cases: list[Case] = []
        self.said: list[tuple[bytes, Verdict, Reason, datetime | None]] = []

    def tell(self, fact: Fact) -> None:
        case = self.find_open(time_of(fact))
        if isinstance(fact, Appointment):
            self.tell_appointment(fact, case)
        elif isinstance(fact, Action):
            self.tell_action(fact, case)
        elif isinstance(fact, Call):
            self.tell_call(fact, case)

    def find_open(self, own_time: datetime) -> Case | None:
        unclosed = [case for case in self.cases if not case.status and own_time <= case.deadline()]
        return unclosed[-1] if unclosed else None

    def is_missed(self, call: Call, rules: RuleSet) -> bool:
        if call.direction is not Direction.INBOUND:
            return False
        if call.outcome is Outcome.VOICEMAIL:
            return rules.voicemail_is_missed
        is_abandoned = call.ring_seconds is not None and call.ring_seconds < rules.min_ring_seconds
        return call.outcome is Outcome.MISSED and not is_abandoned

    def tell_call(self, call: Call, case: Case | None) -> None:
        at = call.started_at
        rules = case.rules if case else version_at(at, self.rule_sets)
        has_ended = call.outcome in (Outcome.MISSED, Outcome.VOICEMAIL, Outcome.ANSWERED)
        is_long = call.outcome is Outcome.ANSWERED and call.talk_seconds >= rules.min_talk_seconds
        if self.is_missed(call, rules):
            if case is None:
                for earlier in self.cases:
                    self.lapse(earlier)
                self.cases.append(Case(rules, [call]))
            else:
                case.missed.append(call)
                case.missed_since_contact = True
        elif case and call.direction is Direction.OUTBOUND and has_ended:
            self.call_back(case, at, call.talk_seconds, is_contact=is_long)
        elif case and call.direction is Direction.INBOUND and is_long:
            case.contacts.append((at, ContactKind.CALLER_RETURNED, call.talk_seconds))
            case.missed_since_contact = False

    def call_back(self, case: Case, at: datetime, talk: int | None, *, is_contact: bool) -> None:
        if at <= case.missed[-1].started_at + case.rules.callback_window:
            case.callbacks.append(at)
            if is_contact:
                case.contacts.append((at, ContactKind.CALLBACK, talk))
                case.missed_since_contact = False

    def tell_action(self, action: Action, case: Case | None) -> None:
        if case is None:
            return
        if action.kind is ActionKind.CALLED_BACK:
            self.call_back(case, action.at, None, is_contact=action.reached)
        else:
            case.status, case.closed_at, case.dismissal = "dismissed", action.at, action

    def tell_appointment(self, appointment: Appointment, case: Case | None) -> None:
        if appointment.status is AppointmentStatus.CANCELLED:
            self.say(appointment, "cancelled")
        elif case is None:
            self.say(appointment, self.reason_without_case(appointment.booked_at))
        elif appointment.booked_at < case.missed[0].started_at:
            self.say(appointment, "no_missed_call")
        else:
            self.close(case, appointment)

    def close(self, case: Case, appointment: Appointment) -> None:
        case.appointment, case.closed_at = appointment, place_of(appointment, self.rule_sets)
        for kind in (ContactKind.CALLBACK, ContactKind.CALLER_RETURNED):
            recent = [
                contact
                for contact in case.contacts
                if contact[1] is kind and appointment.booked_at <= contact[0] + case.rules.booking_window
            ]
            if recent:
                case.decided_by = recent[-1]
                counts = kind is ContactKind.CALLBACK or case.rules.caller_returned_counts
                case.status = "recovered" if counts else "returned"
                return self.say(appointment, kind.value, case, counts=counts)
        case.status = "booked_elsewhere"
        return self.say(appointment, "no_contact", case)

    def reason_without_case(self, booked_at: datetime) -> str:
        if not self.cases or booked_at > self.cases[-1].missed[-1].started_at + timedelta(days=30):
            return "no_missed_call"
        status = self.cases[-1].status or "lapsed"
        if status in ANSWERED_BY_AN_APPOINTMENT:
            return "already_recovered"
        return "window_elapsed" if status == "lapsed" else "no_missed_call"

    def say(self, appointment: Appointment, reason: str, case: Case | None = None, *, counts: bool = False) -> None:
        verdict = Verdict.RECOVERED if counts else Verdict.UNATTRIBUTED
        opened_at = case.missed[0].started_at if case else None
        self.said.append((appointment.id.bytes, verdict, Reason(reason), opened_at))

    def lapse(self, case: Case) -> None:
        if not case.status:
            case.status, case.closed_at = "lapsed", case.deadline()

    def finish(self, now: datetime) -> None:
        for case in self.cases:
            if now > case.deadline():
                self.lapse(case)


def status_of(case: Case) -> OpportunityStatus:
    if case.status:
        return OpportunityStatus(case.status)
    if case.contacts and not case.missed_since_contact:
        return OpportunityStatus.REACHED
    return OpportunityStatus.ATTEMPTED if case.callbacks else OpportunityStatus.OPEN


def told_of_case(case: Case) -> Told:
    contact = case.decided_by or (case.contacts[-1] if case.contacts else None)
    reached = [at for at, kind, _talk in case.contacts if kind is ContactKind.CALLBACK]
    return {
        "opened_at": case.missed[0].started_at,
        "opened_by": case.missed[0].id.bytes,
        "last_missed_at": case.missed[-1].started_at,
        "attempts": len(case.missed),
        "callbacks": len(case.callbacks),
        "called_back_at": case.callbacks[0] if case.callbacks else None,
        "reached_at": reached[0] if reached else None,
        "contact_at": contact[0] if contact else None,
        "contact_kind": contact[1] if contact else None,
        "contact_talk_seconds": contact[2] if contact else None,
        "status": status_of(case),
        "closed_at": case.closed_at,
        "appointment_id": case.appointment.id.bytes if case.appointment else None,
        "booked_at": case.appointment.booked_at if case.appointment else None,
        "rule": case.decided_by[1] if case.decided_by else None,
        "dismissed_by": case.dismissal.id.bytes if case.dismissal else None,
        "rules_version": case.rules.version,
        "deadline": case.deadline(),
    }


INSTANTS = (
    "opened_at",
    "last_missed_at",
    "called_back_at",
    "reached_at",
    "contact_at",
    "closed_at",
    "booked_at",
    "deadline",
)


def instant(micros: object) -> datetime | None:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros) if isinstance(micros, int) else None


def told_of_opportunity(opportunity: Opportunity) -> Told:
    told = opportunity._asdict()
    return told | {name: instant(told[name]) for name in INSTANTS}


def assert_same(facts: Sequence[Fact], rule_sets: Sequence[RuleSet], now: datetime) -> None:
    oracle = Oracle(rule_sets)
    for fact in in_order(facts, rule_sets):
        oracle.tell(fact)
    oracle.finish(now)
    result = run(facts, *rule_sets, now=now)
    assert [told_of_opportunity(found) for found in result.opportunities] == [
        told_of_case(case) for case in oracle.cases
    ]
    assert [(*said[:3], instant(said.opened_at)) for said in result.verdicts] == oracle.said
    assert result.untouched == []


@generated(400)
@given(histories(), rule_histories(), moments(), st.sampled_from([timedelta(0), LATEST, timedelta(days=30)]))
def test_the_walk_says_what_the_specification_says(
    facts: list[Fact], rule_sets: list[RuleSet], now: datetime, later: timedelta
) -> None:
    assert_same(facts, rule_sets, now + later)


@generated(150)
@given(histories(moments(240, timedelta(hours=12)), most=20), st.booleans(), moments(240, timedelta(hours=12)))
def test_it_does_so_with_the_defaults_over_four_months(facts: list[Fact], counts: bool, now: datetime) -> None:
    rules = RuleSet(1, datetime(2020, 1, 1, tzinfo=UTC), caller_returned_counts=counts)
    assert_same(facts, [rules], now)
