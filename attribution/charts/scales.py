"""What all charts measure and write with: axes, coordinates as text, and figures in few characters."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Tick:
    at: str
    label: str
    minor: bool = False  # left out on narrow screens


def nice_ticks(top: int, wanted: int = 4) -> list[int]:
    """Whole, round and evenly spaced values from 0 to at least `top`, about `wanted` steps."""
    raw = max(top, 1) / wanted
    power = 10 ** max(math.floor(math.log10(raw)), 0)
    step = next(factor * power for factor in (1, 2, 5, 10) if factor * power >= raw)
    return list(range(0, math.ceil(max(top, 1) / step) * step + 1, step))


def percentage(part: int, whole: int) -> str:
    """'31 %'; never '0 %' for something nor '100 %' for less than all."""
    if not whole:
        return "–"
    share = 100 * part / whole
    if 0 < share < 1:
        return "under 1 %"
    return f"{99 if 99 < share < 100 else round(share)} %"


def counted(count: int, noun: str) -> str:
    """'no calls', '1 call', '1,200 calls'."""
    return f"{f'{count:,}' if count else 'no'} {noun}{'' if count == 1 else 's'}"


def short_count(value: int) -> str:
    """'950', '12k', '1.5M'."""
    for size, letter in ((1_000_000, "M"), (1_000, "k")):
        if value >= size:
            return f"{value / size:.1f}".removesuffix(".0") + letter
    return str(value)


def path(points: Sequence[tuple[float, float]]) -> str:
    return "".join(f"{'L' if index else 'M'}{number(x)} {number(y)}" for index, (x, y) in enumerate(points))


def number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def percent(value: float) -> str:
    return f"{number(value)}%"
