"""A preview of other rules says exactly what a rebuild under them would write, and writes nothing itself."""

import dataclasses
import random
import uuid
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attribution import events, services
from attribution.domain import AppointmentStatus, Reason
from attribution.facts import RulesFigures
from attribution.models import Appointment, DailyMetrics, Opportunity
from attribution.rules import RuleSet, RulesOutOfRange
from attribution.services import preview
from calls.domain import Outcome
from tenants.domain import day_bounds
from tenants.scope import as_clinic
from tests.attribution.clinics import AMBER, BRAMBLE, COPPER, NOW, Desk, ago, make_desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(db: None) -> Desk:
    return make_desk()


def live(desk: Desk, seed: int, stories: int = 60, days: int = 80) -> None:
    """Made-up stories of a few callers, so dense that they run into each other."""
    random_ = random.Random(seed)
    who = [uuid.UUID(int=random_.getrandbits(128)) for _ in range(12)]
    for number in range(stories):
        at, caller = ago(minutes=random_.randrange(60, days * 24 * 60, 7)), random_.choice(who)
        outcome = random_.choice([Outcome.MISSED, Outcome.MISSED, Outcome.VOICEMAIL])
        desk.call(at, caller, outcome, ring_seconds=random_.choice([None, 1, 8, 20]))
        at += timedelta(minutes=random_.choice([5, 50, 300, 40 * 60, 70 * 60]))
        if random_.random() < 0.7:
            desk.call_back(min(at, NOW), caller, random_.choice([0, 15, 30, 300]))
        elif random_.random() < 0.5:
            desk.call(min(at, NOW), caller, Outcome.ANSWERED, talk_seconds=random_.choice([10, 60]))
        at += timedelta(minutes=random_.choice([-3, 2, 60, 2000, 12000]))
        whose = [caller] if random_.random() < 0.8 else random_.sample(who, 2)
        status = random_.choice([AppointmentStatus.BOOKED] * 5 + [AppointmentStatus.CANCELLED])
        value = random_.choice([None, None, Decimal(random_.randrange(200))])
        desk.book(min(at, NOW), *whose, key=f"B{number}", status=status, value=value, type=random_.choice(["", "exam"]))
    desk.call(ago(hours=2), None)


OTHERS: list[dict[str, Any]] = [
    {"voicemail_is_missed": False},
    {"min_ring_seconds": 10},
    {"min_talk_seconds": 200},
    {"callback_window": timedelta(hours=1)},
    {"callback_window": timedelta(days=14), "booking_window": timedelta(days=30)},
    {"clock_tolerance": timedelta(minutes=30), "booking_window": timedelta(hours=1)},
    {"caller_returned_counts": True, "min_talk_seconds": 0, "min_ring_seconds": 0},
]


def proposed(desk: Desk, changes: dict[str, Any]) -> RuleSet:
    return dataclasses.replace(services.current_rules(desk.clinic.id), **changes)


def written(desk: Desk, first: date, last: date) -> tuple[RulesFigures, Counter[str]]:
    """What the tables say of these days."""
    start, end = day_bounds(first, desk.clinic.zone)[0], day_bounds(last, desk.clinic.zone)[1]
    with as_clinic(desk.clinic.id):
        days = list(DailyMetrics.objects.filter(on__range=(first, last)))
        booked = Appointment.objects.filter(booked_at__gte=start, booked_at__lt=end)
        reasons = Counter(booked.values_list("reason", flat=True))
    figures = RulesFigures(
        sum(day.missed for day in days), sum(day.reached for day in days),
        sum(day.recovered_appointments for day in days),
        sum((day.recovered_value or Decimal(0) for day in days), Decimal(0)),
    )  # fmt: skip
    return figures, reasons


def put_in_force(desk: Desk, rules: RuleSet, first: date) -> None:
    """As if the clinic had made this version when the first of these days began."""
    services.set_rules(clinic_id=desk.clinic.id, rules=rules, now=day_bounds(first, desk.clinic.zone)[0])


@pytest.mark.parametrize("seed", range(len(OTHERS)))
def test_it_says_what_a_rebuild_would_write(seed: int, desk: Desk) -> None:
    desk.estimate("exam", "Exam", 40)
    live(desk, seed)
    desk.attribute()
    desk.estimate("exam", "Exam", 70)  # estimates that were taken stay
    desk.set(default_value=Decimal(11))
    rules = proposed(desk, OTHERS[seed])
    said = services.preview_rules(clinic_id=desk.clinic.id, rules=rules, now=NOW)
    assert ((said.last_on - said.first_on).days, said.is_shortened) == (27, False)
    now, now_reasons = written(desk, said.first_on, said.last_on)
    before = desk.snapshot()[1]
    put_in_force(desk, rules, said.first_on)
    services.rebuild_metrics(clinic_id=desk.clinic.id, now=NOW)
    then, then_reasons = written(desk, said.first_on, said.last_on)
    assert (said.current, said.proposed) == (now, then)
    assert {reason.value: count for reason, count, _ in said.reasons if count} == now_reasons
    assert {reason.value: count for reason, _, count in said.reasons if count} == then_reasons
    start = day_bounds(said.first_on, desk.clinic.zone)[0]
    assert said.other_verdicts == count_moved(desk, before, start)
    assert now != then, "a preview that differs in nothing shows nothing"


def count_moved(desk: Desk, before: Any, start: Any) -> int:
    with as_clinic(desk.clinic.id):
        inside = set(Appointment.objects.filter(booked_at__gte=start).values_list("external_id", flat=True))
    pairs = zip(before, desk.snapshot()[1], strict=True)
    return sum(one[0] in inside and one[2] != other[2] for one, other in pairs)


@pytest.mark.parametrize("kept", [30, 45])
def test_a_clinic_that_keeps_little_is_shown_its_open_days(desk: Desk, kept: int) -> None:
    desk.set(retention_days=kept)
    live(desk, 40 + kept, days=kept - 1)
    desk.attribute()
    services.close_books(clinic_id=desk.clinic.id, now=NOW)
    rules = proposed(desk, {"min_talk_seconds": 200, "booking_window": timedelta(days=30)})
    said = services.preview_rules(clinic_id=desk.clinic.id, rules=rules, now=NOW)
    assert (said.last_on - said.first_on).days + 1 == min(28, kept - 7 + 1)
    assert said.is_shortened == (kept == 30)
    now, _ = written(desk, said.first_on, said.last_on)
    put_in_force(desk, rules, said.first_on)
    services.rebuild_metrics(clinic_id=desk.clinic.id, now=NOW)
    assert (said.current, said.proposed) == (now, written(desk, said.first_on, said.last_on)[0])


def test_versions_made_within_these_days_are_left_out_of_the_proposal(desk: Desk) -> None:
    twin = make_desk("Twin")
    for one in (desk, twin):
        first = proposed(one, {"min_talk_seconds": 10})
        services.set_rules(clinic_id=one.clinic.id, rules=first, now=ago(days=60))
    second = proposed(desk, {"min_talk_seconds": 100})
    services.set_rules(clinic_id=desk.clinic.id, rules=second, now=ago(days=9))
    for one in (desk, twin):
        live(one, 77)
        one.attribute()
    rules = proposed(desk, {"min_talk_seconds": 25})
    said = services.preview_rules(clinic_id=desk.clinic.id, rules=rules, now=NOW)
    assert said.current == written(desk, said.first_on, said.last_on)[0]
    put_in_force(twin, rules, said.first_on)
    services.rebuild_metrics(clinic_id=twin.clinic.id, now=NOW)
    assert said.proposed == written(twin, said.first_on, said.last_on)[0] != said.current


def test_it_writes_nothing(desk: Desk) -> None:
    live(desk, 5)
    desk.attribute()
    before = desk.snapshot()
    with CaptureQueriesContext(connection) as asked:
        services.preview_rules(clinic_id=desk.clinic.id, rules=proposed(desk, OTHERS[0]), now=NOW)
    assert desk.snapshot() == before
    assert len(services.list_rules(desk.clinic.id)) == 1
    words = {query["sql"].split()[0] for query in asked.captured_queries}
    assert words <= {"SELECT", "SAVEPOINT", "RELEASE", "COPY"}


def test_the_same_rules_change_nothing(desk: Desk) -> None:
    live(desk, 6)
    desk.attribute()
    said = services.preview_rules(clinic_id=desk.clinic.id, rules=proposed(desk, {}), now=NOW)
    assert (said.current, said.other_verdicts) == (said.proposed, 0)
    assert all(now == then for _, now, then in said.reasons)


def test_a_clinic_without_anything_has_a_preview_of_nothing(desk: Desk) -> None:
    said = services.preview_rules(clinic_id=desk.clinic.id, rules=proposed(desk, OTHERS[0]), now=NOW)
    assert (said.current, said.reasons) == (RulesFigures(0, 0, 0, Decimal(0)), [])


def test_too_much_is_cut_to_the_newest_days(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for day, callers in ((0, 2), (1, 3), (2, 4)):
        for _ in range(callers):
            desk.call(ago(days=day, hours=1), uuid.uuid4())
    desk.book(ago(days=1, hours=1), uuid.uuid4())
    desk.attribute()
    rules = proposed(desk, {})
    expected = {5: 1, 6: 2, 9: 2, 10: 28}
    for most, days in expected.items():
        monkeypatch.setattr(preview, "MOST_ROWS", most)
        said = services.preview_rules(clinic_id=desk.clinic.id, rules=rules, now=NOW)
        assert ((said.last_on - said.first_on).days + 1, said.is_shortened) == (days, days < 28)
    monkeypatch.setattr(preview, "MOST_ROWS", 1)  # today is looked at in any case
    said = services.preview_rules(clinic_id=desk.clinic.id, rules=rules, now=NOW)
    assert (said.first_on, said.last_on, said.current.missed) == (desk.local(NOW), desk.local(NOW), 2)


def test_it_stops_when_the_database_takes_too_long(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def take_long(*_: Any) -> list[Any]:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_sleep(5)")
        return []

    monkeypatch.setattr(preview, "MOST_TIME", timedelta(milliseconds=20))
    monkeypatch.setattr(events, "read_booked", take_long)
    with as_clinic(desk.clinic.id), pytest.raises(services.PreviewTooSlow):
        services.preview_rules(clinic_id=desk.clinic.id, rules=proposed(desk, {}), now=NOW)
    assert services.current_rules(desk.clinic.id).version == 1  # the page's own transaction goes on


def test_out_of_range_is_refused(desk: Desk) -> None:
    with pytest.raises(RulesOutOfRange):
        services.preview_rules(clinic_id=desk.clinic.id, rules=proposed(desk, {"min_ring_seconds": 61}), now=NOW)


def test_nobody_elses_calls_are_counted(desk: Desk) -> None:
    other = make_desk("Oak Street")
    for caller in (AMBER, BRAMBLE, COPPER):
        other.call(ago(hours=5), caller)
        other.call_back(ago(hours=4), caller)
        other.book(ago(hours=3), caller)
    other.attribute()
    said = services.preview_rules(clinic_id=desk.clinic.id, rules=proposed(desk, OTHERS[6]), now=NOW)
    assert (said.proposed.missed, said.reasons) == (0, [])


def test_the_queries_are_as_many_for_one_caller_as_for_a_hundred(desk: Desk) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as asked:
            services.preview_rules(clinic_id=desk.clinic.id, rules=proposed(desk, OTHERS[0]), now=NOW)
        return len(asked)

    desk.call(ago(hours=5))
    desk.book(ago(hours=4), AMBER, BRAMBLE)
    few = count()
    for _ in range(100):
        caller = uuid.uuid4()
        desk.call(ago(hours=5), caller)
        desk.book(ago(hours=4), caller)
    assert count() == few <= 27


def test_settled_recoveries_stay_on_both_sides(desk: Desk) -> None:
    """Opened on a day that is closed, booked on one that is shown: no rule changes it any more."""
    desk.set(retention_days=30)
    desk.call(ago(days=24, hours=3))
    desk.call_back(ago(days=24, hours=2))
    desk.book(ago(days=18), key="WON")
    desk.attribute()
    services.close_books(clinic_id=desk.clinic.id, now=NOW)
    with as_clinic(desk.clinic.id):
        assert Opportunity.objects.get().is_settled
    strict = proposed(desk, {"min_talk_seconds": 300})
    said = services.preview_rules(clinic_id=desk.clinic.id, rules=strict, now=NOW)
    assert said.reasons == [(Reason.CALLBACK, 1, 1)]
    assert (said.current.recovered, said.proposed.recovered, said.proposed.revenue) == (1, 1, Decimal(85))
