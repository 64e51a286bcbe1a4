"""The heat map: the hours of a week, as large as their calls are many and as dark as their share of missed ones."""

import math
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from attribution.charts.scales import Tick, number, percent, percentage
from attribution.domain import HeatCell
from tenants.english import BRITISH, WEEKDAYS, English

HEAT_STEPS = (0, 10, 20, 35)  # a share above the n-th step, in per cent, has at least level n + 1
ENOUGH_CALLS = 10  # an hour with fewer calls is drawn, but never called the worst


@dataclass(frozen=True, slots=True)
class HeatTile:
    x: str
    y: str
    width: str
    height: str
    level: int  # 0 (none missed) to 4
    title: str


@dataclass(frozen=True, slots=True)
class HeatRow:
    label: str  # "Mon"
    y: str


@dataclass(frozen=True, slots=True)
class HeatLine:
    """An hour in the table beside the chart."""

    hour: str  # "8–9"
    shares: Sequence[str]  # "41 of 132", one per weekday


@dataclass(frozen=True, slots=True)
class HeatMap:
    height: int
    tiles: Sequence[HeatTile]
    rows: Sequence[HeatRow]
    hours: Sequence[Tick]
    table: Sequence[HeatLine]
    description: str


def heat_map(
    cells: Sequence[HeatCell],
    row_height: int = 24,
    *,
    opened: Collection[tuple[int, int]] = (),
    english: English = BRITISH,
) -> HeatMap:
    """A tile for each hour of the week: as large as its calls are many, as dark as its share of missed calls.

    The words name the worst of the hours in which the clinic has `opened` (weekday, hour): at night all are missed.
    """
    hours = _shown_hours(cells)
    busiest = max((cell.inbound for cell in cells), default=0)
    shown = {(cell.weekday, cell.hour): cell for cell in cells}
    column = 100 / len(hours)
    return HeatMap(
        height=7 * row_height,
        tiles=[
            _tile(cell, (cell.hour - hours[0]) * column, column, row_height, busiest, english)
            for cell in cells
            if cell.inbound and cell.hour in hours
        ],
        rows=[HeatRow(name[:3], number((day + 0.5) * row_height)) for day, name in enumerate(WEEKDAYS)],
        hours=[Tick(percent((i + 0.5) * column), english.hour(hour), hour % 2 == 1) for i, hour in enumerate(hours)],
        table=[
            HeatLine(english.hour_span(hour), [_share_of(shown.get((day, hour))) for day in range(7)]) for hour in hours
        ],
        description=_heat_description(cells, opened, english),
    )


def _shown_hours(cells: Iterable[HeatCell]) -> range:
    """Hours with calls, and at least a working day."""
    used = [cell.hour for cell in cells if cell.inbound]
    return range(min([*used, 8]), max([*used, 17]) + 1)


def _tile(cell: HeatCell, left: float, column: float, row_height: int, busiest: int, english: English) -> HeatTile:
    side = max(math.sqrt(cell.inbound / busiest), 0.18) * 0.92
    return HeatTile(
        x=percent(left + column * (1 - side) / 2),
        y=number((cell.weekday + (1 - side) / 2) * row_height),
        width=percent(column * side),
        height=number(row_height * side),
        level=sum(100 * cell.missed > step * cell.inbound for step in HEAT_STEPS),
        title=f"{WEEKDAYS[cell.weekday]}s {english.hour_span(cell.hour)}: {cell.missed:,} of {cell.inbound:,} missed"
        f" ({percentage(cell.missed, cell.inbound)})",
    )


def _share_of(cell: HeatCell | None) -> str:
    return f"{cell.missed:,} of {cell.inbound:,}" if cell and cell.inbound else "–"


def _heat_description(cells: Sequence[HeatCell], opened: Collection[tuple[int, int]], english: English) -> str:
    judged = [cell for cell in cells if cell.inbound >= ENOUGH_CALLS and cell.missed]
    if not judged:
        return "Too few calls yet to say when most are missed."
    while_open = [cell for cell in judged if (cell.weekday, cell.hour) in opened]
    worst = max(while_open or judged, key=lambda cell: (cell.missed / cell.inbound, cell.missed))
    share = percentage(worst.missed, worst.inbound)
    when = "While open, most" if while_open else "Most"
    return f"{when} often on {WEEKDAYS[worst.weekday]}s {english.hour_span(worst.hour)}: {share} missed."
