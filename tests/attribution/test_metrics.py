"""The figures of days, hours and months: what each column counts, in the clinic's own days and under its own rules."""

import dataclasses
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from attribution import selectors, services
from attribution.domain import DELAY_EDGES, ActionKind, AppointmentStatus, Figures
from attribution.models import DailyMetrics, MonthlyValue
from calls.domain import Direction, Outcome
from tenants.scope import as_clinic
from tests.attribution.clinics import BRAMBLE, NOW, Desk, ago, make_desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(db: None) -> Desk:
    return make_desk()


def test_calls_are_counted_by_what_became_of_them(desk: Desk) -> None:
    at = ago(hours=2)  # ten o'clock on a Monday
    desk.call(at, outcome=Outcome.ANSWERED, talk_seconds=60)
    desk.call(at, outcome=Outcome.MISSED, ring_seconds=None)
    desk.call(at, outcome=Outcome.MISSED, ring_seconds=3)
    desk.call(at, outcome=Outcome.MISSED, ring_seconds=2)
    desk.call(at, outcome=Outcome.VOICEMAIL, ring_seconds=0)
    desk.call(at, None, ring_seconds=30)
    desk.call(at, None, outcome=Outcome.ANSWERED)
    desk.call(at, outcome=Outcome.RINGING)
    desk.call(at, outcome=Outcome.UNKNOWN)
    desk.call(at, outcome=Outcome.ANSWERED, direction=Direction.OUTBOUND)
    desk.call(at, outcome=Outcome.MISSED, direction=Direction.OUTBOUND)
    desk.attribute()
    day = desk.day(at)
    assert {name: day[name] for name in ("inbound", "answered", "missed", "voicemail", "abandoned", "withheld")} == {
        "inbound": 7, "answered": 2, "missed": 4, "voicemail": 1, "abandoned": 1, "withheld": 1,
    }  # fmt: skip
    assert (day["outbound"], "missed_out_of_hours" in day) == (2, False)


def test_a_voicemail_that_does_not_count_as_missed_is_still_inbound(desk: Desk) -> None:
    rules = services.current_rules(desk.clinic.id)
    relaxed = dataclasses.replace(rules, voicemail_is_missed=False, min_ring_seconds=10)
    services.set_rules(clinic_id=desk.clinic.id, rules=relaxed, now=ago(hours=3))
    for at in (ago(hours=4), ago(hours=3), ago(hours=2)):
        desk.call(at, uuid4(), outcome=Outcome.VOICEMAIL)
        desk.call(at, uuid4(), ring_seconds=5)
    desk.attribute()
    day = desk.day(NOW)
    assert (day["inbound"], day["missed"], day["voicemail"], day["abandoned"]) == (6, 2, 3, 2)
    assert (day["opportunities"], len(desk.opportunities())) == (2, 2)


def test_out_of_hours_goes_by_the_clinics_own_opening_hours(desk: Desk) -> None:
    desk.set(opening_hours={"mon": [["09:00", "12:00"], ["13:00", "17:00"]]}, timezone="America/New_York")
    monday = datetime(2026, 11, 16, tzinfo=UTC)  # midnight here is 19:00 on Sunday there
    for hours, minutes in ((13, 59), (14, 0), (16, 59), (17, 0), (18, 0), (21, 59), (22, 0)):
        desk.call(monday + timedelta(hours=hours, minutes=minutes), uuid4())
    desk.call(monday, uuid4())
    desk.attribute()
    assert desk.day(date(2026, 11, 16))["missed_out_of_hours"] == 3
    assert desk.day(date(2026, 11, 15)) == {
        "inbound": 1, "missed": 1, "missed_out_of_hours": 1, "opportunities": 1, "lapsed": 1,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("zone", "on", "starts", "hours"),
    [
        ("Europe/London", date(2026, 10, 25), "2026-10-24T23:00", 25),
        ("Europe/London", date(2026, 10, 26), "2026-10-26T00:00", 24),
        ("America/New_York", date(2026, 11, 1), "2026-11-01T04:00", 25),
        ("Australia/Lord_Howe", date(2026, 10, 4), "2026-10-03T13:30", 23.5),
        ("Pacific/Apia", date(2026, 10, 4), "2026-10-03T11:00", 24),
    ],
)
def test_a_day_is_the_clinics_own_however_long_it_is(
    desk: Desk, zone: str, on: date, starts: str, hours: float
) -> None:
    desk.set(timezone=zone)
    start = datetime.fromisoformat(starts).replace(tzinfo=UTC)
    end = start + timedelta(hours=hours)
    second = timedelta(seconds=1)
    for at in (start - second, start, end - second, end):
        desk.call(at, uuid4())
        desk.book(at, uuid4())
    desk.attribute()
    day = desk.day(on)
    assert (day["inbound"], day["opportunities"], day["appointments"]) == (2, 2, 2)


def test_a_spring_day_has_23_hours(desk: Desk) -> None:
    desk.now = datetime(2026, 4, 2, tzinfo=UTC)
    start = datetime(2026, 3, 29, tzinfo=UTC)
    for minutes in range(-15, 24 * 60, 30):
        desk.call(start + timedelta(minutes=minutes), None)
    desk.attribute()
    assert desk.day(date(2026, 3, 29))["inbound"] == 46
    hours = selectors.hourly_metrics(desk.clinic.id, date(2026, 3, 29), date(2026, 3, 29))
    assert [hour.hour for hour in hours] == [0, *range(2, 24)]


def test_the_repeated_hour_of_autumn_is_one_hour_of_two(desk: Desk) -> None:
    for minutes in range(0, 25 * 60, 30):
        desk.call(datetime(2026, 10, 24, 23, tzinfo=UTC) + timedelta(minutes=minutes), None)
    desk.attribute()
    hours = selectors.hourly_metrics(desk.clinic.id, date(2026, 10, 25), date(2026, 10, 25))
    assert [(hour.hour, hour.inbound, hour.missed) for hour in hours] == [
        (hour, 4 if hour == 1 else 2, 4 if hour == 1 else 2) for hour in range(24)
    ]
    assert desk.day(date(2026, 10, 25))["inbound"] == 50


def test_callbacks_are_counted_by_delay_to_the_edge(desk: Desk) -> None:
    opened_at = ago(days=10)
    moment = timedelta(microseconds=1)
    for edge in DELAY_EDGES:
        for delay in (edge, edge + moment):
            caller = uuid4()
            desk.call(opened_at, caller)
            desk.call(opened_at + edge - timedelta(seconds=1), caller)  # or the longest would have lapsed
            desk.call_back(opened_at + delay, caller, talk_seconds=0)
    desk.call(opened_at, uuid4())
    desk.attribute()
    day = desk.day(opened_at)
    [figures] = [
        one.figures for one in selectors.daily_metrics(desk.clinic.id, ago(days=10).date(), ago(days=10).date())
    ]
    assert figures.delays == (1, 2, 2, 2, 2, 2, 2, 2, 2, 1)
    assert (day["opportunities"], day["called_back"], day.get("reached"), day["lapsed"]) == (19, 18, None, 19)


def test_a_cohort_belongs_to_the_day_it_was_opened_and_an_appointment_to_its_own(desk: Desk) -> None:
    desk.call(ago(days=3))
    desk.call_back(ago(days=2))
    desk.book(ago(days=1), value=Decimal("70.50"))
    desk.call(ago(days=3), BRAMBLE)
    desk.act(ago(days=2), BRAMBLE, ActionKind.DISMISSED, None, "spam")
    desk.attribute()
    assert desk.day(ago(days=3)) == {
        "inbound": 2, "missed": 2, "opportunities": 2, "called_back": 1, "reached": 1, "recovered": 1, "dismissed": 1,
        "delay_24h": 1,
    }  # fmt: skip
    assert desk.day(ago(days=2)) == {"outbound": 1}
    assert desk.day(ago(days=1)) == {
        "appointments": 1, "recovered_appointments": 1, "recovered_value": Decimal("70.50"),
    }  # fmt: skip


def test_who_was_reached_and_waits_again_was_reached(desk: Desk) -> None:
    desk.call(ago(hours=9))
    desk.call_back(ago(hours=8))
    desk.call(ago(hours=7))
    desk.attribute()
    assert (desk.opportunity.status, desk.day(NOW)["reached"]) == ("attempted", 1)


def test_a_day_that_lost_all_its_events_goes_back_to_nought(desk: Desk) -> None:
    desk.call(ago(days=3))
    desk.call_back(ago(days=2))
    booking = desk.book(ago(days=1), key="B1")
    desk.attribute()
    services.change_appointment(
        clinic_id=desk.clinic.id, external_id="B1", status=AppointmentStatus.CANCELLED, now=desk.now
    )
    desk.attribute()
    assert desk.verdict(booking) == ("unattributed", "cancelled")
    assert desk.day(ago(days=1)) == {}
    assert desk.day(ago(days=3))["reached"] == 1


def test_rolling_a_day_up_twice_changes_nothing(desk: Desk) -> None:
    desk.call(ago(days=3))
    desk.attribute()
    before = desk.snapshot()
    desk.leave(None, desk.local(ago(days=3)))
    desk.attribute()
    assert desk.snapshot() == before


def test_a_month_is_the_sum_of_its_days_and_of_what_was_moved_into_it(desk: Desk) -> None:
    with as_clinic(desk.clinic.id):
        for on, missed, value in ((1, 2, None), (2, 3, Decimal(10)), (30, 5, Decimal("2.50"))):
            DailyMetrics.objects.create(
                clinic_id=desk.clinic.id, on=date(2026, 9, on), missed=missed, recovered_value=value
            )
        DailyMetrics.objects.create(clinic_id=desk.clinic.id, on=date(2026, 10, 1), missed=7, recovered_value=0)
        MonthlyValue.objects.create(clinic_id=desk.clinic.id, month=date(2026, 9, 1), recovered_value=100)
        MonthlyValue.objects.create(clinic_id=desk.clinic.id, month=date(2026, 8, 1), recovered_value=40)
    months = selectors.monthly_metrics(desk.clinic.id, date(2026, 8, 15), date(2026, 9, 15))
    assert [(one.month.month, one.figures.missed, one.figures.recovered_value) for one in months] == [
        (8, 0, Decimal(40)),
        (9, 10, Decimal("112.50")),
    ]


def test_figures_hold_no_id_and_no_hash() -> None:
    columns = {field.name for field in DailyMetrics._meta.get_fields()}
    assert columns == {"pk", "clinic", "on", *[field.name for field in dataclasses.fields(Figures)]}
