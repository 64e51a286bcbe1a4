"""An import while it runs: one at a time, seen, stopped, dead; and who may do what with it."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from calls import batches, services
from calls.domain import ImportKind, ImportState
from calls.models import ImportRun
from calls.services import NewRun, start_run
from tenants.domain import ClinicFacts, Role
from tenants.scope import as_clinic
from tests.attribution.files import (
    APPOINTMENTS,
    CALLS,
    LIST,
    appointments_file,
    count_calls,
    our_file,
    runs,
    send,
    trail,
)
from tests.tenants.factories import alice, bright_smile, charlie, oak_street
from tests.tenants.sign_in import client_of, client_with

pytestmark = pytest.mark.django_db
BROKEN = "the disk is on fire"


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


@pytest.fixture
def admin(clinic: ClinicFacts) -> Client:
    return client_of(alice(), clinic)


def begin(clinic: ClinicFacts, **fields: Any) -> uuid.UUID:
    """An import that runs, as far as anybody can see."""
    run = NewRun(uuid.uuid4(), ImportKind.CALLS, "csv", False, 1000, uuid.uuid4())
    start_run(clinic_id=clinic.id, run=run, now=timezone.now())
    if fields:
        with as_clinic(clinic.id):
            ImportRun.objects.filter(pk=run.id).update(**fields)
    return run.id


def at(run_id: uuid.UUID, name: str = "") -> str:
    return f"{LIST}{run_id}/{name}"


def test_a_clinic_imports_one_file_at_a_time(clinic: ClinicFacts, admin: Client) -> None:
    begin(clinic)
    for do in ("check", "import"):
        answer = send(admin, CALLS, our_file(), do=do)
        assert answer.status_code == 409
        assert "Another file of this clinic is being imported" in answer.content.decode()
    assert count_calls(clinic) == 0


def test_another_clinics_import_is_in_nobodys_way(clinic: ClinicFacts) -> None:
    begin(clinic)
    other = oak_street()
    fields = {"timezone": "America/New_York", "region": "US"}
    assert send(client_of(charlie(), other), CALLS, our_file(), **fields).status_code == 303


def test_an_import_that_runs_is_shown_and_asks_for_itself(clinic: ClinicFacts, admin: Client) -> None:
    run_id = begin(clinic, bytes_done=420, report={"read": 17})
    page = admin.get(at(run_id)).content.decode()
    assert "17 read, 42 %" in page
    assert "hx-trigger" in page
    piece = admin.get(f"{LIST}progress/?run={run_id}").content.decode()
    assert "17 read, 42 %" in piece
    assert "<html" not in piece


def test_progress_of_what_has_not_begun_waits_and_of_what_is_over_ends(clinic: ClinicFacts, admin: Client) -> None:
    waits = admin.get(f"{LIST}progress/?run={uuid.uuid4()}").content.decode()
    assert "hx-trigger" in waits
    send(admin, CALLS, our_file())
    run = runs(clinic)[0]
    over = admin.get(f"{LIST}progress/?run={run.id}").content.decode()
    assert "hx-trigger" not in over
    assert at(run.id) in over
    assert admin.get(f"{LIST}progress/?run={run.id}&page=1").headers["HX-Refresh"] == "true"
    for bad in ("", "?run=", "?run=x"):
        assert admin.get(f"{LIST}progress/{bad}").status_code == 404


def test_stopping_is_on_record_and_asked_for_once(clinic: ClinicFacts, admin: Client) -> None:
    run_id = begin(clinic)
    for _ in range(2):
        assert admin.post(at(run_id, "stop/")).status_code == 303
    assert [(row.action, row.target) for row in trail(clinic)] == [("import_stopped", str(run_id))]
    assert "Stopping after" in admin.get(at(run_id)).content.decode()


def test_an_import_that_is_told_to_stop_ends_with_its_batch(
    clinic: ClinicFacts, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "BATCH_SIZE", 10)
    run_id = uuid.uuid4()
    taken: Callable[..., bool] = services.move_run

    def stop_then_move(**told: Any) -> bool:
        admin.post(at(run_id, "stop/"))
        return taken(**told)

    monkeypatch.setattr(services, "move_run", stop_then_move)
    assert send(admin, CALLS, our_file(35), run=str(run_id)).status_code == 303
    assert count_calls(clinic) == 10
    assert [(run.state, run.report["stored"]) for run in runs(clinic)] == [(ImportState.STOPPED, 10)]
    assert [row.action for row in trail(clinic)] == ["import_stopped", "calls_imported"]
    assert "import the same file again" in admin.get(at(run_id)).content.decode()


def test_running_it_again_adds_what_is_missing(
    clinic: ClinicFacts, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = our_file(35)
    with monkeypatch.context() as patched:
        patched.setattr(batches, "BATCH_SIZE", 10)
        patched.setattr(services, "move_run", lambda **told: False)
        send(admin, CALLS, content)
    send(admin, CALLS, content)
    assert count_calls(clinic) == 35
    assert runs(clinic)[1].report["duplicate"] == 10


@pytest.mark.parametrize(("path", "event"), [(CALLS, "calls_imported"), (APPOINTMENTS, "appointments_imported")])
def test_what_breaks_in_the_middle_is_on_record_once(
    clinic: ClinicFacts, admin: Client, monkeypatch: pytest.MonkeyPatch, path: str, event: str
) -> None:
    def break_down(**told: Any) -> bool:
        raise OSError(BROKEN)

    monkeypatch.setattr(services, "move_run", break_down)
    content = our_file(3) if path == CALLS else appointments_file(3)
    with pytest.raises(OSError, match=BROKEN):
        send(admin, path, content)
    assert [run.state for run in runs(clinic)] == [ImportState.FAILED]
    assert [(row.action, row.actor_kind) for row in trail(clinic)] == [(event, "person")]
    monkeypatch.undo()
    assert "Something broke" in admin.get(at(runs(clinic)[0].id)).content.decode()
    assert send(admin, path, content).status_code == 303


def test_a_run_that_stands_still_is_shown_as_stopped_and_in_nobodys_way(clinic: ClinicFacts, admin: Client) -> None:
    dead = begin(clinic, updated_at=timezone.now() - timedelta(minutes=11))
    assert "Stopped before the end" in admin.get(at(dead)).content.decode()
    assert send(admin, CALLS, our_file()).status_code == 303
    assert {run.id: run.state for run in runs(clinic)}[dead] == ImportState.STOPPED
    assert [(row.action, row.target) for row in trail(clinic)][0] == ("calls_imported", str(dead))
    assert len(trail(clinic)) == 2


def test_a_run_that_was_given_up_is_not_ended_twice(
    clinic: ClinicFacts, admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was only slow: whoever came next has put it on record."""
    run_id = uuid.uuid4()
    taken: Callable[..., bool] = services.move_run

    def slowly(**told: Any) -> bool:
        with as_clinic(clinic.id):
            ImportRun.objects.filter(pk=run_id).update(updated_at=timezone.now() - timedelta(hours=1))
        admin.post(at(run_id, "stop/"))
        return taken(**told)

    monkeypatch.setattr(services, "move_run", slowly)
    send(admin, CALLS, our_file(3), run=str(run_id))
    assert [row.action for row in trail(clinic)] == ["calls_imported"]


def test_stopping_what_is_over_does_nothing(clinic: ClinicFacts, admin: Client) -> None:
    send(admin, CALLS, our_file())
    before = len(trail(clinic))
    assert admin.post(at(runs(clinic)[0].id, "stop/")).status_code == 303
    assert len(trail(clinic)) == before


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.SUPPORT])  # which comes by a grant
def test_who_may_look_and_who_may_send(clinic: ClinicFacts, role: Role) -> None:
    run_id = begin(clinic)
    client = client_with(clinic, role)
    may_look = role is not Role.RECEPTIONIST
    may_send = role in (Role.ADMIN, Role.MANAGER)
    for path in (LIST, at(run_id), at(run_id, "report/"), f"{LIST}progress/?run={run_id}"):
        assert (client.get(path).status_code == 200) is may_look, path
    for path in (CALLS, APPOINTMENTS):
        assert (client.get(path).status_code == 200) is may_send
        assert (send(client, path, our_file()).status_code == 403) is not may_send
    if may_look:
        assert ("Stop</button>" in client.get(at(run_id)).content.decode()) is may_send
        assert ("Import calls" in client.get(LIST).content.decode()) is may_send
    assert (client.post(at(run_id, "stop/")).status_code == 303) is may_send


def test_signed_out_it_sends_to_the_sign_in(clinic: ClinicFacts) -> None:
    for path in (LIST, CALLS, APPOINTMENTS, at(begin(clinic))):
        assert Client().get(path).headers["Location"].startswith("/account/login/")
    assert send(Client(), CALLS, our_file()).headers["Location"].startswith("/account/login/")


def test_another_clinics_import_is_not_there(clinic: ClinicFacts, admin: Client) -> None:
    run_id = begin(clinic, report={"read": 17})
    stranger = client_of((oak_street(), charlie())[1])
    for one in (run_id, uuid.uuid4()):
        assert stranger.get(at(one)).status_code == 404
        assert stranger.get(at(one, "report/")).status_code == 404
        assert stranger.post(at(one, "stop/")).status_code == 404
        assert "17" not in stranger.get(f"{LIST}progress/?run={one}").content.decode().replace(str(one), "")
    assert str(run_id) not in stranger.get(LIST).content.decode()
    fields = {"timezone": "America/New_York", "region": "US", "run": str(run_id)}
    assert send(stranger, CALLS, our_file(), **fields).status_code == 409
    assert trail(clinic) == []


def test_wrong_methods_are_refused(clinic: ClinicFacts, admin: Client) -> None:
    run_id = begin(clinic)
    assert admin.get(at(run_id, "stop/")).status_code == 405
    for path in (LIST, at(run_id), at(run_id, "report/"), f"{LIST}progress/"):
        assert admin.post(path).status_code == 405
    for path in (CALLS, APPOINTMENTS):
        assert admin.put(path).status_code == 405


def test_imports_older_than_the_limit_are_not_shown(clinic: ClinicFacts, admin: Client) -> None:
    run_id = begin(clinic, state=ImportState.DONE, started_at=timezone.now() - timedelta(days=91))
    assert admin.get(at(run_id)).status_code == 404
    assert "Nothing was imported yet" in admin.get(LIST).content.decode()
