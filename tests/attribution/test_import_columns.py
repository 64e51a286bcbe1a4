"""A file of somebody else's columns: proposed, corrected, shown without numbers, remembered, forgotten."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from calls.domain import CallerKind, Direction, Outcome
from calls.models import Call, SavedMapping
from tenants.domain import ClinicFacts, Role
from tenants.scope import as_clinic
from tests.access.forms import read_form
from tests.attribution.files import (
    CALLS,
    LIST,
    NUMBERS,
    THEIRS,
    as_csv,
    count_calls,
    mappings,
    runs,
    send,
    their_file,
    trail,
)
from tests.tenants.factories import alice, bright_smile, charlie, oak_street
from tests.tenants.sign_in import client_of, client_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


@pytest.fixture
def admin(clinic: ClinicFacts) -> Client:
    return client_of(alice(), clinic)


def shown(client: Client, content: bytes, **fields: Any) -> dict[str, str]:
    """The form of the columns, as a browser would send it when nobody changes a thing."""
    answer = send(client, CALLS, content, **{"format": "mapped", "do": "columns", **fields})
    form = read_form(answer.content.decode(), CALLS)
    assert form["columns_shown"] == "yes"
    return {name: value for name, value in form.items() if name not in ("csrfmiddlewaretoken", "file")}


def test_the_columns_are_proposed_and_the_first_rows_shown_without_numbers(admin: Client) -> None:
    page = send(admin, CALLS, their_file(12), format="mapped", do="columns").content.decode()
    assert "Which column is which" in page
    assert page.count("<td>a number</td>") == 10
    assert "The file is not kept: choose it again" in page
    assert not any(number[-9:] in page for number in NUMBERS)


def test_what_was_proposed_is_imported(clinic: ClinicFacts, admin: Client) -> None:
    content = their_file(3)
    answer = send(admin, CALLS, content, **shown(admin, content) | {"do": "import"})
    assert answer.status_code == 303, answer.content.decode()[-3000:]
    with as_clinic(clinic.id):
        calls = list(Call.objects.filter(clinic_id=clinic.id))
    assert {(call.direction, call.outcome, call.kind, call.line) for call in calls} == {
        (Direction.INBOUND, Outcome.MISSED, CallerKind.CALLER, "Reception")
    }
    assert len(calls) == 3
    assert [row.action for row in trail(clinic)] == ["calls_imported"]


def test_what_a_person_corrects_counts(clinic: ClinicFacts, admin: Client) -> None:
    content = their_file(2).replace(b"Missed", b"Klingelte")
    form = shown(admin, content)
    assert form["column_outcome"] == ""  # nobody knows what the word means
    form = shown(admin, content, **form | {"column_outcome": "3"})
    (word,) = (name for name in form if name.startswith("word_outcome_"))
    changed = {word: "voicemail", "column_line": "", "do": "import"}
    send(admin, CALLS, content, **form | changed)
    with as_clinic(clinic.id):
        assert {(call.outcome, call.line) for call in Call.objects.filter(clinic_id=clinic.id)} == {
            (Outcome.VOICEMAIL, "")
        }


def test_an_answer_about_a_word_does_not_go_to_another_columns_word(admin: Client) -> None:
    content = their_file(2)
    form = shown(admin, content)
    (word,) = (name for name in form if name.startswith("word_outcome_"))
    other = send(admin, CALLS, content, **form | {word: "voicemail", "column_outcome": "6", "do": "columns"})
    page = other.content.decode()
    assert "“Reception” means" in page
    assert "“Missed” means" not in page


def test_what_is_missing_is_said_beside_its_field(clinic: ClinicFacts, admin: Client) -> None:
    content = their_file(2)
    answer = send(admin, CALLS, content, **shown(admin, content) | {"column_started_at": "", "do": "import"})
    assert answer.status_code == 400
    assert 'id="id_column_started_at_error"' in answer.content.decode()
    assert count_calls(clinic) == 0


def test_a_check_shows_the_columns_again(clinic: ClinicFacts, admin: Client) -> None:
    content = their_file(2)
    page = send(admin, CALLS, content, **shown(admin, content) | {"do": "check"}).content.decode()
    assert "What an import would do" in page
    assert "Which column is which" in page
    assert count_calls(clinic) == 0


def test_the_place_of_a_column_is_one_of_the_file_s(admin: Client) -> None:
    content = their_file(2)
    for place in ("9" * 5000, "-1", "٣", "²", "8", "x"):
        answer = send(admin, CALLS, content, **shown(admin, content) | {"column_direction": place, "do": "columns"})
        assert (place, answer.status_code) == (place, 400)


@pytest.mark.parametrize("do", ["columns", "check", "import"])
def test_milliseconds_are_no_seconds(clinic: ClinicFacts, admin: Client, do: str) -> None:
    at = int((datetime.now(UTC) - timedelta(days=1)).timestamp() * 1000)
    content = as_csv(THEIRS, [["a", at, "Inbound", "Missed", NUMBERS[0], "201", "Reception", "0"]])
    form = shown(admin, content)
    assert form["dates"] == "unix_ms"
    assert send(admin, CALLS, content, **form | {"dates": "unix", "do": do}).status_code in (200, 303)
    assert count_calls(clinic) == 0


def remember(client: Client, content: bytes, name: str = "Switchboard", do: str = "check") -> Any:
    return send(client, CALLS, content, **shown(client, content) | {"save_as": name, "do": do})


def test_remembered_columns_are_found_again_and_not_asked_about(clinic: ClinicFacts, admin: Client) -> None:
    remember(admin, their_file(1))
    assert [one.name for one in mappings(clinic)] == ["Switchboard"]
    answer = send(admin, CALLS, their_file(3), format="mapped")
    assert answer.status_code == 303
    assert count_calls(clinic) == 3
    assert [row.action for row in trail(clinic)] == ["mapping_saved", "calls_imported"]


def test_the_script_is_told_that_they_are_known(admin: Client) -> None:
    head = their_file(1)
    fields = {"format": "mapped", "do": "columns", "then": "import"}
    assert "data-go" not in send(admin, CALLS, head, **fields).content.decode()
    remember(admin, head)
    assert 'data-go="import"' in send(admin, CALLS, head, **fields).content.decode()
    assert "data-go" not in send(admin, CALLS, head, **fields | {"then": "<x>"}).content.decode()


def test_saying_the_same_again_saves_nothing(clinic: ClinicFacts, admin: Client) -> None:
    content = their_file(1)
    for _ in range(2):
        remember(admin, content)
    assert [row.action for row in trail(clinic)] == ["mapping_saved"]


def test_another_name_takes_the_place_of_the_first(clinic: ClinicFacts, admin: Client) -> None:
    for name in ("Switchboard", "Front desk"):
        remember(admin, their_file(1), name)
    assert [one.name for one in mappings(clinic)] == ["Front desk"]


@pytest.mark.parametrize("name", ["020 7946 0018", "alice@bright-smile.example", "x" * 81])
def test_a_name_that_may_be_somebodys_is_refused(clinic: ClinicFacts, admin: Client, name: str) -> None:
    answer = remember(admin, their_file(1), name, do="import")
    assert answer.status_code == 400
    assert 'id="id_save_as_error"' in answer.content.decode()
    assert mappings(clinic) == []
    assert runs(clinic) == []


def test_a_file_without_names_or_with_numbers_for_names_shows_none(clinic: ClinicFacts, admin: Client) -> None:
    header = ["Start Time", "07700900123", "Call Direction", "Result", "From Number"]
    rows = [["22/11/2026 10:00:00", "x", "Inbound", "Missed", NUMBERS[0]]]
    for content in (as_csv(header, rows), as_csv(rows[0], rows)):
        page = send(admin, CALLS, content, format="mapped", do="columns").content.decode()
        assert "Which column is which" in page
        assert not re.search("7700 ?900", page)


def test_removing_asks_first_and_is_on_record(clinic: ClinicFacts, admin: Client) -> None:
    remember(admin, their_file(1))
    path = f"{LIST}columns/{mappings(clinic)[0].id}/remove/"
    assert "Remove “Switchboard”?" in admin.get(path).content.decode()
    assert len(mappings(clinic)) == 1
    assert admin.post(path).status_code == 303
    assert mappings(clinic) == []
    assert [row.action for row in trail(clinic)] == ["mapping_saved", "mapping_removed"]
    assert admin.post(path).status_code == 404


def test_columns_belong_to_their_clinic(clinic: ClinicFacts, admin: Client) -> None:
    remember(admin, their_file(1))
    stranger = client_of((oak_street(), charlie())[1])
    for mapping_id in (mappings(clinic)[0].id, uuid.uuid4()):
        path = f"{LIST}columns/{mapping_id}/remove/"
        assert (stranger.get(path).status_code, stranger.post(path).status_code) == (404, 404)
    assert "Switchboard" not in stranger.get(LIST).content.decode()
    answer = send(stranger, CALLS, their_file(1), format="mapped", timezone="America/New_York", region="US")
    assert "Which column is which" in answer.content.decode()
    assert len(mappings(clinic)) == 1


def test_an_auditor_sees_them_and_no_buttons(clinic: ClinicFacts, admin: Client) -> None:
    remember(admin, their_file(1))
    auditor = client_with(clinic, Role.AUDITOR)
    page = auditor.get(LIST).content.decode()
    assert "Switchboard" in page
    assert "Remove" not in page
    assert auditor.post(f"{LIST}columns/{mappings(clinic)[0].id}/remove/").status_code == 403


def test_their_columns_are_as_the_tests_think() -> None:
    assert their_file(1).decode().startswith(",".join(THEIRS))


def test_columns_that_are_none_any_more_are_asked_for_again(clinic: ClinicFacts, admin: Client) -> None:
    remember(admin, their_file(1))
    with as_clinic(clinic.id):
        row = SavedMapping.objects.get()
        row.mapping = {**row.mapping, "dates": "ymd"}  # a word of a release before
        row.save()
    page = send(admin, CALLS, their_file(3), format="mapped").content.decode()
    assert "Which column is which" in page
    assert count_calls(clinic) == 0
    remember(admin, their_file(3), do="import")
    assert count_calls(clinic) == 3
    assert [one.mapping["dates"] for one in mappings(clinic)] == ["dmy"]
