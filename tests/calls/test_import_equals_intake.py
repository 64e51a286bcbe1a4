"""The same events, one by one through live intake or together through an import, leave the same rows."""

import uuid
from datetime import datetime, timedelta
from random import Random
from typing import Any

import pytest
from django.utils import timezone

from calls import batches, intake
from calls.domain import CallEvent, Direction, Outcome, Refused
from calls.numbers import read_number
from tenants.domain import ClinicFacts
from tests.calls.factories import make_clinic
from tests.calls.imported import caller_of, changes, contents, number, take_in

NOW = timezone.now()
NUMBERS = (number(1), "07700 900001", number(2), "7700900003", "anonymous", None, "101", "", "sip:desk@10.0.0.1")


def make_history(dice: Random, count: int) -> list[CallEvent]:
    """Few calls with many messages each, some days apart, so that nearly everything is merged with something."""
    keys = [f"K{place}" for place in range(max(2, count // 4))]
    starts = {key: NOW - timedelta(days=dice.uniform(4, 30)) for key in keys}
    return [make_message(dice, dice.choice(keys), starts) for _ in range(count)]


def make_message(dice: Random, key: str, starts: dict[str, datetime]) -> CallEvent:
    outcome = dice.choice(list(Outcome))
    apart = dice.choice((0, 0, 0, 1, 3600, 80_000, 86_400, 86_401, -86_400, 200_000, -200_000))
    return CallEvent(
        dice.choice(("api", "csv", "twilio", "asterisk")),
        key,
        dice.choice(list(Direction)),
        outcome,
        starts[key] + timedelta(seconds=apart),
        dice.choice(NUMBERS),
        dice.random() < 0.8,
        dice.choice((None, 0, 7, 20)),
        dice.choice((0, 0, 30, 90)),
        dice.choice(("", "", "Front desk", 'O\'Neill, "new" \\ {NULL}')),
        dice.choice((None, f"CA{int(key[1:]):032x}")),
    )


def as_told(clinic: ClinicFacts, events: list[CallEvent]) -> list[tuple[Any, ...]]:
    """The rows with what ids and callers stand for, which is what two clinics have in common."""
    keys = {intake.row_id_of(clinic, event): (event.call_key, event.source in intake.SHARED_KEYS) for event in events}
    people: dict[uuid.UUID | None, str] = {None: ""}
    for spelling in NUMBERS:
        e164 = read_number(spelling, clinic.region).e164
        if e164:
            people[caller_of(clinic, e164, NOW)] = e164
    return sorted((row[1], keys[row[0]], *row[2:5], people[row[5]], *map(str, row[6:])) for row in contents(clinic))


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(25))
def test_an_import_and_live_messages_leave_the_same_rows(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = Random(seed)
    events = make_history(dice, 60)
    monkeypatch.setattr(batches, "BATCH_SIZE", dice.choice((1, 2, 7, 60, 1000)))
    live, imported = make_clinic(NOW, "Live"), make_clinic(NOW, "Imported")
    created = sum(intake.record_events(clinic=live, events=[event], now=NOW)[0].created for event in events)
    report = take_in(imported, events, NOW)
    assert as_told(imported, events) == as_told(live, events)
    assert report.stored == created
    assert report.stored + report.merged + report.duplicate == len(events)
    assert_same_work(live, imported)


def assert_same_work(live: ClinicFacts, imported: ClinicFacts) -> None:
    """A row for a caller stands for all of the caller's days."""
    rows = changes(imported)
    with_caller = {row[5]: row[0] for row in contents(live) if row[5]}
    assert len({row.caller for row in rows if row.caller}) == len({c.caller for c in changes(live) if c.caller})
    assert {row.on for row in rows if row.caller is None} <= {row.on for row in changes(live)}
    assert with_caller or not any(row.caller for row in rows)


@pytest.mark.django_db
@pytest.mark.parametrize("seed", range(8))
def test_what_came_live_first_is_merged_into_the_same_rows(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = Random(1000 + seed)
    events = make_history(dice, 60)
    monkeypatch.setattr(batches, "BATCH_SIZE", dice.choice((3, 20, 1000)))
    live, both = make_clinic(NOW, "Live"), make_clinic(NOW, "Both")
    intake.record_events(clinic=live, events=events, now=NOW)
    intake.record_events(clinic=both, events=events[:30], now=NOW)
    rehearsed = take_in(both, events[30:], NOW, dry_run=True).as_json()
    report = take_in(both, events[30:], NOW)
    assert as_told(both, events) == as_told(live, events)
    assert rehearsed == report.as_json() | {"dry_run": True}


@pytest.mark.django_db
def test_both_refuse_the_same_events() -> None:
    clinic = make_clinic(NOW)
    odd = [
        make_message(Random(1), "07700900001", {"07700900001": NOW}),
        *(
            CallEvent(source, key, Direction.INBOUND, Outcome.MISSED, NOW - timedelta(days=days), number(1), line=line)
            for source in ("api", "csv", "twilio")
            for key in ("7700900001", "A-7.700-900 001", "A1", "1234567")
            for days in (-1, 0, 1, 85, 91, 400)
            for line in ("", "Line 0770 0900 001", "x" * 41)
        ),
    ]
    refused: list[str] = []
    for event in odd:
        try:
            intake.require_storable(event, clinic, NOW)
        except Refused as reason:
            refused.append(reason.reason.value)
    report = take_in(clinic, odd, NOW)
    assert {reason: found.count for reason, found in report.refused.items()} == {
        reason: refused.count(reason) for reason in set(refused)
    }
