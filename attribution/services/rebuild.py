"""Recomputes all callers of a clinic and rolls its open days up: the bulk way, by the same rules and the same code.

Callers are taken in ranges of their random ids, so that memory is that of one range, whatever the clinic holds.
"""

import gc
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime

from attribution import results
from attribution.events import IdRange
from attribution.services.context import load_context
from attribution.services.recompute import recompute_range
from attribution.services.rollup import leave_open_days, local_day, rebuild_days
from calls.streams import count_calls
from tenants.scope import as_clinic
from tenants.selectors import get_clinic

CALLS_AT_ONCE = 20_000
_ALL_IDS = 1 << 128


def rebuild_metrics(
    *,
    clinic_id: uuid.UUID,
    now: datetime,
    first: date | None = None,
    last: date | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> int:
    """Recomputes every caller, then the open days between two local days (by default all that can have calls).

    Each range of callers is a transaction of its own; `progress` hears which part is done. Returns how many callers.
    """
    clinic = get_clinic(clinic_id)
    with as_clinic(clinic_id):
        total = count_calls(clinic_id, clinic.visible_from(now))
    ranges = list(_ranges(total // CALLS_AT_ONCE + 1))
    callers = 0
    with _without_collector():
        for number, span in enumerate(ranges, start=1):
            callers += _recompute_between(clinic_id, span, now)
            progress(number, len(ranges))
    oldest, today = local_day(clinic, clinic.visible_from(now)), local_day(clinic, now)
    leave_open_days(clinic_id=clinic_id, first=first or oldest, last=last or today)
    rebuild_days(clinic_id=clinic_id, now=now)
    return callers


@contextmanager
def _without_collector() -> Iterator[None]:
    """Events hold no cycles, and looking for some among a million of them takes a third of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _recompute_between(clinic_id: uuid.UUID, span: IdRange, now: datetime) -> int:
    with as_clinic(clinic_id):
        results.lock_attribution(clinic_id)
        return recompute_range(load_context(clinic_id, now), span)


def _ranges(count: int) -> Iterator[IdRange]:
    """All ids, in so many parts; ids are random, so the parts are alike."""
    edges = [_ALL_IDS * number // count for number in range(count + 1)]
    for lowest, following in zip(edges, edges[1:], strict=False):
        yield IdRange(uuid.UUID(int=lowest), uuid.UUID(int=following - 1))
