"""Destroys hashing keys that nothing hangs on any more, with a certificate; never sees a key itself.

Keys and log live in two databases, so no transaction spans them. In this order a kill at any point is healed by the
next run, and the log never claims a destruction that has not happened:

1. the key is deleted in the keystore, not yet committed;
2. `keys_condemned` with the key's check value is committed to the log;
3. the keystore commits: the key is gone;
4. `keys` with the same check value is committed to the log.

Killed before 3, the key is still there and the next run begins anew (2 is there already and is not repeated). Killed
after 3, a condemned key without its second line is no longer in the keystore: the next run writes the line.
"""

import uuid
from datetime import UTC, datetime, time

from django.db import transaction

from calls import keystore
from calls.models import CallerHash
from calls.partitions import WEEK
from retention.batches import write_log
from retention.domain import Deletion, Run
from retention.models import DeletionLog
from tenants import audit
from tenants.events import SYSTEM, Event
from tenants.scope import as_clinic

CONDEMNED = "keys_condemned"
DESTROYED = "keys"


def destroy_expired_keys(*, run: Run) -> list[Deletion]:
    """Every key whose week ended 90 days ago and under which no hash is left."""
    return [_destroy(run, key) for key in keystore.expired_keys(run.now) if not _is_in_use(key)]


def finish_certificates(*, run: Run, clinic_id: uuid.UUID) -> list[Deletion]:
    """Writes what a killed run could not: destruction lines of condemned keys that are gone."""
    alive = {_end_of(key) for key in keystore.expired_keys(run.now) if key.clinic_id == clinic_id}
    with as_clinic(clinic_id):
        rows = DeletionLog.objects.filter(clinic_id=clinic_id, what__in=(CONDEMNED, DESTROYED))
        known = set(rows.values_list("what", "certificate", "before"))
        unfinished = [
            (check, before)
            for what, check, before in known
            if what == CONDEMNED and (DESTROYED, check, before) not in known and before not in alive
        ]
        return [_certify(run, clinic_id, before, check) for check, before in unfinished]


def _destroy(run: Run, key: keystore.ExpiredKey) -> Deletion:
    with transaction.atomic(using="keystore"):
        check = keystore.destroy_key(key.id)
        with as_clinic(key.clinic_id):
            if not _is_condemned(key, check):
                write_log(run, key.clinic_id, CONDEMNED, _end_of(key), 1, check)
    with as_clinic(key.clinic_id):
        return _certify(run, key.clinic_id, _end_of(key), check)


def _certify(run: Run, clinic_id: uuid.UUID, end: datetime, check: str) -> Deletion:
    """In the log and on the audit trail: the key of the week that ended then is gone."""
    deletion = write_log(run, clinic_id, DESTROYED, end, 1, check)
    # In groups of four, or a check value with many digits would be taken for a number and masked.
    certificate = ":".join(check[start : start + 4] for start in range(0, len(check), 4))
    week = f"{end - WEEK:%G-W%V}"
    audit.record(Event.KEY_DESTROYED, actor=SYSTEM, clinic_id=clinic_id, target=week, certificate=certificate)
    return deletion


def _is_condemned(key: keystore.ExpiredKey, check: str) -> bool:
    return DeletionLog.objects.filter(clinic_id=key.clinic_id, what=CONDEMNED, certificate=check).exists()


def _is_in_use(key: keystore.ExpiredKey) -> bool:
    with as_clinic(key.clinic_id):
        return CallerHash.objects.filter(clinic_id=key.clinic_id, week=key.week).exists()


def _end_of(key: keystore.ExpiredKey) -> datetime:
    return datetime.combine(key.week + WEEK, time.min, tzinfo=UTC)
