"""Files that people import in the browser: what is stored, what is told of it, and that nothing else is kept."""

import logging
import uuid
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries, Settings

from attribution.models import Appointment
from calls.domain import ImportState
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic
from tests.attribution.files import (
    APPOINTMENTS,
    CALLS,
    LIST,
    NUMBERS,
    OURS,
    appointments_file,
    as_csv,
    count_calls,
    our_file,
    runs,
    send,
    their_file,
    trail,
)
from tests.tenants.factories import alice, bright_smile
from tests.tenants.sign_in import client_of

pytestmark = pytest.mark.django_db
DIGITS = [number[-9:] for number in NUMBERS]


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


@pytest.fixture
def admin(clinic: ClinicFacts) -> Client:
    return client_of(alice(), clinic)


def page_of(answer: Any) -> str:
    return str(answer.content.decode())


def test_calls_are_imported_and_told_of(clinic: ClinicFacts, admin: Client) -> None:
    answer = send(admin, CALLS, our_file(5) + b"x,inbound,missed,never,+447700900999,Main,1,0\n")
    assert answer.status_code == 303
    assert count_calls(clinic) == 5
    run = runs(clinic)[0]
    assert answer["Location"] == f"{LIST}{run.id}/"
    report = page_of(admin.get(answer["Location"]))
    assert "1 × could not be read: line 7" in " ".join(report.split())
    assert (run.state, run.bytes_done) == (ImportState.DONE, run.bytes_total)
    assert ">5<" in page_of(admin.get(LIST))


def test_appointments_are_imported_and_told_of(clinic: ClinicFacts, admin: Client) -> None:
    answer = send(admin, APPOINTMENTS, appointments_file(3))
    assert answer.status_code == 303
    with as_clinic(clinic.id):
        assert Appointment.objects.count() == 3
    assert [(row.action, row.target) for row in trail(clinic)] == [("appointments_imported", str(runs(clinic)[0].id))]


def test_a_check_stores_nothing_and_leads_on_to_the_import(clinic: ClinicFacts, admin: Client) -> None:
    content = our_file(4)
    page = page_of(send(admin, CALLS, content, do="check"))
    assert "What an import would do" in page
    assert "choose it again" in page
    assert count_calls(clinic) == 0
    assert trail(clinic) == []
    assert send(admin, CALLS, content).status_code == 303
    assert count_calls(clinic) == 4
    assert [run.is_dry_run for run in runs(clinic)] == [True, False]


def test_the_same_file_again_changes_nothing(clinic: ClinicFacts, admin: Client) -> None:
    content = our_file(4)
    for _ in range(2):
        send(admin, CALLS, content)
    assert count_calls(clinic) == 4
    assert [run.report["duplicate"] for run in runs(clinic)] == [0, 4]


def test_a_form_that_is_sent_twice_imports_once(clinic: ClinicFacts, admin: Client) -> None:
    run, content = str(uuid.uuid4()), our_file(2)
    answers = [send(admin, CALLS, content, run=run) for _ in range(2)]
    assert [answer["Location"] for answer in answers] == [f"{LIST}{run}/"] * 2
    assert len(trail(clinic)) == len(runs(clinic)) == 1


def test_an_import_is_on_record_once_with_its_counts(clinic: ClinicFacts, admin: Client) -> None:
    send(admin, CALLS, our_file(2))
    (row,) = trail(clinic)
    assert (row.action, row.target, row.actor_kind) == ("calls_imported", str(runs(clinic)[0].id), "person")


BAD_FILES = {
    "empty": b"",
    "binary": bytes(range(256)) * 8,
    "zip": b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + bytes(200),
    "utf-16": OURS.encode("utf-16") + b"\n\x00",
    "no header": our_file(2).split(b"\n", 1)[1],
    "one line of 10 MB": b"x" * (9 * 1024 * 1024),
    "another header": b"name,phone\nJane,07700900001\n",
}


@pytest.mark.parametrize("format_", ["csv", "mapped"])
@pytest.mark.parametrize("name", BAD_FILES)
def test_a_bad_file_is_refused_beside_its_field(clinic: ClinicFacts, admin: Client, name: str, format_: str) -> None:
    answer = send(admin, CALLS, BAD_FILES[name], format=format_)
    page = page_of(answer)
    assert answer.status_code == 400 or "Which column is which" in page
    assert format_ == "mapped" or 'class="error" id="id_file_error"' in page
    assert not any(digits in page for digits in DIGITS)
    assert count_calls(clinic) == 0
    assert runs(clinic) == []


@pytest.mark.parametrize("name", ["empty", "binary", "zip", "no header"])
def test_a_bad_file_of_appointments_is_refused(clinic: ClinicFacts, admin: Client, name: str) -> None:
    answer = send(admin, APPOINTMENTS, BAD_FILES[name])
    assert answer.status_code == 400
    assert runs(clinic) == []


def test_no_file_is_said_beside_the_field(admin: Client) -> None:
    answer = send(admin, CALLS, None)
    assert answer.status_code == 400
    assert "Choose the file." in page_of(answer)


def test_a_header_alone_is_imported_as_nothing(clinic: ClinicFacts, admin: Client) -> None:
    assert send(admin, CALLS, OURS.encode() + b"\n").status_code == 303
    assert runs(clinic)[0].report["read"] == 0


def test_a_line_that_is_too_long_is_refused_and_the_others_are_not(clinic: ClinicFacts, admin: Client) -> None:
    send(admin, CALLS, our_file(2) + b"y" * 1_000_000 + b"\n")
    assert count_calls(clinic) == 2
    assert runs(clinic)[0].report["refused"]["unreadable"]["lines"] == [4]


def test_more_than_may_be_sent_is_413(clinic: ClinicFacts, admin: Client, settings: Settings) -> None:
    settings.UPLOAD_MAX_SIZE = 1000
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = send(admin, CALLS, our_file(100))
    assert answer.status_code == 413
    assert runs(clinic) == []


@pytest.mark.parametrize(
    "fields",
    [
        {"format": "nothing"}, {"timezone": "Mars/Olympus"}, {"region": "ZZ"}, {"run": "x"}, {"run": ""},
        {"format": "mapped", "columns_shown": "yes", "column_number": "999"},
        {"format": "mapped", "columns_shown": "yes", "column_direction": "²"},
    ],
    ids=str,
)  # fmt: skip
def test_what_no_form_of_ours_sends_is_refused(clinic: ClinicFacts, admin: Client, fields: dict[str, str]) -> None:
    assert send(admin, CALLS, our_file(), **fields).status_code == 400
    assert count_calls(clinic) == 0


def test_formulas_do_no_harm_in_the_report(clinic: ClinicFacts, admin: Client) -> None:
    row = ["=1+1", "=cmd|'/c calc'!A1", "missed", "=NOW()", NUMBERS[0], "@SUM(A1)", "+1", "-1"]
    bad = as_csv(OURS.split(","), [row])
    answer = send(admin, CALLS, bad)
    report = page_of(admin.get(f"{answer['Location']}report/"))
    assert "calc" not in report
    assert '"2"' in report
    cells = [cell for line in report.splitlines() for cell in line.strip('\ufeff"').split('","')]
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


def test_no_number_is_kept_logged_or_shown(
    clinic: ClinicFacts, admin: Client, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    caplog.set_level(logging.DEBUG)
    bad = b"07700900123,inbound,missed,07700900124,07700900125,07700900126,07700900127,07700900128\n"
    answers = [
        send(admin, CALLS, our_file(5) + bad),
        send(admin, CALLS, our_file(5) + bad, do="check"),
        send(admin, CALLS, their_file(5) + bad, format="mapped", do="columns"),
        send(admin, CALLS, bad, format="mapped", do="columns"),
        send(admin, APPOINTMENTS, appointments_file(5) + bad),
    ]
    pages = [page_of(answer) for answer in answers] + [page_of(admin.get(LIST))]
    for run in runs(clinic):
        pages += [page_of(admin.get(f"{LIST}{run.id}/")), page_of(admin.get(f"{LIST}{run.id}/report/"))]
    told = "\n".join([*pages, caplog.text, str(dict(admin.session)), _dump()])
    found = [digits for digits in [*DIGITS, *(f"70090012{index}" for index in range(3, 9))] if digits in told]
    assert found == []
    assert "Patient" not in told


def _dump() -> str:
    """Every row of every table that the application can read, as text."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in cursor.fetchall()]
        texts = []
        for table in tables:
            cursor.execute("SELECT has_table_privilege(%s, 'SELECT')", [table])
            if cursor.fetchone() == (True,):
                cursor.execute(f'SELECT t::text FROM "{table}" t')
                texts += [row for (row,) in cursor.fetchall()]
    return "\n".join(texts)


def test_nothing_is_left_in_the_cache(admin: Client) -> None:
    cache.clear()
    send(admin, CALLS, their_file(), format="mapped", do="columns")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM tenants_cache WHERE value LIKE '%%7700%%'")
        assert cursor.fetchone() == (0,)


def test_the_queries_of_the_pages_do_not_grow(
    clinic: ClinicFacts, admin: Client, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    send(admin, CALLS, our_file(2))
    pages = [LIST, f"{LIST}{runs(clinic)[0].id}/", f"{LIST}progress/?run={runs(clinic)[0].id}", CALLS]
    few = []
    for page in pages:
        with CaptureQueriesContext(connection) as queries:
            admin.get(page)
        few.append(len(queries))
    for _ in range(4):
        send(admin, CALLS, our_file(2))
    for page, count in zip(pages, few, strict=True):
        with django_assert_num_queries(count):
            admin.get(page)
    assert max(few) <= 21
