"""The database chains rows as the pure rules do; nobody else can write one, and writers at once make no fork."""

import json
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tenants import audit, ledger
from tenants.domain import PLATFORM
from tenants.events import CATALOGUE, SYSTEM, Actor, ActorKind, Event, Topic
from tenants.models import AuditDetail, AuditEvent
from tenants.scope import as_clinic
from tenants.trail.chain import GENESIS, details_hash, link_hash
from tenants.trail.verification import verify_trail
from tests.tenants.factories import bright_smile, oak_street
from tests.tenants.trails import TABLES, add_events, read_entries

TEXT = st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=40)  # PostgreSQL knows no half characters
ANY_TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"), max_size=60)


def append(clinic_id: uuid.UUID, **fields: object) -> int:
    row = {
        "actor_kind": "person", "actor_id": None, "action": "signed_in", "target": "", "salt": bytes(16),
        "details": "{}",
    } | fields  # fmt: skip
    with as_clinic(clinic_id):
        return ledger.append(clinic_id=clinic_id, **row)  # type: ignore[arg-type]


@pytest.mark.django_db
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    actor_kind=TEXT.filter(lambda text: len(text) <= 10),
    actor_id=st.none() | st.uuids(),
    action=TEXT,
    target=TEXT,
    salt=st.binary(min_size=16, max_size=16),
    details=ANY_TEXT,
)
def test_the_database_chains_as_the_rules_do(db: None, **fields: object) -> None:
    clinic_id = uuid.UUID(int=7)
    first, second = append(clinic_id, **fields), append(clinic_id, **fields)
    assert second == first + 1
    entries = read_entries(clinic_id)
    before = GENESIS
    for entry in entries:
        assert entry.link.previous == before
        assert link_hash(entry.link) == entry.link.hash
        before = entry.link.hash
    last = entries[-1]
    assert (last.link.actor_kind, last.link.actor_id, last.link.action, last.link.target) == (
        fields["actor_kind"], fields["actor_id"], fields["action"], fields["target"],
    )  # fmt: skip
    assert (last.salt, last.details) == (fields["salt"], fields["details"])
    assert details_hash(last.salt, last.details) == last.link.details_hash  # type: ignore[arg-type]
    assert verify_trail(clinic_id, entries).problem is None


@pytest.mark.django_db
def test_a_trail_is_read_in_pieces_like_in_one(monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = bright_smile()
    add_events(clinic.id, 7)
    whole = read_entries(clinic.id)
    monkeypatch.setattr(ledger, "_AT_ONCE", 2)
    assert read_entries(clinic.id) == whole
    assert [entry.link.seq for entry in whole] == list(range(1, len(whole) + 1))
    with as_clinic(clinic.id):
        assert ledger.read_link(clinic.id, 3) == whole[2].link
        assert ledger.read_link(clinic.id, 300) is None


@pytest.mark.parametrize(
    "bad",
    [
        {"action": "two\nlines"},
        {"target": "tab\there"},
        {"actor_kind": "a\x7f"},
        {"salt": bytes(15)},
        {"details": "x" * 16385},
    ],
)
@pytest.mark.django_db
def test_the_database_refuses_what_is_no_row(bad: dict[str, object]) -> None:
    clinic = bright_smile()
    before = read_entries(clinic.id)
    with pytest.raises(DatabaseError, match="not a row of an audit trail"), transaction.atomic():
        append(clinic.id, **bad)
    assert read_entries(clinic.id) == before


@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize(
    "statement",
    ["UPDATE {} SET clinic_id = clinic_id", "DELETE FROM {}", "TRUNCATE {}", "ALTER TABLE {} DISABLE TRIGGER ALL"],
)
@pytest.mark.django_db
def test_the_application_can_change_and_delete_nothing(table: str, statement: str) -> None:
    clinic = bright_smile()
    if table == "tenants_auditcheckpoint":
        statement = statement.replace("clinic_id", "root")
    with (
        as_clinic(clinic.id),
        pytest.raises(DatabaseError, match="permission denied|must be owner"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table))


@pytest.mark.django_db
def test_the_application_can_insert_no_event_and_no_details() -> None:
    clinic = bright_smile()
    with as_clinic(clinic.id):
        event = AuditEvent.objects.filter(clinic_id=clinic.id).first()
        assert event is not None
        event.seq = 99
        for row in (event, AuditDetail(clinic_id=clinic.id, seq=1, salt=bytes(16), details="{}")):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                row.save(force_insert=True)


@pytest.mark.django_db
def test_a_trail_is_neither_read_nor_written_from_another_clinics_scope() -> None:
    ours, theirs = bright_smile(), oak_street()
    before = read_entries(theirs.id)
    with as_clinic(ours.id):
        assert AuditEvent.objects.filter(clinic_id=theirs.id).count() == 0
        assert AuditDetail.objects.filter(clinic_id=theirs.id).count() == 0
        assert list(ledger.read_trail(theirs.id)) == []
        with pytest.raises(DatabaseError, match="not the clinic of the scope"), transaction.atomic():
            ledger.append(
                clinic_id=theirs.id, actor_kind="system", actor_id=None, action="purged", target="", salt=bytes(16),
                details="{}",
            )  # fmt: skip
    assert read_entries(theirs.id) == before
    assert before


def test_writers_at_once_make_no_fork(committed_db: None) -> None:
    clinic = bright_smile()
    before = len(read_entries(clinic.id))

    def write(number: int) -> None:
        try:
            for _ in range(10):
                audit.record(Event.SIGNED_IN, actor=SYSTEM, clinic_id=clinic.id, number=number)
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    verdict = verify_trail(clinic.id, read_entries(clinic.id))
    assert (verdict.problem, verdict.count) == (None, before + 80)


@pytest.mark.django_db
def test_what_is_undone_leaves_no_gap() -> None:
    clinic = bright_smile()
    before = read_entries(clinic.id)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        add_events(clinic.id, 1)
        raise ZeroDivisionError
    add_events(clinic.id, 1)
    assert len(read_entries(clinic.id)) == len(before) + 1
    assert verify_trail(clinic.id, read_entries(clinic.id)).problem is None


@pytest.mark.django_db
def test_no_number_comes_into_a_trail() -> None:
    clinic, number = bright_smile(), "+44 7700 900 123"
    user_id, at = uuid.uuid4(), uuid.UUID(int=0)
    audit.record(
        Event.CALLER_LOOKED_UP,
        actor=Actor(ActorKind.PERSON, user_id, "203.0.113.0"),
        clinic_id=clinic.id,
        target=f"x {number}",
        said=f"ring {number} back",
        nested={"list": [number, {"deep": "07700900123"}]},
        id=at,
    )
    entry = read_entries(clinic.id)[-1]
    assert "900" not in entry.link.target
    assert json.loads(entry.details or "") == {
        "said": "ring +… back", "nested": {"list": ["+…", {"deep": "…"}]}, "id": str(at), "address": "203.0.113.0",
    }  # fmt: skip


@pytest.mark.django_db
def test_ids_days_and_prefixes_of_keys_are_not_taken_for_numbers() -> None:
    clinic, prefix = bright_smile(), "12345678901a"
    told = {"id": "12345678-1234-4123-8123-123456789012", "day": "2026-07-01", "at": "2026-07-01T12:00:00+00:00"}
    audit.record(Event.API_KEY_MADE, actor=SYSTEM, clinic_id=clinic.id, target=prefix, **told)
    entry = read_entries(clinic.id)[-1]
    assert entry.link.target == prefix
    assert json.loads(entry.details or "") == told
    for number in ("123456789012", "0770-09-0012", "2026-99-0112", "020 7946 0018"):
        audit.record(Event.API_KEY_MADE, actor=SYSTEM, clinic_id=clinic.id, target=number, said=number)
        entry = read_entries(clinic.id)[-1]
        assert (entry.link.target, entry.details) == ("…", '{"said": "…"}')


def test_every_event_has_words() -> None:
    assert set(CATALOGUE) == set(Event)
    assert len(CATALOGUE) >= 40
    assert {topic for topic, _ in CATALOGUE.values()} == set(Topic)
    assert all(words and len(event.value) <= 40 for event, (_, words) in CATALOGUE.items())


@pytest.mark.django_db
def test_what_belongs_to_no_clinic_is_in_the_platforms_trail() -> None:
    audit.record(Event.STAFF_ADDED, actor=SYSTEM)
    (entry,) = read_entries(PLATFORM)
    assert (entry.link.clinic_id, entry.link.action) == (PLATFORM, "staff_added")
