"""Working changes off: what fails is put off and keeps nobody waiting, two workers never meet, other clinics go on."""

import threading
import uuid
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import OperationalError, connections

from attribution import results, services, tasks
from attribution.services import changes as working
from attribution.services import judging, recompute
from calls.changes import clinics_with_changes
from tenants.scope import as_clinic
from tests.attribution.clinics import AMBER, BRAMBLE, COPPER, NOW, Desk, ago, make_desk

CALLERS = (AMBER, BRAMBLE, COPPER)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    """The tasks are doors: they have a clock."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def desk(db: None) -> Desk:
    return make_desk()


def spoil(monkeypatch: pytest.MonkeyPatch, caller: uuid.UUID, error: type[Exception]) -> None:
    """Nobody can be recomputed together with this caller."""
    recompute_callers: Callable[..., None] = recompute.recompute_callers

    def fail(context: Any, callers: set[bytes], **more: Any) -> None:
        recompute_callers(context, callers, **more)
        if caller.bytes in callers:
            raise error("the details of a row")

    monkeypatch.setattr(working, "recompute_callers", fail)


@pytest.mark.django_db
def test_a_poison_row_keeps_nobody_waiting(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for caller in CALLERS:
        desk.call(ago(hours=2), caller)
    with monkeypatch.context() as patch:
        spoil(patch, BRAMBLE, ZeroDivisionError)
        desk.attribute()
        assert {one.caller for one in desk.opportunities()} == {AMBER, COPPER}
        [left] = desk.changes()
        assert (left.caller, left.tries, left.problem, left.set_aside_at) == (BRAMBLE, 1, "ZeroDivisionError", None)
        assert left.not_before is not None
        assert left.not_before > desk.now
        assert desk.attribute() == 0
        for tries in (2, 3):
            desk.now += timedelta(hours=1)
            assert desk.attribute() == 1
            assert desk.changes()[0].tries == tries
        assert desk.changes()[0].set_aside_at == desk.now
        desk.now += timedelta(days=1)
        assert desk.attribute() == 0
    assert "details" not in caplog.text
    assert "ZeroDivisionError" in caplog.text


@pytest.mark.django_db
def test_a_caller_who_cannot_be_recomputed_keeps_nobody_else_open(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for caller in CALLERS:
        desk.call(ago(hours=47), caller)
    desk.attribute()
    spoil(monkeypatch, BRAMBLE, ValueError)
    later = desk.now + timedelta(hours=2)
    assert [services.lapse_due(clinic_id=desk.clinic.id, now=later) for _ in range(2)] == [2, 0]
    assert {one.caller: one.status for one in desk.opportunities()} == {
        AMBER: "lapsed", BRAMBLE: "open", COPPER: "lapsed",
    }  # fmt: skip


@pytest.mark.django_db
def test_a_row_that_failed_once_is_done_when_the_fault_has_gone(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.call(ago(hours=2))
    with monkeypatch.context() as patch:
        spoil(patch, AMBER, ValueError)
        desk.attribute()
    desk.now += timedelta(hours=1)
    desk.attribute()
    assert (desk.opportunity.status, desk.changes()) == ("open", [])


@pytest.mark.django_db
def test_a_promise_of_the_database_that_is_broken_is_one_rows_fault(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deferred constraints speak up before the batch is done, not at the commit."""
    desk.call(ago(hours=3), AMBER)
    desk.call_back(ago(hours=2), AMBER)
    desk.book(ago(hours=1), AMBER)
    desk.call(ago(hours=3), BRAMBLE)
    found = judging._found

    def point_nowhere(batch: Any, caller: bytes, opportunity: Any) -> Any:
        made = found(batch, caller, opportunity)
        if caller != AMBER.bytes:
            return made
        return made._replace(opportunity=made.opportunity._replace(appointment_id=uuid.uuid4().bytes))

    monkeypatch.setattr(judging, "_found", point_nowhere)
    desk.attribute()
    assert {one.caller for one in desk.opportunities()} == {BRAMBLE}
    assert {change.problem for change in desk.changes()} == {"IntegrityError"}


@pytest.mark.django_db
def test_a_database_that_is_away_is_no_rows_fault(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.call(ago(hours=2))
    spoil(monkeypatch, AMBER, OperationalError)
    with pytest.raises(OperationalError):
        desk.attribute()
    assert [change.tries for change in desk.changes()] == [0]


@pytest.mark.django_db
def test_the_sweep_finds_whoever_has_work_and_goes_on_past_a_clinic_that_fails(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = make_desk("Oak Street")
    desk.call(ago(hours=2))
    other.call(ago(hours=2))
    attribute = services.attribute_changes

    def fail_for_the_first(*, clinic_id: uuid.UUID, **more: Any) -> int:
        if clinic_id == desk.clinic.id:
            raise RuntimeError
        return attribute(clinic_id=clinic_id, **more)

    monkeypatch.setattr(services, "attribute_changes", fail_for_the_first)
    tasks.sweep_changes()
    assert (desk.opportunities(), len(other.opportunities())) == ([], 1)
    assert other.day(ago(hours=2))["missed"] == 1
    monkeypatch.undo()
    tasks.sweep_changes()
    assert len(desk.opportunities()) == 1


@pytest.mark.django_db
def test_the_sweep_looks_for_what_has_run_out_once_a_minute(desk: Desk) -> None:
    desk.call(ago(days=3))
    desk.now = ago(days=2.5)
    desk.attribute()
    cache.clear()
    tasks.sweep_changes()
    assert desk.opportunity.status == "lapsed"
    desk.call(ago(days=3), BRAMBLE)
    desk.now = ago(days=2.5)
    services.attribute_changes(clinic_id=desk.clinic.id, now=desk.now)
    tasks.sweep_changes()
    assert {one.status for one in desk.opportunities()} == {"lapsed", "open"}


@pytest.mark.django_db
def test_the_nightly_task_closes_books(desk: Desk) -> None:
    desk.now = ago(days=50)
    desk.call(ago(days=61))
    desk.attribute()
    tasks.close_books()
    assert desk.opportunity.is_settled


@pytest.mark.django_db
def test_a_task_names_a_clinic_and_no_more(desk: Desk) -> None:
    desk.call(ago(hours=2))
    tasks.attribute_clinic(str(desk.clinic.id))
    assert desk.opportunity.status == "open"
    assert desk.day(ago(hours=2))["opportunities"] == 1


def run_at_once(*works: Callable[[], object]) -> list[object]:
    """Each in a thread and a connection of its own."""
    results: list[object] = [None] * len(works)

    def run(place: int) -> None:
        try:
            results[place] = works[place]()
        except Exception as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(works))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


def test_two_workers_do_everything_once(committed_db: None) -> None:
    desk = make_desk()
    for number in range(60):
        caller = uuid.UUID(int=number % 20 + 1)
        desk.call(ago(hours=number + 1), caller)
        desk.call_back(ago(hours=number + 0.5), caller)

    def work() -> int:
        done = 0
        for _ in range(200):
            done += services.attribute_changes(clinic_id=desk.clinic.id, now=desk.now, limit=7)
            services.rebuild_days(clinic_id=desk.clinic.id, now=desk.now)
        return done

    assert sum(int(str(done)) for done in run_at_once(work, work)) == 120
    assert desk.changes() == []
    live = desk.snapshot()
    services.rebuild_metrics(clinic_id=desk.clinic.id, now=desk.now)
    assert desk.snapshot() == live
    assert sum(desk.day(ago(days=days)).get("missed", 0) for days in range(4)) == 60


def test_who_comes_second_leaves_the_clinic_to_the_first(committed_db: None) -> None:
    desk = make_desk()
    desk.call(ago(hours=2))
    started, may_end = threading.Event(), threading.Event()

    def hold() -> None:
        with as_clinic(desk.clinic.id):
            results.lock_attribution(desk.clinic.id)
            started.set()
            may_end.wait(10)

    def come_second() -> int:
        started.wait(10)
        try:
            return services.attribute_changes(clinic_id=desk.clinic.id, now=desk.now)
        finally:
            may_end.set()

    assert run_at_once(hold, come_second) == [None, 0]
    assert desk.attribute() == 1


def test_the_sweep_sees_that_there_is_work_and_nothing_else(committed_db: None) -> None:
    desk = make_desk()
    desk.call(ago(hours=2))
    assert clinics_with_changes(desk.now) == [desk.clinic.id]
    desk.attribute()
    assert clinics_with_changes(desk.now) == []
