"""What is taken out of the audit trail by its page, an export or a proof: who is given it, and that it is on record."""

import csv
import io
import json

import pytest
from django.test import Client
from pytest_django import Settings

from tenants import audit
from tenants.domain import ClinicFacts
from tenants.events import SYSTEM, Event
from tenants.trail.reading import read_proof
from tenants.trail_reports import Outside, verify_stored
from tests.tenants.audit_page import EXPORT, PAGE, PROOF, exported, fill, post_export
from tests.tenants.factories import alice, bright_smile
from tests.tenants.sign_in import client_of
from tests.tenants.trails import PUBLIC_KEYS, add_events, checkpoint, read_entries, sign_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


@pytest.fixture
def client(clinic: ClinicFacts) -> Client:
    return client_of(alice(), clinic)


def test_the_export_is_the_trail_as_csv_and_on_record_in_it(clinic: ClinicFacts, client: Client) -> None:
    add_events(clinic.id, 3)
    entries = read_entries(clinic.id)
    answer = exported(client)
    assert answer.startswith("\ufeff")
    header, *rows = csv.reader(io.StringIO(answer.removeprefix("\ufeff")))
    assert header[:5] == ["row", "time", "who", "topic", "event"]
    assert [int(row[0]) for row in rows] == list(range(len(entries) + 1, 0, -1))
    assert rows[0][4] == "audit_exported"
    assert rows[0][2] == "alice@bright-smile.example"
    assert rows[1][-1] == entries[-1].link.hash.hex()
    assert {row[-2] for row in rows} == {"yes"}
    assert read_entries(clinic.id)[-1].link.action == "audit_exported"
    assert len(read_entries(clinic.id)) == len(entries) + 1


def test_the_export_is_what_the_filter_shows(clinic: ClinicFacts, client: Client) -> None:
    fill(clinic)
    (_, *rows) = csv.reader(io.StringIO(exported(client, topic="settings", **{"from": "2020-01-01"})))
    assert [row[4] for row in rows] == ["hours_changed", "rules_changed", "clinic_made"]
    details = json.loads(read_entries(clinic.id)[-1].details or "")
    assert details["filter"] == {"topic": "settings", "from": "2020-01-01"}


def test_a_long_export_comes_in_pieces(clinic: ClinicFacts, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenants.views.audit.EXPORT_AT_ONCE", 2)
    add_events(clinic.id, 5)
    answer = post_export(client)
    add_events(clinic.id, 5)  # after the export began: not in it
    rows = b"".join(answer.streaming_content).decode().count("\r\n") - 1  # type: ignore[attr-defined]
    assert rows == len(read_entries(clinic.id)) - 5


def test_no_cell_of_the_export_is_a_formula(clinic: ClinicFacts, client: Client) -> None:
    audit.record(Event.MEMBER_REMOVED, actor=SYSTEM, clinic_id=clinic.id, target='=HYPERLINK("http://x","y")')
    rows = list(csv.reader(io.StringIO(exported(client).removeprefix("\ufeff"))))
    assert any(cell.startswith("'=HYPERLINK") for row in rows for cell in row)
    assert not [cell for row in rows for cell in row if cell[:1] in {"=", "+", "-", "@"}]


@pytest.mark.parametrize("path", [EXPORT, PROOF])
@pytest.mark.parametrize(
    ("site", "is_refused"),
    [("cross-site", True), ("same-site", True), ("x", True), ("same-origin", False), ("none", False)],
)
def test_what_another_site_asks_for_is_refused(
    clinic: ClinicFacts, client: Client, path: str, site: str, is_refused: bool
) -> None:
    before = len(read_entries(clinic.id))
    assert (client.post(path, headers={"Sec-Fetch-Site": site}).status_code == 403) is is_refused
    assert not (is_refused and len(read_entries(clinic.id)) > before)


@pytest.mark.parametrize("path", [EXPORT, PROOF])
def test_who_signed_in_long_ago_is_asked_again(clinic: ClinicFacts, path: str) -> None:
    answer = client_of(alice(), clinic, recent=False).post(path, {"back": PAGE + "?topic=keys"})
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/account/reauthenticate/?next=%2Fsettings%2Faudit%2F%3Ftopic%3Dkeys"


def test_a_form_without_its_token_is_refused(clinic: ClinicFacts) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.cookies = client_of(alice(), clinic).cookies
    assert strict.post(EXPORT).status_code == 403


def test_a_proof_can_be_held_against_the_trail(clinic: ClinicFacts, client: Client, settings: Settings) -> None:
    sign_with(settings)
    count = len(read_entries(clinic.id))
    made = checkpoint()
    newer = checkpoint(after=1)  # in which nothing of this clinic has moved
    answer = client.post(PROOF)
    assert answer.headers["Content-Disposition"] == f'attachment; filename="audit-proof-bright-smile-{made.id}.json"'
    told = json.loads(answer.content)
    assert (told["anchor"]["seq"], told["checkpoint"]["id"]) == (count, made.id)
    assert told["latest_checkpoint"]["hash"] == newer.hash.hex()
    entry = read_entries(clinic.id)[-1]
    assert (entry.link.action, entry.link.seq) == ("audit_proof_taken", count + 1)
    proof = Outside(PUBLIC_KEYS, anchors=[read_proof(answer.content.decode())])
    assert verify_stored(slug=clinic.slug, outside=proof).first_problem is None


def test_without_a_checkpoint_there_is_no_proof(clinic: ClinicFacts, client: Client) -> None:
    before = len(read_entries(clinic.id))
    answer = client.post(PROOF, follow=True)
    assert answer.redirect_chain == [(PAGE, 303)]
    assert "No checkpoint has been made yet" in answer.content.decode()
    assert len(read_entries(clinic.id)) == before
