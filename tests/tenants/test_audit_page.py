"""The page of the audit trail: who sees it, what it says in words, and its filters."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries, Settings

from tenants import audit, refusals, services
from tenants.domain import ClinicFacts, Role, Scope
from tenants.events import SYSTEM, Actor, ActorKind, Event
from tenants.models import RefusedCount, User
from tenants.scope import as_clinic
from tests.tenants.audit_page import EXPORT, PAGE, PROOF, exported, fill, owner
from tests.tenants.factories import PASSWORD, alice, bob, bright_smile, charlie, oak_street
from tests.tenants.sign_in import client_of, client_with
from tests.tenants.trails import add_events, checkpoint, person, read_entries, sign_with

pytestmark = pytest.mark.django_db


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


@pytest.fixture
def client(clinic: ClinicFacts) -> Client:
    return client_of(alice(), clinic)


def text(client: Client, query: str = "") -> str:
    answer = client.get(PAGE + query)
    assert answer.status_code == 200
    return answer.content.decode()


def actions(client: Client, query: str = "") -> list[str]:
    """The events of a page, in its order."""
    answer = client.get(PAGE + query)
    assert answer.status_code == 200, answer.content.decode()
    return [row.action for row in answer.context["rows"]]


@pytest.mark.parametrize("path", [PAGE, EXPORT, PROOF])
def test_who_is_not_signed_in_is_asked_to(clinic: ClinicFacts, path: str) -> None:
    method = Client().get if path == PAGE else Client().post
    assert method(path).headers["Location"].startswith("/account/login/")


@pytest.mark.parametrize("role", [Role.MANAGER, Role.RECEPTIONIST])
@pytest.mark.parametrize("path", [PAGE, EXPORT, PROOF])
def test_a_role_without_the_permission_is_refused(clinic: ClinicFacts, role: Role, path: str) -> None:
    other = client_with(clinic, role)
    assert (other.get if path == PAGE else other.post)(path).status_code == 403
    assert read_entries(clinic.id)[-1].link.action == "access_refused"


def test_an_auditor_sees_all_of_it(clinic: ClinicFacts) -> None:
    auditor = client_with(clinic, Role.AUDITOR)
    assert actions(auditor)[0] == "member_added"
    assert auditor.post(EXPORT).status_code == 200


@pytest.mark.parametrize(("path", "method"), [(PAGE, "post"), (PAGE, "delete"), (EXPORT, "get"), (PROOF, "get")])
def test_other_methods_are_refused(client: Client, path: str, method: str) -> None:
    assert getattr(client, method)(path).status_code == 405


def test_another_clinics_trail_is_not_there(clinic: ClinicFacts, client: Client) -> None:
    other = oak_street()
    audit.record(Event.RULES_CHANGED, actor=person(charlie().id), clinic_id=other.id, said="theirs")
    assert "theirs" not in text(client)
    assert actions(client, "?event=rules_changed") == []
    assert actions(client, f"?who={charlie().id}") == []
    assert "theirs" not in exported(client)


def test_it_says_who_did_what_to_whom_in_words(clinic: ClinicFacts, client: Client) -> None:
    key = services.create_api_key(clinic_id=clinic.id, name="Front desk", scopes=[Scope.READ], now=timezone.now())
    prefix = key.split("_")[1]
    gone = uuid.uuid4()
    audit.record(Event.ROLE_CHANGED, actor=person(owner()), clinic_id=clinic.id, target=bob(clinic).id)
    audit.record(Event.ROLE_CHANGED, actor=person(gone), clinic_id=clinic.id, target=gone)
    audit.record(Event.SUPPORT_OPENED, actor=Actor(ActorKind.STAFF, gone), clinic_id=clinic.id)
    audit.record(Event.SIGN_IN_FAILED, actor=Actor(ActorKind.NOBODY), clinic_id=clinic.id)
    audit.record(Event.API_KEY_REVOKED, actor=SYSTEM, clinic_id=clinic.id, target=prefix)
    audit.record(Event.CALLER_LOOKED_UP, actor=Actor(ActorKind.KEY, gone), clinic_id=clinic.id)
    rows = client.get(PAGE).context["rows"]
    told = [(row.actor, row.what, row.target) for row in rows[:5]] + [(rows[-1].actor, rows[-1].what, rows[-1].target)]
    assert told == [
        ("API key", "looked up a number", ""),
        ("The system", "revoked an API key", f"API key “Front desk” ({prefix}…)"),
        ("Somebody", "failed to sign in", ""),
        ("Ringback support", "opened the clinic for support", ""),
        ("A former member", "changed a member’s role", ""),
        ("The system", "made the clinic", "alice@bright-smile.example"),
    ]
    row = next(row for row in rows if row.action == "role_changed" and row.target)
    assert (row.actor, row.target) == ("alice@bright-smile.example", "bob@bright-smile.example")
    page = text(client)
    assert "Looked up a number" in page
    assert str(gone) not in page


def test_who_has_left_the_clinic_is_not_named(clinic: ClinicFacts, client: Client) -> None:
    """They may have another address today, which is no business of a clinic that they left."""
    stranger = User.objects.create_user("new-address@elsewhere.example", PASSWORD)
    audit.record(Event.RULES_CHANGED, actor=person(stranger.id), clinic_id=clinic.id)
    assert client.get(PAGE).context["rows"][0].actor == "A former member"
    assert "elsewhere.example" not in text(client) + exported(client)


def test_a_change_shows_before_and_after(clinic: ClinicFacts, client: Client) -> None:
    before, after = {"name": "Old <b>", "on": False}, {"name": "New", "on": True}
    audit.record(Event.CLINIC_CHANGED, actor=person(owner()), clinic_id=clinic.id, before=before, after=after)
    page = text(client)
    assert "Old &lt;b&gt;</del>" in page
    assert "New</ins>" in page
    assert "From network" in page and "203.0.113.0" in page


def test_erased_details_say_so(clinic: ClinicFacts, client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenants.selectors.trail.AuditDetail", NoDetails)
    assert "were erased after 90 days, as promised" in text(client)
    assert "erased for its age" in exported(client)


class NoDetails:
    """Of which nothing is left."""

    class objects:
        @staticmethod
        def filter(**_: object) -> "type[NoDetails]":
            return NoDetails

    @staticmethod
    def values_list(*_: str) -> list[tuple[int, str]]:
        return []


def test_times_are_the_clinics(client: Client) -> None:
    (row, *_) = client.get(PAGE).context["rows"]
    assert str(row.at.tzinfo) == "Europe/London"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?topic=settings", ["hours_changed", "rules_changed", "clinic_made"]),
        ("?topic=settings&event=hours_changed", ["hours_changed"]),
        ("?event=purged", ["purged"]),
        ("?topic=people&event=purged", []),
        ("?who=system&topic=retention", ["purged"]),
        ("?who=staff", []),
        (f"?who={uuid.UUID(int=5)}", []),
        ("?from=2000-01-01&event=purged", ["purged"]),
        ("?to=2000-01-01", []),
        ("?from=2999-01-01", []),
        ("?topic=&event=&who=&from=&to=&event=purged", ["purged"]),
    ],
)
def test_filters(clinic: ClinicFacts, client: Client, query: str, expected: list[str]) -> None:
    fill(clinic)
    assert actions(client, query) == expected


def test_the_filter_of_a_person(clinic: ClinicFacts, client: Client) -> None:
    fill(clinic)
    assert actions(client, f"?who={owner()}&topic=settings") == ["rules_changed"]


@pytest.mark.parametrize(
    ("at", "is_found"), [("2026-07-01T22:59:59", False), ("2026-07-01T23:00", True), ("2026-07-02T22:59:59", True)]
)
def test_days_are_the_clinics(clinic: ClinicFacts, client: Client, at: str, is_found: bool) -> None:
    """The 2nd of July in London begins at 23:00 UTC on the 1st."""
    since, until = (datetime(2026, 7, day, 23, tzinfo=UTC) for day in (1, 2))
    wanted = client.get(PAGE + "?from=2026-07-02&to=2026-07-02").context["form"].wanted()
    assert (wanted.since, wanted.until) == (since, until)
    assert (since <= datetime.fromisoformat(f"{at}+00:00") < until) is is_found


@pytest.mark.parametrize(
    "query",
    [
        "?topic=nothing", "?event=nothing", "?who=nobody-we-know", "?who=x'--", "?from=yesterday", "?to=2026-02-30",
        "?from=2026-07-02&to=2026-07-01", "?from=0001-01-01", "?to=9999-12-31", "?from=2026-07-02%00",
    ],
)  # fmt: skip
def test_a_filter_that_is_none_is_refused_beside_its_field(client: Client, query: str) -> None:
    answer = client.get(PAGE + query)
    assert answer.status_code == 400
    assert 'class="error"' in answer.content.decode()
    name, _, value = query[1:].split("&")[0].partition("=")
    assert client.post(EXPORT, {name: value}).status_code == (200 if "&" in query else 400)


@pytest.mark.parametrize("cursor", ["x", "%00", "A" * 34, "bgAAAAAAAAAA" + "_" * 22])
def test_a_cursor_that_was_made_up_is_refused(client: Client, cursor: str) -> None:
    assert client.get(f"{PAGE}?cursor={cursor}").status_code == 400


def test_pages_go_there_and_back(clinic: ClinicFacts, client: Client) -> None:
    add_events(clinic.id, 110)
    total = len(read_entries(clinic.id))
    seen: list[int] = []
    query = "?who=system"
    answer = client.get(PAGE + query)
    while True:
        seen += [row.seq for row in answer.context["rows"]]
        if not answer.context["next_url"]:
            break
        assert "who=system" in answer.context["next_url"]
        answer = client.get(PAGE + answer.context["next_url"])
    assert seen == list(range(total, 0, -1))
    assert len(answer.context["rows"]) == total - 100
    back = client.get(PAGE + answer.context["previous_url"])
    assert [row.seq for row in back.context["rows"]] == seen[50:100]
    newest = client.get(PAGE + back.context["previous_url"])
    assert [row.seq for row in newest.context["rows"]] == seen[:50]
    assert newest.context["previous_url"] is None


def test_the_number_of_queries_does_not_grow_with_the_rows(
    clinic: ClinicFacts, client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    add_events(clinic.id, 60)
    with django_assert_max_num_queries(32):
        text(client)


def test_above_the_trail_stands_how_sure_it_is(clinic: ClinicFacts, client: Client, settings: Settings) -> None:
    count = len(read_entries(clinic.id))
    assert f"{count} events. No signed checkpoint covers them yet" in text(client)
    sign_with(settings)
    checkpoint()
    add_events(clinic.id, 2)
    page = text(client)
    assert f"{count + 2} events. A signed checkpoint of" in page
    assert f"covers the first {count}, and they still agree with it" in page


def test_a_trail_that_disagrees_with_its_checkpoint_says_so(
    clinic: ClinicFacts, client: Client, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_with(settings)
    checkpoint()
    monkeypatch.setattr("tenants.ledger.read_link", lambda clinic_id, seq: None)
    assert "no longer what the last checkpoint saw" in text(client)


def test_refusals_of_the_week_are_counted_by_reason(clinic: ClinicFacts, client: Client) -> None:
    today = timezone.now().date()
    with as_clinic(clinic.id):
        for age, count in ((0, 2), (6, 3), (7, 100)):
            RefusedCount.objects.create(
                clinic_id=clinic.id, on=today - timedelta(days=age), what="not_here", count=count
            )
    refusals.count("role", clinic_id=clinic.id)
    assert list(client.get(PAGE).context["witness"].refusals) == [
        ("Something that is not in this clinic", 5), ("A page that the person’s role may not see", 1),
    ]  # fmt: skip


def test_a_checkpoint_that_nothing_moved_for_is_shown_as_the_newest(
    clinic: ClinicFacts, client: Client, settings: Settings
) -> None:
    sign_with(settings)
    with time_machine.travel(timezone.now(), tick=False):
        checkpoint()
        checkpoint(after=5)
        assert client.get(PAGE).context["witness"].at == timezone.now() + timedelta(hours=5)
