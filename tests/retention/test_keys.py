"""A key goes when its week ended 90 days ago and nothing hangs on it; the log has its certificate and never the key."""

import hmac
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, timedelta

import pytest

from calls.models import CallerKey
from calls.partitions import WEEK
from retention import keys, services
from retention.domain import Run
from retention.models import DeletionLog
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic
from tenants.vault import wrap
from tests.retention.rows import MONDAY, add_hash, instant
from tests.tenants.factories import bright_smile, oak_street

pytestmark = pytest.mark.django_db
SECRET = bytes(range(32))
EXPIRED = instant(MONDAY + WEEK, days=90)
CHECK = hmac.digest(SECRET, b"ringback/key-check/v1", "sha256").hex()[:16]


def add_key(clinic: ClinicFacts) -> CallerKey:
    return CallerKey.objects.create(
        clinic_id=clinic.id,
        week=MONDAY,
        active_from=instant(MONDAY),
        wrapped=wrap(SECRET, f"caller-key/{clinic.id}/{MONDAY}"),
    )


def lines(clinic: ClinicFacts) -> list[tuple[str, str, datetime]]:
    with as_clinic(clinic.id):
        rows = DeletionLog.objects.filter(what__startswith="keys").order_by("id")
        return list(rows.values_list("what", "certificate", "before"))


def test_a_key_is_destroyed_90_days_after_its_week_has_ended() -> None:
    clinic, other = bright_smile(), oak_street()
    add_key(clinic)
    services.purge_expired(now=EXPIRED - timedelta(hours=1))
    assert CallerKey.objects.count() == 1
    assert services.purge_expired(now=EXPIRED, dry_run=True).totals() == {(clinic.id, "keys"): 1}
    services.purge_expired(now=EXPIRED)
    assert CallerKey.objects.count() == 0
    end = instant(MONDAY + WEEK)
    assert lines(clinic) == [("keys_condemned", CHECK, end), ("keys", CHECK, end)]
    assert lines(other) == []


def test_a_key_with_a_hash_left_is_not_destroyed() -> None:
    clinic = bright_smile()
    add_key(clinic)
    add_hash(clinic, instant(MONDAY), uuid.uuid4())
    assert keys.destroy_expired_keys(run=Run(uuid.uuid4(), EXPIRED)) == []
    assert CallerKey.objects.count() == 1
    services.purge_expired(now=EXPIRED)  # the week goes first, and then its key
    assert CallerKey.objects.count() == 0


def test_another_clinics_hash_keeps_no_key() -> None:
    clinic, other = bright_smile(), oak_street()
    add_key(clinic)
    add_hash(other, instant(MONDAY), uuid.uuid4())
    assert len(keys.destroy_expired_keys(run=Run(uuid.uuid4(), EXPIRED))) == 1


class Killed(BaseException):
    """What a kill does to open transactions, without the process."""


@pytest.mark.parametrize("point", range(1, 7))
def test_killed_at_any_point_the_next_run_finishes(point: int, monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = bright_smile()
    add_key(clinic)
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(keys, "as_clinic", dying_scope(point))
        keys.destroy_expired_keys(run=Run(uuid.uuid4(), EXPIRED))
    is_claimed = "keys" in [what for what, *_ in lines(clinic)]
    assert not (is_claimed and CallerKey.objects.exists())
    services.purge_expired(now=EXPIRED)
    services.purge_expired(now=EXPIRED)
    assert not CallerKey.objects.exists()
    assert [line[:2] for line in lines(clinic)] == [("keys_condemned", CHECK), ("keys", CHECK)]


def dying_scope(point: int) -> Callable[[uuid.UUID], AbstractContextManager[None]]:
    """`as_clinic`, but dies at the given one of its entries and exits: in use? | condemn | keystore commits | log."""
    passed = 0

    def step() -> None:
        nonlocal passed
        passed += 1
        if passed == point:
            raise Killed

    @contextmanager
    def scope(clinic_id: uuid.UUID) -> Iterator[None]:
        step()
        with as_clinic(clinic_id):
            yield
        step()

    return scope


def test_the_log_holds_no_key() -> None:
    clinic = bright_smile()
    add_key(clinic)
    services.purge_expired(now=EXPIRED)
    with as_clinic(clinic.id):
        rows = str(list(DeletionLog.objects.values()))
    assert SECRET.hex()[:8] not in rows
