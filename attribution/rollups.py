"""The SQL of the figures: which days must be rolled up, what a day's opportunities and appointments sum up to.

Counts of calls come from `calls.counts`. Runs inside a clinic's scope but for `clinics_with_days`. It refuses to know
which days are closed.
"""

import dataclasses
import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db import connection

from attribution.domain import DELAY_EDGES, Tally
from tenants.scope import as_holder_of

# The columns of a day, in the order of the table; `attribution.md` says what they count.
CALL_COLUMNS = (
    "inbound", "answered", "missed", "voicemail", "abandoned", "withheld", "outbound", "missed_out_of_hours",
)  # fmt: skip
COHORT_COLUMNS = (
    "opportunities", "called_back", "reached", "recovered", "lapsed", "dismissed", "delay_5m", "delay_15m", "delay_30m",
    "delay_1h", "delay_2h", "delay_4h", "delay_8h", "delay_24h", "delay_48h", "delay_later",
)  # fmt: skip
APPOINTMENT_COLUMNS = ("appointments", "recovered_appointments", "recovered_value")
DAY_COLUMNS = (*CALL_COLUMNS, *COHORT_COLUMNS, *APPOINTMENT_COLUMNS)


@dataclasses.dataclass(frozen=True, slots=True)
class Span:
    """A local day and the instants between which it lies."""

    on: date
    start: datetime
    end: datetime


def leave_days(clinic_id: uuid.UUID, days: Iterable[date]) -> None:
    """Asks for these days to be rolled up again. In order: two transactions that leave the same days meet head on."""
    wanted = sorted(set(days))
    if wanted:
        # index: attribution_daychange_pkey
        _fetch(
            "INSERT INTO attribution_daychange (clinic_id, day) SELECT %s, unnest(%s::date[]) ON CONFLICT DO NOTHING",
            [clinic_id, wanted],
        )


def claim_days(clinic_id: uuid.UUID, since: date, limit: int) -> list[date]:
    """Takes the oldest days from `since` on off the list; they are back when the transaction fails."""
    # index: attribution_daychange_pkey
    rows = _fetch(
        """
        DELETE FROM attribution_daychange WHERE clinic_id = %s AND day IN (
            SELECT day FROM attribution_daychange WHERE clinic_id = %s AND day >= %s
            ORDER BY day LIMIT %s FOR UPDATE SKIP LOCKED
        ) RETURNING day
        """,
        [clinic_id, clinic_id, since, limit],
    )
    return sorted(on for (on,) in rows)


def clinics_with_days() -> list[uuid.UUID]:
    """The clinics that have days to roll up."""
    with as_holder_of("work"):
        # index: attribution_daychange_pkey, all of it: the table holds what is not done yet
        return [clinic_id for (clinic_id,) in _fetch("SELECT DISTINCT clinic_id FROM attribution_daychange", [])]


_DELAYS = ", ".join(
    f"count(*) FILTER (WHERE called_back_at - opened_at > interval '{low} s'"
    f" AND called_back_at - opened_at <= interval '{high} s')"
    for low, high in zip(
        [-1, *[int(edge.total_seconds()) for edge in DELAY_EDGES[:-1]]],
        [int(edge.total_seconds()) for edge in DELAY_EDGES],
        strict=True,
    )
)
_LATER = f"count(*) FILTER (WHERE called_back_at - opened_at > interval '{int(DELAY_EDGES[-1].total_seconds())} s')"
_SPANS = "unnest(%s::date[], %s::timestamptz[], %s::timestamptz[]) AS span (day, starts, ends)"


def count_cohorts(clinic_id: uuid.UUID, spans: Sequence[Span]) -> dict[date, tuple[Any, ...]]:
    """`COHORT_COLUMNS` of each day: what became of the opportunities that were opened on it."""
    # index: opportunities_by_time, once a day
    rows = _fetch(
        f"""
        SELECT span.day, cohort.* FROM {_SPANS}
        CROSS JOIN LATERAL (
            SELECT count(*), count(called_back_at), count(reached_at),
                count(*) FILTER (WHERE status = 'recovered'), count(*) FILTER (WHERE status = 'lapsed'),
                count(*) FILTER (WHERE status = 'dismissed'), {_DELAYS}, {_LATER}
            FROM attribution_opportunity
            WHERE clinic_id = %s AND opened_at >= span.starts AND opened_at < span.ends
        ) AS cohort
        """,  # noqa: S608 - constants of this file
        [*_arrays(spans), clinic_id],
    )
    return {on: tuple(counts) for on, *counts in rows}


def count_appointments(clinic_id: uuid.UUID, spans: Sequence[Span]) -> dict[date, tuple[Any, ...]]:
    """`APPOINTMENT_COLUMNS` of each day: the appointments that were made on it, cancelled ones left out."""
    # index: appointments_by_time, once a day, then an_appointment_is_won_once
    rows = _fetch(
        f"""
        SELECT span.day, booked.* FROM {_SPANS}
        CROSS JOIN LATERAL (
            SELECT count(*), count(o.id), coalesce(sum(o.value), 0)
            FROM attribution_appointment AS a
            LEFT JOIN attribution_opportunity AS o
              ON o.clinic_id = a.clinic_id AND o.appointment_id = a.id AND o.status = 'recovered'
            WHERE a.clinic_id = %s AND a.booked_at >= span.starts AND a.booked_at < span.ends
              AND a.status = 'booked'
        ) AS booked
        """,  # noqa: S608 - constants of this file
        [*_arrays(spans), clinic_id],
    )
    return {on: tuple(counts) for on, *counts in rows}


def tally_day(clinic_id: uuid.UUID, on: date, start: datetime, end: datetime) -> Tally:
    """How a day goes so far: its missed calls as rolled up, and what became of who rang on it, as of now."""
    # index: attribution_dailymetrics_pkey, opportunities_by_time
    ((missed, *counts),) = _fetch(
        """
        SELECT coalesce((SELECT missed FROM attribution_dailymetrics WHERE clinic_id = %s AND day = %s), 0),
            count(called_back_at), count(reached_at), count(*) FILTER (WHERE status = 'recovered'),
            coalesce(sum(value), 0), percentile_cont(0.5) WITHIN GROUP (ORDER BY called_back_at - opened_at)
        FROM attribution_opportunity WHERE clinic_id = %s AND opened_at >= %s AND opened_at < %s
        """,
        [clinic_id, on, clinic_id, start, end],
    )
    return Tally(missed, *counts)


def write_days(clinic_id: uuid.UUID, days: Mapping[date, Sequence[int | Decimal]]) -> None:
    """Writes days whole: `DAY_COLUMNS` of each."""
    if not days:
        return
    names = ", ".join(DAY_COLUMNS)
    row = "(" + ", ".join(["%s"] * (2 + len(DAY_COLUMNS))) + ")"
    # index: attribution_dailymetrics_pkey
    _fetch(
        f"""
        INSERT INTO attribution_dailymetrics (clinic_id, day, {names}) VALUES {", ".join([row] * len(days))}
        ON CONFLICT (clinic_id, day) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in DAY_COLUMNS)}
        """,  # noqa: S608 - constants of this file
        [cell for on, counts in days.items() for cell in (clinic_id, on, *counts)],
    )


def delete_days(clinic_id: uuid.UUID, days: Sequence[date]) -> None:
    """Deletes the figures of days that have none."""
    if days:
        # index: attribution_dailymetrics_pkey
        _fetch("DELETE FROM attribution_dailymetrics WHERE clinic_id = %s AND day = ANY(%s)", [clinic_id, list(days)])


def delete_hours(clinic_id: uuid.UUID, days: Iterable[date]) -> None:
    """Makes room for the hours of these days."""
    # index: attribution_hourlymetrics_pkey
    _fetch("DELETE FROM attribution_hourlymetrics WHERE clinic_id = %s AND day = ANY(%s)", [clinic_id, list(days)])


def write_hours(clinic_id: uuid.UUID, hours: Sequence[tuple[date, int, int, int]]) -> None:
    """Writes (day, hour, inbound, missed), where there were any calls."""
    if not hours:
        return
    columns = [list(column) for column in zip(*hours, strict=True)]
    # index: attribution_hourlymetrics_pkey
    _fetch(
        """
        INSERT INTO attribution_hourlymetrics (clinic_id, day, hour, inbound, missed)
        SELECT %s, * FROM unnest(%s::date[], %s::smallint[], %s::integer[], %s::integer[])
        """,
        [clinic_id, *columns],
    )


def _arrays(spans: Sequence[Span]) -> list[list[Any]]:
    return [[span.on for span in spans], [span.start for span in spans], [span.end for span in spans]]


def _fetch(statement: str, params: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)
        return list(cursor.fetchall()) if cursor.description else []
