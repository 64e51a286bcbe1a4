"""A preview of other rules: what it costs a busy clinic, and one that is so large that fewer days are looked at.

`cpu_ms` is this process's part, which does not depend on who else uses the machine; the database's comes on top.
`python -m bench.preview [calls a day] …`
"""

import dataclasses
import sys
import time
from datetime import UTC, datetime, timedelta

from bench.world import (
    administrator,
    empty,
    fill_bookings,
    fill_calls,
    kept_span,
    make_clinic,
    report,
    settle_down,
    world,
)

REPEATS = 7


def measure(calls_a_day: int) -> None:
    from attribution import services  # noqa: PLC0415 - after the set-up

    with administrator() as admin:
        empty(admin)
        clinic_id = make_clinic()
        span = kept_span()
        calls = calls_a_day * 90
        fill_calls(admin, clinic_id, span, calls=calls, callers=calls // 4)
        fill_bookings(admin, clinic_id)
        settle_down(admin)
    now = datetime.now(UTC)
    services.rebuild_metrics(clinic_id=clinic_id, now=now)
    current = services.current_rules(clinic_id)
    other = dataclasses.replace(current, min_talk_seconds=120, callback_window=timedelta(hours=24))
    seconds, busy = [], []
    for _ in range(REPEATS):
        began, cpu = time.perf_counter(), time.process_time()
        said = services.preview_rules(clinic_id=clinic_id, rules=other, now=now)
        seconds.append(time.perf_counter() - began)
        busy.append(time.process_time() - cpu)
    report(
        "preview", calls_a_day=calls_a_day, days=said.days, missed=said.current.missed,
        other_verdicts=said.other_verdicts, median_ms=1000 * sorted(seconds)[REPEATS // 2],
        worst_ms=1000 * max(seconds), cpu_ms=1000 * sorted(busy)[REPEATS // 2],
    )  # fmt: skip


if __name__ == "__main__":
    with world():
        for wanted in [int(argument) for argument in sys.argv[1:]] or [100, 400, 4000]:
            measure(wanted)
