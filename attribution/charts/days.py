"""Charts along the days: the sparkline of a headline figure, and the trend of missed calls and recoveries."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from attribution.charts.scales import Tick, counted, nice_ticks, number, path, percent, short_count
from attribution.domain import TrendDay
from tenants.english import BRITISH, English


@dataclass(frozen=True, slots=True)
class Sparkline:
    width: int
    height: int
    line: str  # path
    area: str  # path, closed at the foot


@dataclass(frozen=True, slots=True)
class TrendPoint:
    x: str  # left edge of the day
    width: str
    bar_x: str
    bar_width: str
    bar_y: str
    bar_height: str
    dot_x: str
    dot_y: str
    has_dot: bool
    incomplete: bool
    title: str


@dataclass(frozen=True, slots=True)
class TrendChart:
    plot_height: int
    view_box: str  # of the line
    points: Sequence[TrendPoint]
    line: str
    y_ticks: Sequence[Tick]
    x_ticks: Sequence[Tick]
    description: str


def sparkline(values: Sequence[Decimal], width: int = 100, height: int = 28) -> Sparkline:
    """A line over the values, oldest first, from nought upwards; flat at the foot when all are nought."""
    figures = [float(value) for value in values] or [0.0]
    figures = figures * 2 if len(figures) == 1 else figures
    top = max(*figures, 0.0) or 1.0
    step = width / (len(figures) - 1)
    points = [(index * step, height - 1.5 - (height - 3) * max(value, 0) / top) for index, value in enumerate(figures)]
    line = path(points)
    return Sparkline(width, height, line, f"{line}L{width} {height}L0 {height}Z")


def trend_chart(days: Sequence[TrendDay], plot_height: int = 176, english: English = BRITISH) -> TrendChart:
    """A day each: missed calls as a bar, recovered ones as a dot; the line is the average of seven complete days."""
    ticks = nice_ticks(max((max(day.missed, day.recovered) for day in days), default=0))
    scale = plot_height / ticks[-1]
    slot = 100 / max(len(days), 1)
    points = [_trend_point(index, day, slot, scale, plot_height, english) for index, day in enumerate(days)]
    complete = [day.recovered for day in days if not day.incomplete]
    weeks = [complete[max(0, index - 6) : index + 1] for index in range(len(complete))]
    line = [(index + 0.5, plot_height - sum(week) / len(week) * scale) for index, week in enumerate(weeks)]
    return TrendChart(
        plot_height=plot_height,
        view_box=f"0 0 {max(len(days), 1)} {plot_height}",
        points=points,
        line=path(line),
        y_ticks=[Tick(number(plot_height - value * scale), short_count(value)) for value in ticks],
        x_ticks=_date_ticks(days, slot, english),
        description=_trend_description(days, english),
    )


def _trend_point(
    index: int, day: TrendDay, slot: float, scale: float, plot_height: int, english: English
) -> TrendPoint:
    return TrendPoint(
        x=percent(index * slot),
        width=percent(slot),
        bar_x=percent((index + 0.14) * slot),
        bar_width=percent(0.72 * slot),
        bar_y=number(plot_height - day.missed * scale),
        bar_height=number(day.missed * scale),
        dot_x=percent((index + 0.5) * slot),
        dot_y=number(plot_height - day.recovered * scale),
        has_dot=day.recovered > 0,
        incomplete=day.incomplete,
        title=f"{english.day(day.on)}: {day.missed:,} missed of {day.inbound:,}, {day.recovered:,} recovered"
        + (" (day not over yet)" if day.incomplete else ""),
    )


def _date_ticks(days: Sequence[TrendDay], slot: float, english: English) -> list[Tick]:
    marked = [(index, day.on) for index, day in enumerate(days) if day.on.day in {1, 15}]
    room = max(len(days) - 4, 0)  # a label at the very edge would be cut
    return [Tick(percent((i + 0.5) * slot), english.short_day(on), on.day != 1) for i, on in marked if 0 < i <= room]


def _trend_description(days: Sequence[TrendDay], english: English) -> str:
    if not days:
        return "No days to show."
    missed, recovered = sum(day.missed for day in days), sum(day.recovered for day in days)
    span = f"{english.short_day(days[0].on)} to {english.short_day(days[-1].on)}"
    return f"{span}: {counted(missed, 'call')} missed, {counted(recovered, 'appointment')} recovered."
