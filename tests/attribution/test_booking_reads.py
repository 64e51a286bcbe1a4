"""Polled booking systems, played by servers on this machine: what is read, kept and asked, and what stops it."""

import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings as django_settings
from pytest_django import Settings

from attribution import services, tasks
from attribution.models import Appointment
from attribution.selectors import list_due_systems
from attribution.selectors.bookings import SystemFacts
from attribution.services import booking_reads, booking_rounds
from attribution.services.booking_asking import LARGEST_DETAIL, MOST_REMEMBERED, Asker, Limits, read_wait
from attribution.services.booking_reads import EVERY, LONGEST_PAUSE, OVERLAP, SOON
from calls.locks import turn_lock
from tenants.scope import as_clinic
from tests.attribution.booking_systems import (
    CREDENTIALS,
    NEVER_KEPT,
    Answer,
    Office,
    add_system,
    counts,
    open_office,
    payload,
    read,
    row_of,
    statuses,
    stored,
)
from tests.attribution.clinics import NOW, Desk, make_desk

pytestmark = pytest.mark.django_db
KINDS = tuple(CREDENTIALS)
EACH = pytest.mark.parametrize("kind", KINDS)
BOOKED_AT = datetime(2026, 11, 20, 10, tzinfo=UTC)


@pytest.fixture
def desk(db: None) -> Desk:
    return make_desk()


@pytest.fixture
def office(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Office]:
    kind = request.node.callspec.params["kind"] if hasattr(request.node, "callspec") else "dentally"
    with open_office(kind, settings) as made:
        yield made


@pytest.fixture
def cliniko(settings: Settings) -> Iterator[Office]:
    with open_office("cliniko", settings) as made:
        yield made


@pytest.fixture
def dental(settings: Settings) -> Iterator[Office]:
    with open_office("open_dental", settings) as made:
        yield made


def pause_of(desk: Desk, made: services.NewSystem) -> timedelta:
    """How long after `NOW` it is asked again."""
    due = row_of(desk, made).next_poll_at
    assert due is not None
    return due - NOW


LISTS = {
    "dentally": "/v1/appointments",
    "cliniko": "/v1/individual_appointments",
    "open_dental": "/appointments",
}  # fmt: skip
# Of the sample payloads: appointments by id, status.
EXPECTED = {
    "dentally": {"1": "booked", "2": "booked", "3": "cancelled", "4": "booked"},
    "cliniko": {
        "1390726237298631770": "booked", "1390726237298631771": "booked", "1390726237298631772": "cancelled",
    },
    "open_dental": {"1": "booked", "2": "booked", "3": "cancelled", "4": "booked", "5": "cancelled"},
}  # fmt: skip


@EACH
def test_what_was_booked_is_stored_and_did_not_attend_is_not_cancelled(desk: Desk, office: Office, kind: str) -> None:
    report = read(desk, add_system(desk, kind))
    assert (report.problem, report.is_complete) == ("", True)
    assert statuses(desk) == {f"{kind}:{key}": status for key, status in EXPECTED[kind].items()}
    rows = list(stored(desk).values())
    assert {len(row.callers) for row in rows} == {2}
    assert len({tuple(row.callers) for row in rows}) == 1
    if kind != "open_dental":
        assert {row.booked_at for row in rows} == {BOOKED_AT}


@EACH
def test_reading_again_changes_nothing_and_asks_for_no_patient(desk: Desk, office: Office, kind: str) -> None:
    made = add_system(desk, kind)
    first = read(desk, made)
    asked = [path for path in office.paths() if "patients" in path]
    assert len(asked) == len(set(asked)) > 0
    office.asked.clear()
    again = read(desk, made)
    assert (again.seen, again.new, again.changed) == (first.seen, 0, 0)
    assert [path for path in office.paths() if "patients" in path] == []


@EACH
def test_who_asks_says_so(desk: Desk, office: Office, kind: str) -> None:
    read(desk, add_system(desk, kind))
    words = {
        "dentally": "Bearer dentally-made-up-token",
        "cliniko": "Basic TVMweExXMWhaR1V0ZFhBLXVrMTo=",
        "open_dental": "ODFHIR MadeUpDeveloper/MadeUpCustomer",
    }
    assert {headers["authorization"] for headers in office.headers} == {words[kind]}
    assert all(headers["user-agent"].startswith("Ringback") for headers in office.headers)


@EACH
def test_no_number_no_name_and_no_note_is_kept_or_logged(
    desk: Desk, office: Office, kind: str, caplog: pytest.LogCaptureFixture, superuser_sql: Any
) -> None:
    caplog.set_level(logging.DEBUG)
    read(desk, add_system(desk, kind))
    kept = json.dumps([[str(value) for value in vars(row).values()] for row in stored(desk).values()])
    for words in NEVER_KEPT:
        assert words not in kept
        assert words not in caplog.text
    assert all(secret not in caplog.text for secret in CREDENTIALS[kind].values() if secret)


@EACH
def test_a_type_is_stored_only_where_the_clinic_has_listed_it(desk: Desk, office: Office, kind: str) -> None:
    desk.estimate(
        "NPE", {"dentally": "exam", "cliniko": "initial consultation", "open_dental": "new patient"}[kind], 90
    )
    read(desk, add_system(desk, kind))
    types = {key.partition(":")[2]: row.type for key, row in stored(desk).items()}
    assert types.pop("2", "other") == (
        "NPE" if kind == "open_dental" else "other"
    )  # Dentally's 2 says something personal
    assert set(types.values()) == {"NPE"}


def test_an_id_can_be_listed_as_a_type_too(desk: Desk, dental: Office) -> None:
    desk.estimate("5", "New patient examination", 90)
    read(desk, add_system(desk, "open_dental"))
    assert {row.type for row in stored(desk).values()} == {"5"}


def test_the_price_of_cliniko_is_that_of_the_types_item(desk: Desk, cliniko: Office) -> None:
    read(desk, add_system(desk, "cliniko"))
    assert {row.value for row in stored(desk).values()} == {Decimal("65.50")}
    assert cliniko.paths().count("/v1/appointment_types/2") == 1


def test_fees_are_asked_for_only_where_they_are_wanted(desk: Desk, dental: Office) -> None:
    made = add_system(desk, "open_dental")
    read(desk, made)
    assert stored(desk)["open_dental:1"].value is None
    assert [query["AptNum"] for path, query in dental.asked if path == "/procedurelogs"] == ["3", "4"]
    services.change_credentials(
        clinic_id=desk.clinic.id, system_id=made.id, now=NOW, credentials={**CREDENTIALS["open_dental"], "fees": "yes"}
    )
    assert read(desk, made).changed == 5
    assert stored(desk)["open_dental:1"].value == Decimal("155.50")


def test_a_value_that_somebody_gave_stays_where_none_is_told(desk: Desk, office: Office) -> None:
    made = add_system(desk, "dentally")
    read(desk, made)
    name = stored(desk)["dentally:1"].external_id
    services.change_appointment(clinic_id=desk.clinic.id, external_id=name, value=Decimal(120), now=desk.now)
    read(desk, made)
    assert stored(desk)["dentally:1"].value == Decimal(120)


@EACH
def test_what_is_cancelled_afterwards_is_changed(desk: Desk, office: Office, kind: str) -> None:
    made = add_system(desk, kind)
    read(desk, made)
    if kind == "cliniko":
        rows = payload("cliniko/individual_appointments")["individual_appointments"]
        deleted = payload("cliniko/deleted")
        deleted["individual_appointments"] = [{**rows[0], "deleted_at": "2026-11-23T11:00:00Z"}]
        office.answers["/v1/individual_appointments"] = Answer({"individual_appointments": [], "links": {}})
        office.answers["/v1/individual_appointments/deleted"] = Answer(deleted)
        key = rows[0]["id"]
    else:
        value = payload(f"{kind}/appointments")
        row = value["appointments"][3] if kind == "dentally" else value[0]
        row |= {"state": "Cancelled", "cancelled_at": "2026-11-23T11:00:00+00:00", "AptStatus": "UnschedList"}
        office.answers[LISTS[kind]] = Answer(value)
        key = "1"
    assert read(desk, made).changed == 1
    assert statuses(desk)[f"{kind}:{key}"] == "cancelled"


def test_who_did_not_attend_had_not_cancelled_whatever_else_is_told(desk: Desk, office: Office) -> None:
    value = payload("dentally/appointments")
    value["appointments"][0]["cancelled_at"] = "2026-11-22T10:00:00.000+00:00"
    office.answers["/v1/appointments"] = Answer(value)
    read(desk, add_system(desk, "dentally"))
    assert statuses(desk)["dentally:4"] == "booked"


def test_what_was_deleted_before_anybody_heard_of_it_is_not_made(desk: Desk, cliniko: Office) -> None:
    read(desk, add_system(desk, "cliniko"))
    assert "cliniko:1390726237298631773" not in stored(desk)


class Cliniko:
    """Its standing appointments, as it documents them: those after an id, in the order of ids. `meanwhile` happens once
    a page is on its way."""

    def __init__(self, office: Office, count: int) -> None:
        row = payload("cliniko/individual_appointments")["individual_appointments"][0]
        self.standing = [{**row, "id": str(9_000_000 + number)} for number in range(count)]
        self.cancelled: list[Any] = []
        self.meanwhile: Callable[[], None] = lambda: None
        office.answers["/v1/individual_appointments"] = lambda query: self._answer(query, self.standing)
        office.answers["/v1/individual_appointments/cancelled"] = lambda query: self._answer(query, self.cancelled)
        office.answers["/v1/individual_appointments/deleted"] = Answer({"individual_appointments": []})

    def cancel(self, position: int) -> None:
        self.cancelled.append({**self.standing.pop(position), "cancelled_at": "2026-11-23T11:59:59Z"})

    def _answer(self, query: dict[str, str], rows: list[Any]) -> Answer:
        assert (query["sort"], query["order"], query["per_page"]) == ("id", "asc", "100")
        rest = [row for row in rows if int(row["id"]) > int(query["q[]"].rpartition("id:>")[2])]
        links = {"next": "https://evil.example/v1/somewhere?page=2"} if len(rest) > 100 else {}
        answer = Answer({"individual_appointments": rest[:100], "links": links})
        self.meanwhile()
        return answer


def test_what_comes_next_is_asked_by_id_and_never_by_a_link(desk: Desk, cliniko: Office) -> None:
    Cliniko(cliniko, 201)
    report = read(desk, add_system(desk, "cliniko"))
    assert (report.is_complete, report.seen, len(stored(desk))) == (True, 201, 201)
    asked = [query["q[]"] for path, query in cliniko.asked if path == "/v1/individual_appointments"]
    assert asked == ["id:>0", "id:>9000099", "id:>9000199"]


def test_what_is_cancelled_while_we_read_pushes_no_other_booking_out(desk: Desk, cliniko: Office) -> None:
    made, system = Cliniko(cliniko, 150), add_system(desk, "cliniko")

    def cancel_one() -> None:
        made.meanwhile = lambda: None
        made.cancel(3)

    made.meanwhile = cancel_one
    assert read(desk, system).is_complete
    found = statuses(desk)
    assert found.pop("cliniko:9000003") == "cancelled"
    assert found == dict.fromkeys((f"cliniko:{one['id']}" for one in made.standing), "booked")


@pytest.mark.parametrize("keys", [("2", "1"), ("1", "1"), ("x",), ()], ids=str)
def test_ids_that_do_not_rise_stop_the_run(desk: Desk, cliniko: Office, keys: tuple[str, ...]) -> None:
    """Only where there is more to ask: else all is told."""
    row = payload("cliniko/individual_appointments")["individual_appointments"][0]
    rows = [{**row, "id": key} for key in (*keys, {"a": 7})]
    value = {"individual_appointments": rows, "links": {"next": "https://api.uk1.cliniko.com/v1/x?page=2"}}
    cliniko.answers["/v1/individual_appointments"] = Answer(value)
    made = add_system(desk, "cliniko")
    assert read(desk, made).problem == "odd"
    assert (len(cliniko.asked), row_of(desk, made).cursor) == (1, None)
    cliniko.answers["/v1/individual_appointments"] = Answer({**value, "links": {}})
    assert read(desk, made).is_complete


def test_dentally_is_read_newest_first_until_what_is_known(desk: Desk, office: Office) -> None:
    made = add_system(desk, "dentally")
    read(desk, made)
    rows = payload("dentally/appointments")["appointments"]

    def page(query: dict[str, str]) -> Answer:
        assert (query["sort_by"], query["sort_direction"], query["per_page"]) == ("updated_at", "desc", "100")
        meta = {"current_page": int(query["page"]), "total_pages": 50}
        fresh = {**rows[3], "id": 90, "updated_at": "2026-11-23T12:00:00+00:00"}
        return Answer({"appointments": [fresh, rows[0]] if query["page"] == "1" else rows[1:], "meta": meta})

    office.answers["/v1/appointments"] = page
    office.asked.clear()
    assert read(desk, made).is_complete
    assert office.paths().count("/v1/appointments") == 1  # the second row of the page changed before the last run
    assert "dentally:90" in stored(desk)


def test_dentally_that_does_not_sort_is_read_to_the_last_page(desk: Desk, office: Office) -> None:
    made = add_system(desk, "dentally")
    read(desk, made)
    rows = payload("dentally/appointments")["appointments"]

    def page(query: dict[str, str]) -> Answer:
        meta = {"current_page": int(query["page"]), "total_pages": 3}
        fresh = {**rows[3], "id": 90, "updated_at": "2026-11-23T12:00:00+00:00"}
        return Answer({"appointments": [rows[3], rows[0]] if query["page"] != "3" else [fresh], "meta": meta})

    office.answers["/v1/appointments"] = page
    read(desk, made)
    assert "dentally:90" in stored(desk)


def test_a_page_that_is_not_the_one_that_was_asked_for_stops_the_run(desk: Desk, office: Office) -> None:
    value = payload("dentally/appointments")
    made = add_system(desk, "dentally")
    for meta in ({"current_page": 2, "total_pages": 9}, {"current_page": "1"}, {}, None, {"current_page": True}):
        office.answers["/v1/appointments"] = Answer({**value, "meta": meta})
        assert read(desk, made).problem == "odd"


def test_the_first_run_reaches_back_to_the_clinics_limit_and_no_further(desk: Desk, cliniko: Office) -> None:
    desk.set(retention_days=30)
    rows = payload("cliniko/individual_appointments")["individual_appointments"]
    old = [{**rows[0], "created_at": "2026-10-01T10:00:00Z"}, {**rows[1], "created_at": "2026-11-01T10:00:00Z"}]
    cliniko.answers["/v1/individual_appointments"] = Answer({"individual_appointments": old, "links": {}})
    report = read(desk, add_system(desk, "cliniko"))
    since = (desk.now - timedelta(days=30)).strftime("%Y-%m-%dT%H:%M:%SZ")
    assert cliniko.queries[0]["q[]"] == [f"updated_at:>={since}", "id:>0"]
    assert (report.left_out, report.new) == (1, 2)


@EACH
def test_the_cursor_moves_to_when_the_run_began_and_is_asked_with_an_overlap(
    desk: Desk, office: Office, kind: str
) -> None:
    made = add_system(desk, kind)
    read(desk, made)
    row = row_of(desk, made)
    expected = datetime(2026, 11, 23, 11, 58, tzinfo=UTC) if kind == "open_dental" else NOW
    assert (row.cursor, row.problem, row.tries, row.claimed_until) == (expected, "", 0, None)
    assert timedelta() <= pause_of(desk, made) - EVERY < timedelta(minutes=1)
    office.queries.clear()
    read(desk, made)
    asked = office.queries[0]
    if kind == "cliniko":
        assert asked["q[]"][0] == "updated_at:>=" + (NOW - OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")
    if kind == "open_dental":
        assert asked["DateTStamp"] == ["2026-11-23 10:33:00"]  # ten minutes, and more than an hour


@EACH
@pytest.mark.parametrize(
    ("status", "problem"),
    [(401, "refused"), (403, "not_allowed"), (404, "unknown"), (429, "busy"), (500, "unreachable"),
     (503, "unreachable"), (301, "odd"), (418, "odd"), (299, "odd")],
)  # fmt: skip
def test_a_refusal_is_shown_and_moves_no_cursor(
    desk: Desk, office: Office, kind: str, status: int, problem: str
) -> None:
    office.answers[LISTS[kind]] = Answer({"error": "Robin 07700 900123"}, status, {"Location": "http://127.0.0.1:1/"})
    made = add_system(desk, kind)
    report = read(desk, made)
    assert (report.problem, report.is_complete, counts(report)) == (problem, False, (0, 0, 0, 0, 0))
    row = row_of(desk, made)
    assert (row.problem, row.tries, row.cursor, row.last_read_at) == (problem, 1, None, None)
    assert len(office.asked) == 1


def test_a_patient_that_is_refused_keeps_the_cursor_and_what_was_ready(desk: Desk, office: Office) -> None:
    made = add_system(desk, "dentally")
    office.answers["/v1/patients/502"] = Answer({}, 429, {"Retry-After": "1800"})
    report = read(desk, made)
    assert (report.problem, report.new) == ("busy", 2)
    row = row_of(desk, made)
    assert row.cursor is None
    assert timedelta(minutes=30) <= pause_of(desk, made) < timedelta(minutes=31)
    office.answers["/v1/patients/502"] = Answer(payload("dentally/patient"))
    assert read(desk, made).is_complete
    assert len(stored(desk)) == 4


def test_a_patient_who_is_gone_leaves_an_appointment_without_a_caller(desk: Desk, office: Office) -> None:
    office.answers["/v1/patients/501"] = Answer({}, 404)
    read(desk, add_system(desk, "dentally"))
    assert (stored(desk)["dentally:1"].callers, stored(desk)["dentally:1"].reason) == ([], "withheld")


def test_failures_are_waited_out_longer_each_time(desk: Desk, office: Office) -> None:
    office.answers["/v1/appointments"] = Answer({}, 500)
    made = add_system(desk, "dentally")
    pauses = []
    for _ in range(9):
        read(desk, made)
        pauses.append(round(pause_of(desk, made) / EVERY))
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 72, 72]
    office.answers["/v1/appointments"] = Answer(payload("dentally/appointments"))
    read(desk, made)
    assert (row_of(desk, made).tries, row_of(desk, made).problem) == (0, "")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("120", 120), ("0", 0), ("", 0), ("soon", 0), ("-5", 0), ("99999999", LONGEST_PAUSE.total_seconds()),
     ("Mon, 23 Nov 2026 12:05:00 GMT", 300), ("Mon, 23 Nov 2026 11:05:00 GMT", 0), ("٣", 0), ("9" * 40, 0)],
)  # fmt: skip
def test_retry_after_is_read(text: str, seconds: float) -> None:
    assert read_wait(text, NOW).total_seconds() == seconds


def test_a_run_that_reaches_its_limits_goes_on_where_it_was(desk: Desk, office: Office) -> None:
    made = add_system(desk, "dentally")
    report = read(desk, made, limits=Limits(questions=3, seconds=60))
    assert (report.is_complete, report.problem, report.new) == (False, "", 2)
    row = row_of(desk, made)
    assert (row.cursor, row.problem) == (None, "")
    assert pause_of(desk, made) < SOON + timedelta(seconds=30)
    report = read(desk, made, limits=Limits(questions=3, seconds=60))
    assert (report.is_complete, report.new) == (True, 2)


def test_one_run_at_a_time_and_only_when_it_is_due(desk: Desk, office: Office) -> None:
    made = add_system(desk, "dentally")
    assert list_due_systems(NOW) == [(desk.clinic.id, made.id)]
    seen: list[Any] = []

    def meanwhile(query: dict[str, str]) -> Answer:
        return Answer(payload("dentally/appointments"))

    office.answers["/v1/appointments"] = meanwhile
    claimed = services.booking_reads._claim(desk.clinic.id, made.id, NOW, True)
    assert claimed is not None
    seen.append(services.read_booking_system(clinic_id=desk.clinic.id, system_id=made.id, now=NOW))
    assert (seen, list_due_systems(NOW)) == ([None], [])
    later = NOW + timedelta(minutes=16)  # whoever had it died
    assert list_due_systems(later) == [(desk.clinic.id, made.id)]
    assert services.read_booking_system(clinic_id=desk.clinic.id, system_id=made.id, now=later, must_be_due=True)
    assert not services.read_booking_system(clinic_id=desk.clinic.id, system_id=made.id, now=later, must_be_due=True)
    assert list_due_systems(later) == []


def test_what_is_paused_or_gone_is_not_asked(desk: Desk, office: Office) -> None:
    made = add_system(desk, "dentally")
    services.pause_booking_system(clinic_id=desk.clinic.id, system_id=made.id, now=NOW)
    assert list_due_systems(NOW) == []
    assert services.read_booking_system(clinic_id=desk.clinic.id, system_id=made.id, now=NOW) is None
    services.resume_booking_system(clinic_id=desk.clinic.id, system_id=made.id, now=NOW)
    assert len(list_due_systems(NOW)) == 1
    services.remove_booking_system(clinic_id=desk.clinic.id, system_id=made.id)
    tasks.read_due_booking_systems()
    assert office.asked == []


def test_another_clinics_system_is_none(desk: Desk, office: Office) -> None:
    made = add_system(desk, "dentally")
    other = make_desk("Oak Street")
    assert services.read_booking_system(clinic_id=other.clinic.id, system_id=made.id, now=NOW) is None
    assert office.asked == []


@EACH
@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b"{}", b"null", b"7", b"\xff\xfe", b'{"appointments": 7}', b"[" * 100_000, b"[1,2]",
             b'{"individual_appointments": [7]}', b'{"appointments": [{}], "meta": {"current_page": 1}}'],
    ids=str,
)  # fmt: skip
def test_an_answer_that_cannot_be_read_is_odd(desk: Desk, office: Office, kind: str, body: bytes) -> None:
    if kind == "open_dental" and body == b"[]":
        return  # nothing has changed
    office.answers[LISTS[kind]] = Answer(body)
    made = add_system(desk, kind)
    assert read(desk, made).problem == "odd"
    assert row_of(desk, made).cursor is None


@EACH
def test_a_row_that_cannot_be_read_keeps_no_other_back(desk: Desk, office: Office, kind: str) -> None:
    value: Any = payload(f"{kind}/{'individual_appointments' if kind == 'cliniko' else 'appointments'}")
    rows = value if kind == "open_dental" else value[LISTS[kind].rpartition("/")[2]]
    rows[0] = {"id": {"a": 7}, "AptStatus": "Scheduled", "created_at": "07700 900123", "SecDateTEntry": "soon"}
    office.answers[LISTS[kind]] = Answer(value)
    report = read(desk, add_system(desk, kind))
    assert (report.is_complete, report.refused >= 1, report.new) == (True, True, len(EXPECTED[kind]) - 1)


def test_an_id_that_holds_the_patients_number_is_hashed(desk: Desk, cliniko: Office) -> None:
    rows = payload("cliniko/individual_appointments")["individual_appointments"]
    telling = {**rows[0], "id": "1447700900123"}
    cliniko.answers["/v1/individual_appointments"] = Answer({"individual_appointments": [telling], "links": {}})
    made = add_system(desk, "cliniko")
    read(desk, made)
    [hashed] = [key for key in stored(desk) if key.startswith("cliniko:#")]
    assert "7700900123" not in hashed
    cliniko.answers["/v1/individual_appointments/cancelled"] = Answer(
        {"individual_appointments": [{**telling, "cancelled_at": "2026-11-23T11:00:00Z"}], "links": {}}
    )
    cliniko.answers["/v1/individual_appointments"] = Answer({"individual_appointments": [], "links": {}})
    assert read(desk, made).changed == 1
    assert statuses(desk)[hashed] == "cancelled"


def test_the_worker_asks_those_that_are_due(desk: Desk, office: Office, settings: Settings) -> None:
    made = add_system(desk, "dentally")
    tasks.read_due_booking_systems()
    assert row_of(desk, made).cursor is not None
    office.asked.clear()
    tasks.read_due_booking_systems()
    assert office.asked == []


def do_meanwhile(patch: pytest.MonkeyPatch, work: Callable[[], None]) -> None:
    """Each time that a run has begun."""
    go_on = booking_reads._read_lists

    def first_work(*what: Any) -> datetime:
        work()
        return go_on(*what)

    patch.setattr(booking_reads, "_read_lists", first_work)


def test_while_a_worker_reads_the_next_one_does_not(
    desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Or two slow systems would keep all workers from the work of all clinics."""
    add_system(desk, "dentally")
    add_system(desk, "dentally", token="another")
    with turn_lock("booking systems"):
        tasks.read_due_booking_systems()
        assert office.asked == []
    meanwhile: list[int] = []
    do_meanwhile(monkeypatch, lambda: meanwhile.append(services.read_due_systems(clock=lambda: NOW)))
    assert services.read_due_systems(clock=lambda: NOW) == 2
    assert meanwhile == [0, 0]


def test_a_system_that_breaks_keeps_no_other_waiting(
    desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, good = add_system(desk, "dentally"), add_system(desk, "dentally", token="another")
    read_one = services.read_booking_system

    def fail(**what: Any) -> services.ReadReport | None:
        if what["system_id"] == broken.id:
            raise RuntimeError("07700 900123")
        return read_one(**what)

    monkeypatch.setattr(booking_rounds, "read_booking_system", fail)
    assert services.read_due_systems(clock=lambda: NOW) == 1
    assert row_of(desk, good).cursor == NOW
    assert "RuntimeError" in caplog.text
    assert "900123" not in caplog.text


def test_a_round_ends_and_each_clinic_has_a_turn_in_it(
    desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = [add_system(desk, "dentally", token=f"of-{number}").id for number in range(3)]
    other = make_desk("Oak Street", now=NOW + timedelta(seconds=1))
    theirs = add_system(other, "dentally").id
    later = NOW + timedelta(minutes=1)
    assert [system_id for _, system_id in list_due_systems(later)][1] == theirs
    assert {system_id for _, system_id in list_due_systems(later)} == {*mine, theirs}
    monkeypatch.setattr(booking_rounds, "ROUND_SECONDS", -1)
    assert services.read_due_systems(clock=lambda: later) == 0
    assert office.asked == []


def test_a_turn_is_short_and_longer_for_one_that_is_behind(
    desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, given = add_system(desk, "dentally"), []

    class Noting(Asker):
        def __init__(self, facts: SystemFacts, limits: Limits, now: datetime) -> None:
            given.append(limits.seconds)
            super().__init__(facts, limits, now)

    monkeypatch.setattr(booking_reads, "Asker", Noting)
    for status in (500, 200, 200):
        office.answers["/v1/appointments"] = Answer(payload("dentally/appointments"), status)
        read(desk, made)
    assert given == [240, 240, 60]
    assert booking_rounds.ROUND_SECONDS + 240 < django_settings.CELERY_TASK_TIME_LIMIT


def test_two_offices_that_both_count_from_one_keep_their_appointments_apart(desk: Desk, dental: Office) -> None:
    north, south = add_system(desk, "open_dental"), add_system(desk, "open_dental", customer_key="Other")
    row = {**payload("open_dental/appointments")[0], "AptNum": 1}
    dental.answers["/appointments"] = Answer([{**row, "AptStatus": "Scheduled"}])
    read(desk, north)
    dental.answers["/appointments"] = Answer([{**row, "AptStatus": "UnschedList"}])
    assert read(desk, south).new == 1
    with as_clinic(desk.clinic.id):
        found = dict(Appointment.objects.values_list("external_id", "status"))
    ids = [f"open_dental:{made.id.hex[:8]}:1" for made in (north, south)]
    assert found == dict(zip(ids, ("booked", "cancelled"), strict=True))


def test_an_id_that_would_be_too_long_is_hashed(desk: Desk, dental: Office) -> None:
    row = {**payload("open_dental/appointments")[0], "AptNum": "a" * 48}
    dental.answers["/appointments"] = Answer([row])
    made = add_system(desk, "open_dental")
    assert [read(desk, made).new, read(desk, made).new] == [1, 0]
    assert all(key.startswith("open_dental:#") for key in stored(desk))


def test_other_credentials_are_read_from_the_beginning_and_by_no_run_of_the_old_ones(
    desk: Desk, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They may be of another account, or may see more."""
    made = add_system(desk, "dentally")
    read(desk, made)
    assert row_of(desk, made).cursor == NOW

    def change() -> None:
        services.change_credentials(
            clinic_id=desk.clinic.id, system_id=made.id, credentials={"token": "another"}, now=NOW
        )  # fmt: skip

    with monkeypatch.context() as patch:
        do_meanwhile(patch, change)
        assert read(desk, made).is_complete
    row = row_of(desk, made)
    assert (row.cursor, row.claimed_until, row.next_poll_at) == (None, None, NOW)
    assert (read(desk, made).new, row_of(desk, made).cursor) == (0, NOW)


def test_what_is_removed_and_added_again_knows_its_appointments(desk: Desk, office: Office) -> None:
    made = add_system(desk, "dentally")
    read(desk, made)
    services.remove_booking_system(clinic_id=desk.clinic.id, system_id=made.id)
    again = add_system(desk, "dentally")
    assert counts(read(desk, again)) == (4, 0, 0, 0, 0)
    assert len(stored(desk)) == 4


def test_one_account_is_not_added_twice(desk: Desk, office: Office) -> None:
    """Each of its bookings would count twice."""
    first, second = add_system(desk, "dentally"), add_system(desk, "dentally", token="another")
    with pytest.raises(services.BadSystem) as error:
        add_system(desk, "dentally")
    assert error.value.field == "token"
    with pytest.raises(services.BadSystem):
        services.change_credentials(
            clinic_id=desk.clinic.id, system_id=second.id, credentials=CREDENTIALS["dentally"], now=NOW
        )
    services.change_credentials(clinic_id=desk.clinic.id, system_id=first.id, credentials={"token": "third"}, now=NOW)
    assert add_system(desk, "dentally").id not in (first.id, second.id)  # free again, under another tag


def test_of_large_answers_few_are_remembered_and_of_procedures_none(
    desk: Desk, dental: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The address is the clinic's choice, and the worker is everybody's."""
    kept: list[int] = []
    find = Asker.find

    def measure(asker: Asker, question: str, *, once: bool = False) -> bytes | None:
        found = find(asker, question, once=once)
        assert not any("procedurelogs" in asked for asked in asker._found)
        kept.append(sum(len(body or b"") for body in asker._found.values()))
        return found

    monkeypatch.setattr(Asker, "find", measure)
    row, padding = payload("open_dental/appointments")[0], b" " * (LARGEST_DETAIL - 100)
    dental.answers["/appointments"] = Answer([{**row, "AptNum": n, "AppointmentTypeNum": n} for n in range(1, 9)])
    dental.answers["/procedurelogs"] = Answer(b"[" + padding + b"]")
    for number in range(1, 9):
        dental.answers[f"/appointmenttypes/{number}"] = Answer(b"{" + padding + b"}")
    made = add_system(desk, "open_dental", fees="yes")
    assert read(desk, made).new == 8
    assert LARGEST_DETAIL < max(kept) <= MOST_REMEMBERED
    dental.answers["/procedurelogs"] = Answer(b"[" + b" " * LARGEST_DETAIL + b"]")
    assert read(desk, made).problem == "odd"
