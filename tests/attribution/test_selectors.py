"""What attribution shows: rows, figures and sentences, in the clinic's own time and never past its limit."""

import uuid
from datetime import date, timedelta
from decimal import Decimal

import pytest

from attribution import selectors
from attribution.domain import ActionKind, AppointmentStatus, OpportunityStatus, Reason
from attribution.models import DailyMetrics, Goals, MonthlyValue
from attribution.selectors import AppointmentFilter, OpportunityFilter
from attribution.spans import Compared, Days, Span, SpanKind, span_of
from calls.domain import Outcome
from calls.hashing import caller_name
from tenants.scope import as_clinic
from tests.attribution.clinics import AMBER, BRAMBLE, COPPER, NOW, Desk, ago, make_desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(db: None) -> Desk:
    return make_desk()


def test_a_worklist_row_tells_what_a_receptionist_needs(desk: Desk) -> None:
    desk.set(timezone="America/New_York")
    desk.call(ago(days=20), outcome=Outcome.ANSWERED)
    desk.book(ago(days=20))
    desk.call(ago(hours=20), outcome=Outcome.VOICEMAIL, line="Old line")
    desk.call(ago(hours=3), line="New patients")
    desk.call_back(ago(hours=2), talk_seconds=0)
    desk.attribute()
    [row] = selectors.get_worklist(desk.clinic, NOW).rows
    assert (row.caller, row.caller_name, row.status) == (AMBER, caller_name(AMBER), "attempted")
    assert (row.waiting, row.over_goal, row.attempts, row.callbacks) == (timedelta(hours=20), True, 2, 1)
    assert (row.line, row.voicemail, row.calls_in_retention, row.had_booking) == ("New patients", True, 4, True)
    assert (row.last_missed_at.hour, row.out_of_hours) == (4, True)
    assert str(row.opened_at.tzinfo) == "America/New_York"


def test_only_who_waits_is_on_it(desk: Desk) -> None:
    desk.call(ago(hours=1), AMBER)
    desk.call(ago(hours=4), BRAMBLE)
    desk.call_back(ago(hours=3), BRAMBLE)
    desk.call(ago(hours=4), COPPER)
    desk.act(ago(hours=3), COPPER, ActionKind.DISMISSED, None, "spam")
    desk.attribute()
    assert [row.caller for row in selectors.get_worklist(desk.clinic, NOW).rows] == [AMBER]


def test_who_has_run_out_is_gone_before_anybody_noticed(desk: Desk) -> None:
    desk.call(ago(hours=47))
    desk.attribute()
    assert selectors.get_worklist(desk.clinic, NOW + timedelta(hours=1)).waiting_count == 1
    assert selectors.get_worklist(desk.clinic, NOW + timedelta(hours=1, seconds=1)).rows == []
    assert selectors.count_waiting(desk.clinic, NOW + timedelta(hours=2)) == 0


def test_the_longest_waiting_come_first_and_the_others_are_counted(desk: Desk) -> None:
    for hours in (3, 1, 5, 2):
        desk.call(ago(hours=hours), uuid.uuid4())
    desk.attribute()
    worklist = selectors.get_worklist(desk.clinic, NOW, limit=3)
    assert [row.waiting.total_seconds() / 3600 for row in worklist.rows] == [5, 3, 2]
    assert (worklist.waiting_count, worklist.longest_waiting) == (4, timedelta(hours=5))
    assert selectors.count_waiting(desk.clinic, NOW) == 4


def test_the_tally_is_of_who_rang_today(desk: Desk) -> None:
    desk.call(ago(days=1))
    desk.call_back(ago(hours=11), talk_seconds=0)
    for caller, minutes in ((BRAMBLE, 10), (COPPER, 30)):
        desk.call(ago(hours=3), caller)
        desk.call_back(ago(hours=3, minutes=-minutes), caller)
    desk.book(ago(hours=1), COPPER, value=Decimal(255))
    desk.attribute()
    tally = selectors.get_worklist(desk.clinic, NOW).tally
    assert (tally.missed, tally.called_back, tally.reached, tally.booked) == (2, 2, 2, 1)
    assert (tally.value, tally.median_callback) == (Decimal(255), timedelta(minutes=20))


def test_an_empty_clinic_has_an_empty_worklist(desk: Desk) -> None:
    worklist = selectors.get_worklist(desk.clinic, NOW)
    assert (worklist.rows, worklist.waiting_count, worklist.longest_waiting) == ([], 0, None)
    assert (worklist.tally.missed, worklist.tally.value, worklist.tally.median_callback) == (0, 0, None)


def test_nothing_is_shown_past_the_limit_whether_it_is_purged_or_not(desk: Desk) -> None:
    desk.now = ago(days=31)
    desk.call(ago(days=31))
    desk.book(ago(days=31), BRAMBLE)
    desk.attribute()
    desk.set(retention_days=30)
    assert selectors.list_appointments(clinic=desk.clinic, wanted=AppointmentFilter(), now=NOW).rows == []
    assert selectors.list_opportunities(clinic=desk.clinic, wanted=OpportunityFilter(), now=NOW).rows == []
    assert selectors.get_worklist(desk.clinic, NOW).rows == []
    assert selectors.get_dashboard(desk.clinic, month_with(ago(days=31).date()), NOW).reasons == []


def story(desk: Desk) -> None:
    desk.estimate("NPE", "New patient exam", 85)
    desk.call(ago(hours=22))
    desk.call(ago(hours=21))
    desk.call_back(ago(hours=3))
    desk.book(ago(hours=2, minutes=58), type="NPE", key="B1")
    desk.book(ago(hours=2), key="B2")
    desk.book(ago(hours=1), COPPER, key="B3", status=AppointmentStatus.CANCELLED)
    desk.attribute()


def test_an_appointment_says_why_in_one_sentence(desk: Desk) -> None:
    story(desk)
    rows = selectors.list_appointments(clinic=desk.clinic, wanted=AppointmentFilter(), now=NOW).rows
    assert [row.external_id for row in rows] == ["B3", "B2", "B1"]
    cancelled, second, won = rows
    # Sunday belongs to another week than Monday, so the days are named in full.
    assert won.explanation == (
        "Missed Sun 22 Nov, 14:00 (2 attempts), called back Mon 23 Nov, 09:00, spoke 3 min,"
        " booked Mon 23 Nov, 09:02: £85 (estimate for New patient exam)"
    )
    assert (won.value, won.value_source, won.type, won.given_value) == (85, "type_estimate", "New patient exam", None)
    assert (second.reason, second.value, "earlier appointment" in second.explanation) == (
        "already_recovered",
        None,
        True,
    )
    assert "Sun 22 Nov" in second.explanation
    assert (cancelled.status, cancelled.caller_name) == ("cancelled", caller_name(COPPER))


def test_an_opportunity_has_its_evidence(desk: Desk) -> None:
    story(desk)
    [row] = selectors.list_opportunities(clinic=desk.clinic, wanted=OpportunityFilter(), now=NOW).rows
    assert (row.status, row.rule, row.rules_version, row.appointment) == ("recovered", "callback", 1, "B1")
    assert (row.attempts, row.callbacks, row.contact_kind, row.value) == (2, 1, "callback", 85)
    assert row.explanation.startswith("Missed Sun 22 Nov, 14:00 (2 attempts)")
    assert selectors.list_opportunities(
        clinic=desk.clinic, wanted=OpportunityFilter(status=OpportunityStatus.OPEN), now=NOW
    ).rows == []  # fmt: skip


def test_lists_are_filtered(desk: Desk) -> None:
    story(desk)

    def keys(**wanted: object) -> list[str]:
        filters = AppointmentFilter(**wanted)  # type: ignore[arg-type]
        return [
            row.external_id for row in selectors.list_appointments(clinic=desk.clinic, wanted=filters, now=NOW).rows
        ]

    assert keys(reason=Reason.CANCELLED) == ["B3"]
    assert keys(status=AppointmentStatus.BOOKED) == ["B2", "B1"]
    assert keys(since=ago(hours=2)) == ["B3", "B2"]
    assert keys(until=ago(hours=2)) == ["B1"]
    assert keys(external_id="B2") == ["B2"]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8])
def test_every_page_forwards_and_back_holds_each_row_once(desk: Desk, size: int) -> None:
    for number in range(7):
        desk.call(ago(hours=number // 2 + 1), uuid.uuid4())  # two at each instant
    desk.attribute()

    def page(position: object = None, forwards: bool = True) -> object:
        return selectors.list_opportunities(
            clinic=desk.clinic, wanted=OpportunityFilter(), now=NOW, position=position, forwards=forwards, size=size  # type: ignore[arg-type]
        )  # fmt: skip

    pages = [page()]
    assert pages[0].previous is None  # type: ignore[attr-defined]
    while pages[-1].next is not None:  # type: ignore[attr-defined]
        pages.append(page(pages[-1].next))  # type: ignore[attr-defined]
    forwards = [[row.id for row in one.rows] for one in pages]  # type: ignore[attr-defined]
    assert (
        sum(forwards, []) == [one.id for one in sorted(desk.opportunities(), key=lambda o: (o.opened_at, o.id))][::-1]
    )
    for number in range(len(pages) - 1, 0, -1):
        back = page(pages[number].previous, forwards=False)  # type: ignore[attr-defined]
        assert [row.id for row in back.rows] == forwards[number - 1]  # type: ignore[attr-defined]
        assert (back.previous is None) == (number == 1)  # type: ignore[attr-defined]
        assert back.next is not None  # type: ignore[attr-defined]


def month_with(on: date) -> Span:
    return span_of(SpanKind.MONTH, on)


def write_day(desk: Desk, on: date, **figures: object) -> None:
    with as_clinic(desk.clinic.id):
        DailyMetrics.objects.create(clinic_id=desk.clinic.id, on=on, **{"recovered_value": 0, **figures})


def test_the_dashboard_adds_a_month_up_and_compares_it(desk: Desk) -> None:
    write_day(desk, date(2026, 11, 1), missed=3, opportunities=3, called_back=2, reached=1, delay_1h=1, delay_2h=1)
    write_day(desk, date(2026, 11, 20), missed=2, inbound=9, recovered_appointments=2, recovered_value=Decimal(100))
    write_day(desk, date(2026, 10, 23), missed=4)
    write_day(desk, date(2026, 10, 24), missed=50)  # the month before had not come so far
    dashboard = selectors.get_dashboard(desk.clinic, month_with(date(2026, 11, 1)), NOW)
    assert (dashboard.first_on, dashboard.last_on) == (date(2026, 11, 1), date(2026, 11, 23))
    assert (dashboard.previous_first_on, dashboard.previous_last_on) == (date(2026, 10, 1), date(2026, 10, 23))
    figures = {kpi.key: (kpi.value, kpi.previous) for kpi in dashboard.kpis}
    assert figures == {
        "missed": (5, 4), "called_back": (1, 0), "reached": (1, 0), "recovered": (2, 0), "revenue": (100, 0),
    }  # fmt: skip
    assert {len(kpi.spark) for kpi in dashboard.kpis} == {23}
    assert dashboard.kpis[0].spark[0] == 3
    funnel = dashboard.funnel
    assert (funnel.opportunities, funnel.called_back, funnel.reached, funnel.nobody_called) == (3, 2, 1, 1)
    assert (len(dashboard.trend), dashboard.trend[-1].on, dashboard.trend[-1].incomplete) == (
        90,
        date(2026, 11, 23),
        True,
    )
    assert [(day.missed, day.recovered) for day in dashboard.trend if day.on == date(2026, 11, 20)] == [(2, 2)]
    assert [bucket.count for bucket in dashboard.delays] == [0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def test_a_month_whose_days_have_lost_their_value_still_has_its_own(desk: Desk) -> None:
    write_day(desk, date(2026, 7, 10), missed=5, recovered_appointments=1, recovered_value=None)
    with as_clinic(desk.clinic.id):
        MonthlyValue.objects.create(clinic_id=desk.clinic.id, month=date(2026, 7, 1), recovered_value=250)
    for month, place in ((date(2026, 7, 31), 0), (date(2026, 8, 1), 1)):
        dashboard = selectors.get_dashboard(desk.clinic, month_with(month), NOW)
        revenue = next(kpi for kpi in dashboard.kpis if kpi.key == "revenue")
        assert (revenue.value, revenue.previous)[place] == 250
    assert dashboard.previous_last_on == date(2026, 7, 31)


def test_days_that_are_only_part_of_a_month_say_when_money_is_missing(desk: Desk) -> None:
    write_day(desk, date(2026, 7, 10), recovered_appointments=1, recovered_value=None)
    write_day(desk, date(2026, 8, 10), recovered_appointments=1, recovered_value=70)
    with as_clinic(desk.clinic.id):
        MonthlyValue.objects.create(clinic_id=desk.clinic.id, month=date(2026, 7, 1), recovered_value=250)
    whole = selectors.get_dashboard(desk.clinic, span_of(SpanKind.QUARTER, date(2026, 8, 1)), NOW)
    assert next(kpi.value for kpi in whole.kpis if kpi.key == "revenue") == 320
    assert not whole.lacks_value
    assert len(whole.trend) == 92  # a quarter is longer than the trend is at least
    part = selectors.get_dashboard(desk.clinic, Span(SpanKind.CUSTOM, Days(date(2026, 7, 5), date(2026, 8, 15))), NOW)
    assert next(kpi.value for kpi in part.kpis if kpi.key == "revenue") == 70
    assert part.lacks_value


def test_a_year_before_is_compared_once_there_is_one(desk: Desk) -> None:
    november = month_with(date(2026, 11, 1))
    assert not selectors.get_dashboard(desk.clinic, november, NOW).has_year
    write_day(desk, date(2025, 11, 23), missed=7)
    write_day(desk, date(2025, 11, 24), missed=90)  # that far this November has not come
    dashboard = selectors.get_dashboard(desk.clinic, november, NOW, Compared.YEAR)
    assert dashboard.has_year
    assert (dashboard.previous_first_on, dashboard.previous_last_on) == (date(2025, 11, 1), date(2025, 11, 23))
    assert dashboard.kpis[0].previous == 7


def test_callbacks_in_time_are_held_against_the_goal(desk: Desk) -> None:
    write_day(desk, date(2026, 11, 2), opportunities=4, called_back=4, delay_5m=2, delay_1h=1, delay_later=1)
    in_time = selectors.get_dashboard(desk.clinic, month_with(NOW.date()), NOW).in_time
    assert (in_time.part, in_time.whole, in_time.percent, in_time.is_met) == (3, 4, 75, True)
    with as_clinic(desk.clinic.id):
        Goals.objects.create(clinic_id=desk.clinic.id, in_time_percent=80)
    in_time = selectors.get_dashboard(desk.clinic, month_with(NOW.date()), NOW).in_time
    assert (in_time.goal_percent, in_time.is_met) == (80, False)


def test_the_heat_map_is_of_local_hours(desk: Desk) -> None:
    desk.set(timezone="America/New_York")
    desk.call(ago(days=7), uuid.uuid4())  # Monday, 07:00 there
    desk.call(ago(days=14), uuid.uuid4(), Outcome.ANSWERED)
    desk.attribute()
    heat = selectors.get_dashboard(desk.clinic, month_with(NOW.date()), NOW).heat
    assert len(heat) == 7 * 24
    assert [(cell.weekday, cell.hour, cell.inbound, cell.missed) for cell in heat if cell.inbound] == [(0, 7, 2, 1)]


def test_reasons_are_counted_the_most_frequent_first(desk: Desk) -> None:
    story(desk)
    desk.book(ago(hours=5), uuid.uuid4())
    desk.book(ago(hours=5), uuid.uuid4())
    desk.attribute()
    assert selectors.get_dashboard(desk.clinic, month_with(NOW.date()), NOW).reasons[0] == (Reason.NO_MISSED_CALL, 2)


def test_figures_by_day_for_machines(desk: Desk) -> None:
    story(desk)
    days = selectors.daily_metrics(desk.clinic.id, date(2026, 11, 1), date(2026, 11, 30))
    assert [(day.on, day.figures.missed, day.figures.recovered_value) for day in days] == [
        (date(2026, 11, 22), 2, 0),
        (date(2026, 11, 23), 0, 85),
    ]
    other = make_desk("Oak Street")
    assert selectors.daily_metrics(other.clinic.id, date(2026, 11, 1), date(2026, 11, 30)) == []
