"""Getting started: steps tick themselves by facts, the checklist goes away by itself or on request, and comes back."""

import uuid
from collections.abc import Iterator

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from attribution.guide import STEPS, lay_out, week_words
from attribution.selectors import get_guide
from calls.domain import ImportKind, ImportState
from calls.models import ConnectionHour, ImportRun
from calls.services import add_connection
from tenants.domain import ClinicFacts, Role
from tenants.models import Clinic, Invitation, User
from tenants.scope import as_clinic
from tenants.selectors import get_clinic
from tests.attribution.clinics import NOW, Desk, make_desk
from tests.attribution.test_rules_page import text, trail
from tests.tenants.sign_in import client_of, client_with
from tests.tenants.tenant_tables import build_row

pytestmark = pytest.mark.django_db
START, SETTLE, HIDE, SHOW = "/start/", "/start/settle/", "/start/hide/", "/start/show/"
GUIDE_EVENTS = ("guide_step_settled", "guide_ended", "guide_shown")


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def desk(db: None) -> Desk:
    made = make_desk()
    Clinic.objects.filter(pk=made.clinic.id).update(guide_open=True)
    return made


@pytest.fixture
def owner(desk: Desk) -> Client:
    return client_of(User.objects.get(email=f"alice@{desk.clinic.slug}.example"), desk.clinic)


def done(desk: Desk) -> set[str]:
    return {one.step.key.value for one in get_guide(get_clinic(desk.clinic.id)).steps if one.is_done}


def is_open(desk: Desk) -> bool:
    return get_clinic(desk.clinic.id).guide_open


def connect(clinic: ClinicFacts) -> uuid.UUID:
    return add_connection(clinic_id=clinic.id, provider="twilio", name="Main", secret="x" * 16, now=NOW).id


def hear(clinic: ClinicFacts, connection_id: uuid.UUID) -> None:
    with as_clinic(clinic.id):
        ConnectionHour.objects.create(clinic_id=clinic.id, connection_id=connection_id, hour=NOW, messages=1)


def bring_history(clinic: ClinicFacts, **changes: object) -> None:
    wanted = {"kind": ImportKind.CALLS, "state": ImportState.DONE, "is_dry_run": False, **changes}
    with as_clinic(clinic.id):
        row = build_row(ImportRun, clinic.id)
        for name, value in wanted.items():
            setattr(row, name, value)
        row.save(force_insert=True)


def invite(clinic: ClinicFacts) -> None:
    with as_clinic(clinic.id):
        row = build_row(Invitation, clinic.id)
        row.withdrawn_at = None  # type: ignore[attr-defined]
        row.save(force_insert=True)


def do_everything(desk: Desk, owner: Client) -> None:
    for step in ("details", "hours"):
        owner.post(SETTLE, {"step": step})
    desk.estimate("hygiene", "Hygiene", 75)
    hear(desk.clinic, connect(desk.clinic))
    bring_history(desk.clinic)
    invite(desk.clinic)


def test_a_new_clinic_has_everything_to_do(desk: Desk, owner: Client) -> None:
    page = text(owner.get(START))
    assert done(desk) == set()
    assert f"0 of {len(STEPS)}" in page
    for step in STEPS:
        assert step.title in page
        assert step.why in page
    assert "Mon–Fri 08:30–17:30" in page


def test_every_step_is_ticked_by_its_fact_and_by_nothing_else(desk: Desk, owner: Client) -> None:
    assert owner.post(SETTLE, {"step": "details"}).status_code == 303
    assert done(desk) == {"details"}
    owner.post(SETTLE, {"step": "hours"})
    assert done(desk) == {"details", "hours"}
    desk.estimate("hygiene", "Hygiene", 75)
    assert done(desk) == {"details", "hours", "values"}
    connection_id = connect(desk.clinic)
    assert done(desk) == {"details", "hours", "values", "connection"}
    hear(desk.clinic, connection_id)
    assert done(desk) == {"details", "hours", "values", "connection", "call"}
    bring_history(desk.clinic)
    assert done(desk) == {"details", "hours", "values", "connection", "call", "history"}
    invite(desk.clinic)
    assert len(done(desk)) == len(STEPS)


@pytest.mark.parametrize(
    "changes",
    [{"is_dry_run": True}, {"kind": ImportKind.APPOINTMENTS}, {"state": ImportState.FAILED}],
    ids=["tried", "appointments", "failed"],
)
def test_not_every_import_is_history(desk: Desk, changes: dict[str, object]) -> None:
    bring_history(desk.clinic, **changes)
    assert done(desk) == set()


def test_a_connection_that_was_only_refused_has_not_been_heard(desk: Desk) -> None:
    connection_id = connect(desk.clinic)
    with as_clinic(desk.clinic.id):
        ConnectionHour.objects.create(clinic_id=desk.clinic.id, connection_id=connection_id, hour=NOW, refused=3)
    assert done(desk) == {"connection"}


def test_history_may_be_not_needed_and_that_is_on_record_once(desk: Desk, owner: Client) -> None:
    for _ in range(2):
        assert owner.post(SETTLE, {"step": "history"}).headers["Location"] == START
    assert done(desk) == {"history"}
    [(action, target, details)] = trail(desk, *GUIDE_EVENTS)
    assert (action, target, details["step"]) == ("guide_step_settled", str(desk.clinic.id), "history")


@pytest.mark.parametrize("step", ["values", "connection", "call", "desk", "", "nonsense"])
def test_a_step_that_facts_tell_of_cannot_be_ticked(desk: Desk, owner: Client, step: str) -> None:
    assert owner.post(SETTLE, {"step": step}).status_code == 400
    assert (done(desk), trail(desk, *GUIDE_EVENTS)) == (set(), [])


def test_who_saves_details_or_hours_has_looked_at_them_and_comes_back(desk: Desk, owner: Client) -> None:
    form = owner.get("/settings/change/").context["form"]
    same = {name: form[name].value() for name in form.fields}
    answer = owner.post("/settings/change/", same)
    assert (answer.status_code, answer.headers["Location"]) == (303, START)
    week = owner.get("/settings/hours/change/").context["form"]
    changed = {name: week[name].value() or "" for name in week.fields} | {
        "sat_1_opens": "09:00",
        "sat_1_closes": "12:00",
    }
    assert owner.post("/settings/hours/change/", changed).headers["Location"] == START
    assert done(desk) == {"details", "hours"}
    assert [row[0] for row in trail(desk, "hours_changed", *GUIDE_EVENTS)] == ["guide_step_settled", "hours_changed"]


def test_it_goes_away_by_itself_when_nothing_is_left(desk: Desk, owner: Client) -> None:
    do_everything(desk, owner)
    assert is_open(desk)
    assert "Everything is set up." in text(owner.get("/worklist/"))
    assert not is_open(desk)
    assert "Everything is set up." not in text(owner.get("/worklist/"))
    assert "You are set up" in text(owner.get(START))
    [ended] = trail(desk, "guide_ended")
    assert ended[2] == {"is_done": True}


def test_hidden_it_is_gone_everywhere_and_settings_bring_it_back(desk: Desk, owner: Client) -> None:
    for page in ("/worklist/", "/"):
        assert f"Getting started: 0 of {len(STEPS)}" in text(owner.get(page))
    assert "Back to getting started" in text(owner.get("/settings/values/"))
    assert "Show it again" not in text(owner.get("/settings/"))
    for _ in range(2):
        assert owner.post(HIDE).status_code == 303
    for page in ("/worklist/", "/", "/settings/values/"):
        assert "etting started" not in text(owner.get(page))
    assert "Show it again" in text(owner.get("/settings/"))
    for _ in range(2):
        assert owner.post(SHOW).headers["Location"] == START
    assert f"Getting started: 0 of {len(STEPS)}" in text(owner.get("/worklist/"))
    assert [row[0] for row in trail(desk, *GUIDE_EVENTS)] == ["guide_ended", "guide_shown"]


@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.AUDITOR])
def test_who_can_do_nothing_about_it_sees_none_of_it(desk: Desk, role: Role) -> None:
    client = client_with(desk.clinic, role)
    assert "Getting started" not in text(client.get("/worklist/"))
    assert "No calls yet." in text(client.get("/worklist/"))
    assert client.get(START).status_code == 403
    for path in (SETTLE, HIDE, SHOW):
        assert client.post(path, {"step": "details"}).status_code == 403
    assert (is_open(desk), done(desk) - {"desk"}) == (True, set())


def test_a_manager_is_told_who_invites_people(desk: Desk) -> None:
    page = text(client_with(desk.clinic, Role.MANAGER).get(START))
    assert "Connect" in page
    assert "/settings/people/invite/" not in page


def test_another_clinics_facts_are_not_ours(desk: Desk, owner: Client) -> None:
    other = make_desk("Oak Street")
    other.estimate("hygiene", "Hygiene", 75)
    hear(other.clinic, connect(other.clinic))
    bring_history(other.clinic)
    invite(other.clinic)
    assert done(desk) == set()


def test_it_costs_three_questions_while_it_is_open_and_none_afterwards(desk: Desk, owner: Client) -> None:
    def count(path: str) -> int:
        owner.get(path)
        with CaptureQueriesContext(connection) as queries:
            owner.get(path)
        return len(queries)

    do_nothing = {path: count(path) for path in ("/worklist/", "/")}
    connect(desk.clinic)
    assert {path: count(path) for path in do_nothing} == do_nothing
    owner.post(HIDE)
    owner.get("/worklist/")  # which says that it was done
    # Three questions in a scope, which inside of the page's is a savepoint and its end.
    assert {path: asked - count(path) for path, asked in do_nothing.items()} == dict.fromkeys(do_nothing, QUERIES)


QUERIES = 9


def test_the_steps_are_counted_in_their_order() -> None:
    guide = lay_out({"hours", "values"})
    assert (guide.done, guide.total, guide.is_done) == (2, 7, False)
    assert guide.next is STEPS[0]
    everything = lay_out({step.key.value for step in STEPS})
    assert (everything.is_done, everything.next) == (True, None)


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        ({}, "never"),
        ({"mon": [["09:00", "17:00"]]}, "Mon 09:00–17:00"),
        ({"mon": [["09:00", "17:00"]], "tue": [["09:00", "17:00"]], "sat": [["10:00", "12:00"]]},
         "Mon–Tue 09:00–17:00, Sat 10:00–12:00"),
        ({"sun": [["09:00", "12:00"], ["13:00", "17:00"]]}, "Sun 09:00–12:00 and 13:00–17:00"),
    ],
    ids=["closed", "one", "runs", "lunch"],
)  # fmt: skip
def test_a_week_in_words(hours: dict[str, list[list[str]]], words: str) -> None:
    assert week_words(hours) == words


def test_usual_hours_are_offered_where_there_are_none(desk: Desk, owner: Client) -> None:
    Clinic.objects.filter(pk=desk.clinic.id).update(opening_hours={})
    assert owner.get("/settings/hours/change/").context["form"]["mon_1_opens"].value() == "08:30"
    assert get_clinic(desk.clinic.id).opening_hours == {}
