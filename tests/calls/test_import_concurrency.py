"""Imports beside each other and beside live messages: every call once, every number one caller."""

import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest
from django.db import connection
from django.utils import timezone

from calls import batches, intake, rows
from calls.callers import find_or_make_callers
from calls.domain import CallEvent, Outcome
from calls.models import CallerHash
from calls.reports import ImportReport
from tenants.scope import as_clinic
from tests.calls.factories import PATIENT, make_clinic, make_event, stored_calls
from tests.calls.imported import changes, minutes, number, take_in

NOW = timezone.now()


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "BATCH_SIZE", 25)


def make_events(count: int) -> list[CallEvent]:
    start = NOW - timedelta(days=3)
    return [make_event(f"K{one}", start + minutes(one), number(one % 60)) for one in range(count)]


def at_once(*works: Callable[[], object]) -> None:
    """Each in a thread with a connection of its own; raises what one of them raised."""
    errors: list[BaseException] = []
    gate = threading.Barrier(len(works))

    def run(work: Callable[[], object]) -> None:
        try:
            gate.wait(10)
            work()
        except BaseException as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert not any(thread.is_alive() for thread in threads)
    if errors:
        raise errors[0]


@pytest.mark.usefixtures("committed_db")
def test_two_imports_of_the_same_file_at_once() -> None:
    clinic = make_clinic(NOW)
    events, reports = make_events(200), list[ImportReport]()
    shuffled = Random(1).sample(events, len(events))
    at_once(
        lambda: reports.append(take_in(clinic, events, NOW)),
        lambda: reports.append(take_in(clinic, shuffled, NOW)),
    )
    assert sum(report.stored for report in reports) == 200
    assert sum(report.duplicate for report in reports) == 200
    stored = stored_calls(clinic)
    assert len(stored) == 200
    assert len({call.caller for call in stored}) == 60
    with as_clinic(clinic.id):
        assert CallerHash.objects.count() == 60
    assert {row.not_before for row in changes(clinic)} == {None}


@pytest.mark.usefixtures("committed_db")
def test_an_import_and_live_messages_about_the_same_calls() -> None:
    clinic = make_clinic(NOW)
    events = make_events(150)
    answered = [
        make_event(
            event.call_key, event.started_at + timedelta(seconds=2), event.number, Outcome.ANSWERED, talk_seconds=31
        )
        for event in events[::3]
    ]

    def receive(part: list[CallEvent]) -> None:
        for event in part:
            intake.record_events(clinic=clinic, events=[event], now=NOW)

    at_once(lambda: take_in(clinic, events, NOW), lambda: receive(answered[:25]), lambda: receive(answered[:24:-1]))
    stored = stored_calls(clinic)
    assert len(stored) == 150
    assert sum(call.outcome == Outcome.ANSWERED and call.talk_seconds == 31 for call in stored) == 50
    assert len({call.caller for call in stored}) == 60


@pytest.mark.usefixtures("committed_db")
def test_clinics_do_not_wait_for_each_other() -> None:
    one, other = make_clinic(NOW), make_clinic(NOW, "Oak Street")
    with as_clinic(one.id):
        rows.take_intake_lock(one.id)
        at_once(lambda: take_in(other, make_events(60), NOW))
    assert len(stored_calls(other)) == 60


@pytest.mark.usefixtures("committed_db")
def test_a_dry_run_keeps_no_live_message_waiting() -> None:
    clinic = make_clinic(NOW)
    events = make_events(60)
    with as_clinic(clinic.id):  # as if a message was being stored at this moment
        rows.lock_call(clinic.id, uuid.uuid4())
        at_once(lambda: take_in(clinic, events, NOW, dry_run=True))
    assert stored_calls(clinic) == []


def wait_until_somebody_waits() -> None:
    """Until another connection waits for a lock of this one."""
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone()[0]:
                return
        time.sleep(0.05)
    raise AssertionError("nobody waited")


@pytest.mark.usefixtures("committed_db")
def test_a_number_that_somebody_else_sees_first_at_this_moment_is_one_caller() -> None:
    clinic = make_clinic(NOW)
    take_in(clinic, make_events(1), NOW)  # keys and weeks are there
    importing = threading.Thread(target=at_once, args=(lambda: take_in(clinic, [make_event("A", NOW)], NOW),))
    with as_clinic(clinic.id):
        caller = find_or_make_callers(clinic_id=clinic.id, e164s=[PATIENT], now=NOW)[PATIENT]
        importing.start()
        wait_until_somebody_waits()
    importing.join(30)
    assert stored_calls(clinic)[-1].caller == caller
