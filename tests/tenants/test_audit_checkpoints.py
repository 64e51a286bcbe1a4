"""A checkpoint an hour: signed, over all trails, kept here and elsewhere; nothing that fails beside it stops it."""

import base64
import json
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from django.core import mail
from django.db import connection, transaction
from django.utils import timezone
from pytest_django import Settings

from config.celery import app
from tenants import audit, ledger, selectors, tasks
from tenants.checkpoints import make_checkpoint
from tenants.domain import PLATFORM
from tenants.events import SYSTEM, Event
from tenants.models import AuditAnchor, AuditCheckpoint
from tenants.scope import as_clinic
from tenants.trail.merkle import EMPTY_ROOT
from tenants.trail.reading import BadLine, KeptLine, read_kept
from tenants.trail.seals import NO_CHECKPOINT, is_signed
from tenants.trail_reports import verify_stored
from tests.tenants.factories import bright_smile, make_clinic, oak_street
from tests.tenants.trails import OUTSIDE, PUBLIC_KEYS, add_events, checkpoint, read_entries, sign_with

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def signing(settings: Settings) -> None:
    sign_with(settings)


def kept(path: Path) -> list[KeptLine]:
    with path.open() as file:
        return [line for line in read_kept(file) if isinstance(line, KeptLine)]


def test_it_is_signed_and_over_the_ends_of_all_trails() -> None:
    clinic, other = bright_smile(), oak_street()
    audit.record(Event.STAFF_ADDED, actor=SYSTEM)
    made = checkpoint()
    assert (made.trails, made.previous) == (3, NO_CHECKPOINT)
    assert is_signed(made, PUBLIC_KEYS)
    assert selectors.last_checkpoint() == made
    for clinic_id in (clinic.id, other.id, PLATFORM):
        (anchor,) = ledger.read_anchors([clinic_id])
        assert anchor.head.hash == read_entries(clinic_id)[-1].link.hash
    assert verify_stored(slug=None, outside=OUTSIDE).first_problem is None


def test_only_trails_that_moved_get_another_anchor() -> None:
    clinic, other = bright_smile(), oak_street()
    first = checkpoint()
    add_events(clinic.id, 1)
    second = checkpoint(after=1)
    assert second.previous == first.hash
    assert [anchor.checkpoint_id for anchor in ledger.read_anchors([clinic.id])] == [first.id, second.id]
    assert [anchor.checkpoint_id for anchor in ledger.read_anchors([other.id])] == [first.id]
    third = checkpoint(after=2)
    assert (third.root, third.trails) == (second.root, 2)
    assert verify_stored(slug=None, outside=OUTSIDE).first_problem is None


def test_with_no_trail_at_all_there_is_a_checkpoint_of_nothing() -> None:
    made = checkpoint()
    assert (made.trails, made.root) == (0, EMPTY_ROOT)
    assert verify_stored(slug=None, outside=OUTSIDE).first_problem is None


def test_there_is_one_an_hour() -> None:
    checkpoint()
    now = timezone.now()
    assert make_checkpoint(now=now + timedelta(minutes=59)) is None
    assert make_checkpoint(now=now + timedelta(minutes=60)) is not None


def test_without_a_key_there_is_none(settings: Settings) -> None:
    settings.AUDIT_SIGNING_KEY = ""
    tasks.make_audit_checkpoint()
    assert not AuditCheckpoint.objects.exists()
    assert selectors.is_checkpoint_late(timezone.now())


def test_the_task_makes_one() -> None:
    tasks.make_audit_checkpoint()
    tasks.make_audit_checkpoint()
    assert AuditCheckpoint.objects.count() == 1
    now = timezone.now()
    assert not selectors.is_checkpoint_late(now)
    assert selectors.is_checkpoint_late(now + timedelta(hours=2, minutes=1))


def test_after_a_change_of_the_key_both_are_needed(settings: Settings) -> None:
    checkpoint()
    settings.AUDIT_SIGNING_KEY = base64.b64encode(bytes(32)).decode()
    checkpoint(after=1)
    found = verify_stored(slug=None, outside=OUTSIDE).first_problem
    assert found is not None and found[1].fault == "signature_wrong"


def test_two_at_once_make_one(committed_db: None) -> None:
    bright_smile()
    is_locked, may_go = threading.Event(), threading.Event()

    def hold() -> None:
        with transaction.atomic():
            assert ledger.take_checkpoint_lock()
            is_locked.set()
            may_go.wait(20)
        connection.close()

    holder = threading.Thread(target=hold)
    holder.start()
    is_locked.wait(20)
    assert make_checkpoint(now=timezone.now()) is None
    may_go.set()
    holder.join()
    assert make_checkpoint(now=timezone.now()) is not None


def test_every_checkpoint_is_a_line_of_the_file(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "checkpoints.jsonl"
    sign_with(settings, AUDIT_CHECKPOINT_FILE=str(path))
    clinic, _ = bright_smile(), oak_street()
    first = checkpoint()
    add_events(clinic.id, 2)
    second = checkpoint(after=1)
    lines = kept(path)
    assert [line.checkpoint for line in lines] == [first, second]
    assert [len(line.heads) for line in lines] == [2, 1]
    assert lines[1].heads[0].hash == read_entries(clinic.id)[-1].link.hash
    assert path.stat().st_mode & 0o777 == 0o640


def test_what_the_file_missed_is_added_later(settings: Settings, tmp_path: Path) -> None:
    """A disk that was full, a crash in the middle of a line: the next checkpoint brings what is missing."""
    path = tmp_path / "checkpoints.jsonl"
    sign_with(settings, AUDIT_CHECKPOINT_FILE=str(tmp_path / "nowhere" / "x"))
    bright_smile()
    made = [checkpoint()]
    settings.AUDIT_CHECKPOINT_FILE = str(path)
    made.append(checkpoint(after=1))
    assert [line.checkpoint for line in kept(path)] == made
    whole = path.read_bytes()
    path.write_bytes(whole[:-40])
    made.append(checkpoint(after=2))
    assert [line.checkpoint for line in kept(path)] == made
    with path.open() as file:
        torn = [line for line in read_kept(file) if isinstance(line, BadLine)]
    assert [str(error) for error in torn] == ["Line 2 is not a line of an audit trail."]


def test_the_last_line_is_found_however_long_lines_are(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tenants.checkpoints._TAIL_BYTES", 16)
    path = tmp_path / "checkpoints.jsonl"
    sign_with(settings, AUDIT_CHECKPOINT_FILE=str(path))
    bright_smile()
    made = [checkpoint(after) for after in range(4)]
    assert [line.checkpoint for line in kept(path)] == made


def test_one_a_day_goes_by_mail(settings: Settings) -> None:
    sign_with(settings, AUDIT_CHECKPOINT_EMAIL="auditor@example.org")
    bright_smile()
    midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
    for hours in (1, 2, 23, 25, 26):
        make_checkpoint(now=midnight + timedelta(hours=hours))
    assert len(mail.outbox) == 2
    assert mail.outbox[0].to == ["auditor@example.org"]
    told = json.loads(str(mail.outbox[0].body).split("\n\n")[1])
    assert told["root"] == selectors.list_checkpoints()[0].root.hex()


def test_a_mail_that_cannot_be_sent_stops_nothing(settings: Settings, caplog: pytest.LogCaptureFixture) -> None:
    sign_with(settings, AUDIT_CHECKPOINT_EMAIL="auditor@example.org")
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1
    checkpoint()
    assert "could not be sent" in caplog.text
    assert "auditor@" not in caplog.text


def test_a_trail_that_has_become_shorter_is_told_in_the_log(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    clinic = bright_smile()
    checkpoint()
    (standing,) = ledger.read_standings([clinic.id])
    longer = standing._replace(anchored_seq=standing.head.seq + 1)
    monkeypatch.setattr(ledger, "read_standings", lambda clinic_ids: [longer])
    checkpoint(after=1)
    assert f"the audit trail of {clinic.id} is shorter than it was" in caplog.text


def test_many_clinics_cost_no_wait_each(django_assert_max_num_queries: object) -> None:
    """Statements for each clinic travel together: what Django waits for does not grow with the clinics."""
    for number in range(12):
        make_clinic(f"Clinic {number}", f"clinic-{number}", f"owner{number}@example.org")
    with django_assert_max_num_queries(20):  # type: ignore[operator]
        checkpoint()
    with as_clinic(PLATFORM):
        assert AuditAnchor.objects.count() == 0


def test_the_clock_knows_the_task() -> None:
    app.loader.import_default_modules()
    assert {entry["task"] for entry in app.conf.beat_schedule.values()} <= set(app.tasks)
    assert app.conf.beat_schedule["audit-checkpoint"]["task"] == tasks.make_audit_checkpoint.name
