"""Callers: one id for one number, whatever the week, the worker or the instant; and none outside the clinic."""

import threading
import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from django.utils import timezone

from calls import callers, keystore
from calls.intake import ensure_weeks
from calls.models import CallerHash, CallerKey
from calls.partitions import week_of
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic
from tenants.vault import CannotUnwrap, unwrap
from tests.calls.factories import PATIENT, make_clinic

NOW = timezone.now()
MONDAY = datetime(2026, 11, 23, tzinfo=UTC)


def meet(clinic: ClinicFacts, now: datetime, number: str = PATIENT) -> uuid.UUID:
    ensure_weeks({week_of(now)})
    with as_clinic(clinic.id):
        return callers.find_or_make_callers(clinic_id=clinic.id, e164s=[number], now=now)[number]


@pytest.mark.django_db
def test_a_caller_stays_the_same_from_week_to_week_and_is_remembered_under_each_key() -> None:
    clinic = make_clinic(NOW)
    ids = {meet(clinic, MONDAY - timedelta(weeks=weeks)) for weeks in (9, 8, 3, 1, 0)}
    assert len(ids) == 1
    with as_clinic(clinic.id):
        hashes = list(CallerHash.objects.values_list("week", "caller_hash"))
    assert len({week for week, _ in hashes}) == 5
    assert len({bytes(digest) for _, digest in hashes}) == 5  # each week's key makes another hash of the number


@pytest.mark.django_db
def test_a_key_becomes_active_with_its_week_and_not_before() -> None:
    clinic = make_clinic(NOW)
    ring = keystore.key_ring(clinic.id, MONDAY - timedelta(seconds=1))
    assert {key.week for key in ring.keys} == {MONDAY.date() - timedelta(days=7), MONDAY.date()}
    assert ring.newest(MONDAY - timedelta(seconds=1)).week == MONDAY.date() - timedelta(days=7)
    assert ring.newest(MONDAY).week == MONDAY.date()


@pytest.mark.django_db
def test_a_look_up_makes_nothing() -> None:
    clinic = make_clinic(NOW)
    with as_clinic(clinic.id):
        assert callers.find_caller(clinic_id=clinic.id, e164=PATIENT, now=NOW) is None
        assert CallerHash.objects.count() == 0
    known = meet(clinic, NOW)
    with as_clinic(clinic.id):
        assert callers.find_caller(clinic_id=clinic.id, e164=PATIENT, now=NOW) == known


@pytest.mark.django_db
def test_keys_are_random_wrapped_and_bound_to_clinic_and_week() -> None:
    ours, theirs = make_clinic(NOW), make_clinic(NOW, "Oak Street")
    rings = [keystore.key_ring(clinic.id, NOW) for clinic in (ours, theirs)]
    keys = {key.key for ring in rings for key in ring.keys}
    assert len(keys) == 4
    row = CallerKey.objects.filter(clinic_id=ours.id).first()
    assert row is not None
    assert not any(key in bytes(row.wrapped) for key in keys)
    with pytest.raises(CannotUnwrap):
        unwrap(row.wrapped, f"caller-key/{theirs.id}/{row.week}")
    assert not any(key.hex() in repr(ring) or repr(key) in repr(ring) for ring in rings for key in keys)


@pytest.mark.django_db
def test_an_expired_key_is_destroyed_for_good() -> None:
    clinic = make_clinic(NOW)
    keystore.key_ring(clinic.id, MONDAY)
    week_end = MONDAY + timedelta(days=7)
    assert not [
        key for key in keystore.expired_keys(week_end + timedelta(days=90, seconds=-1)) if _is_ours(key, clinic)
    ]
    [expired] = [key for key in keystore.expired_keys(week_end + timedelta(days=90)) if _is_ours(key, clinic)]
    assert expired.week == MONDAY.date()
    certificate = keystore.destroy_key(expired.id)
    assert len(certificate) == 16
    assert not CallerKey.objects.filter(id=expired.id).exists()
    assert {key.week for key in keystore.key_ring(clinic.id, week_end).keys} >= {week_end.date()}


def _is_ours(key: keystore.ExpiredKey, clinic: ClinicFacts) -> bool:
    return key.clinic_id == clinic.id


@pytest.mark.usefixtures("committed_db")
def test_workers_that_meet_a_caller_in_the_same_instant_agree_on_one_id() -> None:
    """Also on both sides of a key change: half of them think that it is still Sunday."""
    clinic = make_clinic(NOW)
    moments = [MONDAY - timedelta(microseconds=1), MONDAY] * 4
    for moment in moments[:2]:
        ensure_weeks({week_of(moment)})
        keystore.key_ring(clinic.id, moment)
    for attempt in range(5):
        number = f"+44770090{attempt:04d}"
        barrier = threading.Barrier(len(moments))
        met: list[uuid.UUID] = []
        run_at_once([_meeting(clinic, moment, number, barrier, met) for moment in moments])
        assert len(met) == len(moments)
        assert len(set(met)) == 1


def _meeting(
    clinic: ClinicFacts, moment: datetime, number: str, barrier: threading.Barrier, met: list[uuid.UUID]
) -> Callable[[], None]:
    def run() -> None:
        barrier.wait(10)
        met.append(meet(clinic, moment, number))
        connections.close_all()

    return run


def run_at_once(works: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
