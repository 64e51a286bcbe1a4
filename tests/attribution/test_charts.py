"""The charts' geometry and the words beside them: right for nothing, for little and for very much."""

import math
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from attribution import charts
from attribution.domain import DELAY_EDGES, DelayBucket, Funnel, HeatCell, Kpi, TrendDay
from attribution.templatetags import ringback

MONDAY = date(2026, 11, 2)


def make_days(missed: list[int], recovered: list[int] | None = None, *, last_incomplete: bool = True) -> list[TrendDay]:
    won = recovered or [0] * len(missed)
    last = len(missed) - 1
    return [
        TrendDay(MONDAY + timedelta(days=i), 4 * missed[i], missed[i], won[i], last_incomplete and i == last)
        for i in range(len(missed))
    ]


def make_week(**calls: tuple[int, int]) -> list[HeatCell]:
    """All hours of the week; `mon8=(inbound, missed)`."""
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    return [HeatCell(d, h, *calls.get(f"{name}{h}", (0, 0))) for d, name in enumerate(names) for h in range(24)]


def make_buckets(*counts: int) -> list[DelayBucket]:
    return [DelayBucket(f"bucket {index}", count) for index, count in enumerate(counts)]


def make_kpi(value: str, previous: str, *, unit: str = "count", better: str = "up") -> Kpi:
    return Kpi("reached", "Reached", "…", Decimal(value), Decimal(previous), unit, better, [])


def numbers_of(path: str) -> list[float]:
    return [float(part) for part in path.replace("M", " ").replace("L", " ").replace("Z", " ").split()]


# --- Axes ---------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("top", "ticks"),
    [
        (0, [0, 1]),
        (1, [0, 1]),
        (3, [0, 1, 2, 3]),
        (7, [0, 2, 4, 6, 8]),
        (20, [0, 5, 10, 15, 20]),
        (21, [0, 10, 20, 30]),
        (1_999_999, [0, 500_000, 1_000_000, 1_500_000, 2_000_000]),
    ],
)
def test_it_marks_an_axis_at_whole_round_values(top: int, ticks: list[int]) -> None:
    assert charts.nice_ticks(top) == ticks


def test_an_axis_always_reaches_its_largest_value_in_few_steps() -> None:
    for top in [*range(1, 3000), 10**9 + 7]:
        ticks = charts.nice_ticks(top)
        assert ticks[-1] >= top > ticks[-2]
        assert 2 <= len(ticks) <= 6


# --- Sparkline ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("values", [[], [0], [0, 0, 0], [5], [3, 0, 9], [-4, 2], [10**12, 1]])
def test_a_sparkline_stays_in_its_box(values: list[int]) -> None:
    spark = charts.sparkline([Decimal(value) for value in values])
    figures = numbers_of(spark.line)
    assert all(math.isfinite(figure) for figure in figures)
    assert all(0 <= x <= spark.width for x in figures[::2])
    assert all(0 <= y <= spark.height for y in figures[1::2])
    assert spark.area.startswith(spark.line)


# --- Trend --------------------------------------------------------------------------------------------------------
def test_the_trend_puts_the_largest_value_under_the_top_and_nought_on_the_ground() -> None:
    chart = charts.trend_chart(make_days([20, 0, 10]), plot_height=100)
    assert [(point.bar_y, point.bar_height) for point in chart.points] == [("0", "100"), ("100", "0"), ("50", "50")]
    assert [tick.label for tick in chart.y_ticks] == ["0", "5", "10", "15", "20"]


def test_the_trend_hatches_the_unfinished_day_and_leaves_it_out_of_the_average() -> None:
    chart = charts.trend_chart(make_days([4, 4, 4], [2, 0, 4]), plot_height=100)
    assert [point.incomplete for point in chart.points] == [False, False, True]
    assert numbers_of(chart.line) == [0.5, 50, 1.5, 75]  # 2, then (2 + 0) / 2, of 4
    assert chart.points[2].title == "Wed 4 Nov: 4 missed of 16, 4 recovered (day not over yet)"


def test_the_average_looks_back_seven_days() -> None:
    chart = charts.trend_chart(make_days([7] * 9, [7] + [0] * 8, last_incomplete=False), plot_height=80)
    heights = numbers_of(chart.line)[1::2]
    assert heights[6] == 80 - 80 / 8  # one a day on average, on an axis up to 8
    assert heights[7:] == [80, 80]


def test_the_trend_names_first_days_of_months_and_halves_of_them_on_wide_screens() -> None:
    chart = charts.trend_chart(make_days([1] * 60))
    assert [(tick.label, tick.minor) for tick in chart.x_ticks] == [
        ("15 Nov", True),
        ("1 Dec", False),
        ("15 Dec", True),
    ]


@pytest.mark.parametrize("days", [[], make_days([0]), make_days([0] * 90)])
def test_the_trend_of_nothing_is_still_a_chart(days: list[TrendDay]) -> None:
    chart = charts.trend_chart(days)
    assert [tick.label for tick in chart.y_ticks] == ["0", "1"]
    assert len(chart.points) == len(days)
    assert chart.description


# --- Heat map -----------------------------------------------------------------------------------------------------
def test_a_tile_is_as_large_as_its_calls_are_many_and_as_dark_as_its_missed_share() -> None:
    chart = charts.heat_map(make_week(mon8=(100, 31), tue9=(25, 0), wed10=(1, 1)), row_height=20)
    large, middle, small = chart.tiles
    assert [tile.level for tile in chart.tiles] == [3, 0, 4]
    assert [tile.height for tile in (large, middle, small)] == ["18.4", "9.2", "3.31"]
    assert large.title == "Mondays 8–9: 31 of 100 missed (31 %)"


@pytest.mark.parametrize(("missed", "level"), [(0, 0), (1, 1), (10, 1), (11, 2), (20, 2), (35, 3), (36, 4), (100, 4)])
def test_shades_begin_just_above_their_step(missed: int, level: int) -> None:
    assert charts.heat_map(make_week(fri12=(100, missed))).tiles[0].level == level


def test_the_heat_map_shows_the_working_day_and_every_hour_with_calls() -> None:
    assert [tick.label for tick in charts.heat_map(make_week()).hours] == [str(hour) for hour in range(8, 18)]
    assert [tick.label for tick in charts.heat_map(make_week(sun23=(1, 0))).hours][-1] == "23"


def test_an_hour_with_few_calls_is_never_called_the_worst() -> None:
    assert charts.heat_map(make_week(sun3=(9, 9))).description == "Too few calls yet to say when most are missed."
    assert charts.heat_map(make_week(sun3=(9, 9), mon8=(100, 31))).description == (
        "Most often on Mondays 8–9: 31 % missed."
    )


def test_the_worst_hour_is_one_in_which_somebody_should_have_answered() -> None:
    cells = make_week(mon8=(100, 31), tue9=(100, 12), mon20=(40, 40))
    assert charts.heat_map(cells).description == "Most often on Mondays 20–21: 100 % missed."
    opened = ringback.hours_open({"mon": [["08:30", "17:00"]], "tue": [["09:00", "09:30"]]})
    assert charts.heat_map(cells, opened=opened).description == "While open, most often on Mondays 8–9: 31 % missed."


def test_an_hour_is_open_when_a_part_of_it_is() -> None:
    assert ringback.hours_open({"sun": [["08:30", "10:00"], ["23:00", "23:30"]]}) == {(6, 8), (6, 9), (6, 23)}


def test_the_table_beside_the_heat_map_has_each_weekday_for_each_hour() -> None:
    line = charts.heat_map(make_week(tue8=(40, 3))).table[0]
    assert (line.hour, line.shares) == ("8–9", ["–", "3 of 40", "–", "–", "–", "–", "–"])


# --- Funnel -------------------------------------------------------------------------------------------------------
def test_each_step_of_the_funnel_lies_inside_the_one_before() -> None:
    chart = charts.funnel_bars(Funnel(opportunities=200, called_back=150, reached=100, recovered=30))
    assert [step.width for step in chart.steps] == ["100%", "75%", "50%", "15%"]
    assert [step.rate for step in chart.steps] == ["100 %", "75 %", "50 %", "15 %"]
    assert (chart.nobody_called, chart.nobody_rate) == (50, "25 %")
    heights = [float(step.height) for step in chart.steps]
    assert heights == sorted(heights, reverse=True)
    assert heights[-1] > 0


def test_the_funnel_of_nobody_has_no_length_and_no_rate() -> None:
    chart = charts.funnel_bars(Funnel(0, 0, 0, 0))
    assert {step.width for step in chart.steps} == {"0%"}
    assert {step.rate for step in chart.steps} == {"–"}


# --- Bars ---------------------------------------------------------------------------------------------------------
def test_callbacks_beyond_the_goal_are_marked_late() -> None:
    chart = charts.delay_bars(make_buckets(*[1] * (len(DELAY_EDGES) + 1)), goal=timedelta(hours=1))
    assert [bar.late for bar in chart.bars] == [False] * 4 + [True] * 6
    assert chart.goal_y == str(4 * charts.LABEL_BESIDE.row_height)
    assert chart.description == "4 of 10 callbacks (40 %) came within the goal."


def test_a_bucket_that_only_partly_meets_the_goal_is_late() -> None:
    chart = charts.delay_bars(make_buckets(1, 1, 1), goal=timedelta(minutes=20))
    assert [bar.late for bar in chart.bars] == [False, False, True]


def test_without_a_goal_nothing_is_late() -> None:
    chart = charts.delay_bars(make_buckets(2, 4))
    assert not any(bar.late for bar in chart.bars)
    assert (chart.goal_y, chart.description) == ("", "Called back: 6 callers.")


def test_the_longest_bar_leaves_room_for_its_count() -> None:
    short, long = charts.delay_bars(make_buckets(1, 10**9)).bars
    assert (long.width, long.count_x, long.count_text) == ("54%", "84%", "1000M")
    assert (short.width, short.count_text) == ("0%", "1")


def test_reasons_keep_their_order_and_no_reasons_make_no_bars() -> None:
    chart = charts.reason_bars([("callback", "Recovered", 1), ("withheld", "No number", 3)])
    assert [(bar.label, bar.share) for bar in chart.bars] == [("Recovered", "25 %"), ("No number", "75 %")]
    nothing = charts.reason_bars([])
    assert (nothing.height, nothing.description) == (0, "Booked in this period: no appointments.")


# --- Words --------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(0, 0, "–"), (0, 5, "0 %"), (1, 1000, "under 1 %"), (999, 1000, "99 %"), (5, 5, "100 %"), (30, 20, "150 %")],
)
def test_a_share_is_never_rounded_to_none_or_all(part: int, whole: int, text: str) -> None:
    assert charts.percentage(part, whole) == text


@pytest.mark.parametrize(("value", "text"), [(0, "0"), (999, "999"), (1000, "1k"), (1500, "1.5k"), (2_000_000, "2M")])
def test_large_ticks_are_written_short(value: int, text: str) -> None:
    assert charts.short_count(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "–"),
        (timedelta(seconds=59), "under 1 min"),
        (timedelta(minutes=45), "45 min"),
        (timedelta(hours=2), "2 h"),
        (timedelta(hours=2, minutes=10, seconds=59), "2 h 10 min"),
        (timedelta(days=3, hours=4, minutes=50), "3 d 4 h"),
        (3600, "1 h"),
    ],
)
def test_lengths_of_time_are_rounded_down_to_two_units(value: timedelta | int | None, text: str) -> None:
    assert ringback.duration(value).replace("\u00a0", " ") == text


def test_a_time_shows_the_zone_it_carries_and_tells_the_second() -> None:
    element = ringback.stamp(datetime(2026, 11, 3, 9, 5, 21, tzinfo=UTC))
    title = "Tuesday 3 November 2026, 09:05:21 UTC"
    assert element == f'<time datetime="2026-11-03T09:05:21+00:00" title="{title}">Tue 3 Nov, 09:05</time>'


@pytest.mark.parametrize(
    ("kpi", "arrow", "text", "tone"),
    [
        (make_kpi("41", "41"), "flat", "no change", "same"),
        (make_kpi("44", "40"), "up", "more (10 %)", "better"),
        (make_kpi("30", "40", better="down"), "down", "fewer (25 %)", "better"),
        (make_kpi("30", "40", unit="money"), "down", "less (25 %)", "worse"),
        (make_kpi("5", "0"), "up", "more", "better"),
        (make_kpi("5000", "2"), "up", "more", "better"),
    ],
)
def test_a_change_has_a_shape_a_word_and_a_judgement(kpi: Kpi, arrow: str, text: str, tone: str) -> None:
    assert ringback.kpi_change(kpi) == ringback.Change(arrow, text, tone)


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [("1234567", "count", "1,234,567"), ("3655.50", "money:GBP", "£3,656"), ("12", "money:CHF", "CHF 12")],
)
def test_headline_figures_are_whole(value: str, unit: str, text: str) -> None:
    assert ringback.figure(Decimal(value), unit) == text
