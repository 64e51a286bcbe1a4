"""Charts of bars: how far missed callers came, how long they waited, why appointments were counted or not."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from attribution.charts.scales import counted, number, percent, percentage, short_count
from attribution.domain import DELAY_EDGES, DelayBucket, Funnel


@dataclass(frozen=True, slots=True)
class FunnelStep:
    key: str
    label: str
    count: int
    rate: str  # of all opportunities
    x: str
    width: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class FunnelBars:
    height: int
    steps: Sequence[FunnelStep]
    nobody_called: int
    nobody_rate: str
    description: str


@dataclass(frozen=True, slots=True)
class BarLayout:
    row_height: int
    bar_height: int
    left: float  # where bars begin, in per cent of the width
    bar_top: int
    text_at: int  # baseline or middle of the label, from the row's top


@dataclass(frozen=True, slots=True)
class Bar:
    key: str
    label: str
    count: int
    count_text: str  # short from a hundred thousand on, so that it fits behind the bar
    share: str
    y: str
    text_y: str
    width: str
    count_x: str
    late: bool


@dataclass(frozen=True, slots=True)
class Bars:
    height: int
    bar_height: int
    bars: Sequence[Bar]
    goal_y: str  # "" without a goal
    description: str


def funnel_bars(funnel: Funnel, height: int = 48) -> FunnelBars:
    """One bar of bars: each step lies inside the one before and is as long as its share of all opportunities."""
    whole = funnel.opportunities
    named = (
        ("opportunities", "Missed callers", whole),
        ("called_back", "Called back", funnel.called_back),
        ("reached", "Reached", funnel.reached),
        ("recovered", "Recovered", funnel.recovered),
    )
    steps = [
        FunnelStep(
            key=key,
            label=label,
            count=count,
            rate=percentage(count, whole),
            x="0%",
            width=percent(100 * min(count / whole, 1) if whole else 0),
            y=number(index * 6),
            height=number(height - index * 12),
        )
        for index, (key, label, count) in enumerate(named)
    ]
    words = ", ".join(f"{step.count:,} {step.label.lower()}" for step in steps)
    nobody = funnel.nobody_called
    return FunnelBars(height, steps, nobody, percentage(nobody, whole), f"{words}; nobody called {nobody:,}.")


LABEL_BESIDE = BarLayout(row_height=24, bar_height=14, left=30, bar_top=5, text_at=12)
LABEL_ABOVE = BarLayout(row_height=40, bar_height=10, left=0, bar_top=22, text_at=14)


def delay_bars(buckets: Sequence[DelayBucket], goal: timedelta | None = None) -> Bars:
    """How long callers waited for the first callback; buckets beyond the clinic's goal are marked late."""
    within = sum(edge <= goal for edge in DELAY_EDGES) if goal is not None else len(buckets)
    rows = [(f"delay-{index}", bucket.label, bucket.count) for index, bucket in enumerate(buckets)]
    bars = _bars(rows, LABEL_BESIDE, late_from=within)
    called, good = sum(bucket.count for bucket in buckets), sum(bucket.count for bucket in buckets[:within])
    if not called:
        words = "Nobody has been called back in this period."
    elif goal is None:
        words = f"Called back: {counted(called, 'caller')}."
    else:
        words = f"{good:,} of {called:,} callbacks ({percentage(good, called)}) came within the goal."
    goal_y = "" if goal is None else str(within * LABEL_BESIDE.row_height)
    return Bars(len(rows) * LABEL_BESIDE.row_height, LABEL_BESIDE.bar_height, bars, goal_y, words)


def reason_bars(reasons: Sequence[tuple[str, str, int]]) -> Bars:
    """Why appointments were counted or not: (key, words, count) each, in the order given."""
    bars = _bars(reasons, LABEL_ABOVE, late_from=len(reasons))
    total = sum(count for _, _, count in reasons)
    height = len(reasons) * LABEL_ABOVE.row_height
    return Bars(height, LABEL_ABOVE.bar_height, bars, "", f"Booked in this period: {counted(total, 'appointment')}.")


def _bars(rows: Sequence[tuple[str, str, int]], layout: BarLayout, late_from: int) -> list[Bar]:
    total, top = sum(count for _, _, count in rows), max((count for _, _, count in rows), default=0)
    room = 84 - layout.left  # the rest is for the count behind the bar
    lengths = [room * count / top if top else 0.0 for _, _, count in rows]
    return [
        Bar(
            key=key,
            label=label,
            count=count,
            count_text=f"{count:,}" if count < 100_000 else short_count(count),
            share=percentage(count, total),
            y=str(index * layout.row_height + layout.bar_top),
            text_y=str(index * layout.row_height + layout.text_at),
            width=percent(lengths[index]),
            count_x=percent(layout.left + lengths[index]),
            late=index >= late_from,
        )
        for index, (key, label, count) in enumerate(rows)
    ]
