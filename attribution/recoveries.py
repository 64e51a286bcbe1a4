"""The SQL of what was won already: which appointments of a span, and what of it is settled for ever; writes nothing.

Runs inside a clinic's scope; callers and ids are 16 bytes, instants whole microseconds.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, NamedTuple

from django.db import connection

from attribution.domain import ValueSource
from attribution.events import Caller, hexes
from attribution.rules import to_micros


class Recovery(NamedTuple):
    """An appointment that was won, as it is stored: by which opportunity, and what it is worth."""

    appointment_id: bytes
    caller: Caller
    opened_at: int
    value: Decimal
    source: ValueSource
    is_settled: bool


def read_recoveries(clinic_id: uuid.UUID, appointments: Iterable[bytes]) -> list[Recovery]:
    """Those of these appointments that were won."""
    # index: an_appointment_is_won_once
    query = """
        SELECT appointment_id, caller, opened_at, value, value_source, is_settled FROM attribution_opportunity
        WHERE clinic_id = %s AND appointment_id = ANY(%s::uuid[]) AND status = 'recovered'
    """
    return [
        Recovery(appointment_id.bytes, caller.bytes, to_micros(opened_at), value, ValueSource(source), is_settled)
        for appointment_id, caller, opened_at, value, source, is_settled in _fetch(
            query, [clinic_id, hexes(appointments)]
        )
    ]


def count_settled_reached(clinic_id: uuid.UUID, start: datetime, end: datetime) -> int:
    """How many of the opportunities that were opened between two instants and are settled had a contact."""
    # index: opportunities_by_time
    query = """
        SELECT count(reached_at) FROM attribution_opportunity
        WHERE clinic_id = %s AND opened_at >= %s AND opened_at < %s AND is_settled
    """
    ((count,),) = _fetch(query, [clinic_id, start, end])
    return int(count)


def _fetch(query: str, params: Sequence[Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query, params)
        return list(cursor.fetchall())
