"""The box for everything: what it finds, for whom, and that a number typed into it stays nowhere."""

import logging
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from attribution.selectors import search
from calls import intake
from calls.domain import CallEvent, Direction, Outcome
from calls.hashing import caller_name, read_name
from calls.partitions import make_week, week_of
from tenants.models import AuditEvent, User
from tenants.scope import as_clinic
from tests.attribution.clinics import AMBER, BRAMBLE, NOW, Desk, ago, make_desk
from tests.tenants.factories import bob as make_bob

pytestmark = pytest.mark.django_db
NUMBER, SPELT = "+447700900123", "07700 900123"


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def desk(db: None) -> Desk:
    desk = make_desk()
    desk.call(ago(hours=3), AMBER)
    desk.call(ago(hours=2), BRAMBLE)
    desk.book(ago(hours=1), AMBER, key="A-1047")
    desk.attribute()
    return desk


@pytest.fixture
def alice(desk: Desk, client: Client) -> Client:
    client.force_login(User.objects.get(email=f"alice@{desk.clinic.slug}.example"))
    return client


@pytest.fixture
def bob(desk: Desk) -> Client:
    client = Client()
    client.force_login(make_bob(desk.clinic))
    return client


@pytest.fixture
def ring(desk: Desk) -> None:
    """Somebody rang from the number and was missed."""
    make_week(week_of(NOW))
    event = CallEvent(
        source="api", call_key="one", direction=Direction.INBOUND, outcome=Outcome.MISSED, started_at=ago(hours=1),
        number=NUMBER, ring_seconds=20, talk_seconds=0, line="",
    )  # fmt: skip
    intake.record_events(clinic=desk.clinic, events=[event], now=NOW)
    desk.attribute()


def ask(client: Client, words: str) -> Any:
    return client.post("/search/", {"words": words})


def text(response: Any) -> str:
    decoded: str = response.content.decode()
    return decoded


def looked_up(desk: Desk) -> int:
    with as_clinic(desk.clinic.id):
        return AuditEvent.objects.filter(clinic_id=desk.clinic.id, action="caller_looked_up").count()


def test_alone_the_box_says_what_can_be_found(alice: Client) -> None:
    page = text(alice.get("/search/"))
    assert "Amber Heron 42" in page and "A number" in page


@pytest.mark.parametrize(
    ("words", "address"),
    [("hours", "/settings/hours/"), ("WEBHOOK", "/settings/webhooks/"), ("time zone", "/settings/"),
     ("invite", "/settings/people/"), ("e-mail", "/summaries/"), ("licen", "/about/")],
)  # fmt: skip
def test_a_page_is_found_by_its_name_and_by_what_it_is_about(alice: Client, words: str, address: str) -> None:
    assert f'<li><a href="{address}">' in text(ask(alice, words))


def test_a_page_is_offered_to_those_only_who_may_see_it(bob: Client) -> None:
    page = text(ask(bob, "settings"))
    assert "Nothing fits" in page and 'id="found-pages"' not in page


def test_a_caller_is_found_by_the_whole_name_and_by_parts(alice: Client) -> None:
    name = caller_name(AMBER)
    first, animal, number = name.split()
    for words in (name, name.upper(), f"{first} {animal}", animal, first, f"{animal} {number}"):
        assert f'<a href="/callers/{AMBER}/">{name}</a>' in text(ask(alice, words)), words
    other = int(number) + 1 if int(number) < 99 else 10
    assert f"/callers/{AMBER}/" not in text(ask(alice, f"{first} {animal} {other}"))


@pytest.mark.parametrize("seed", range(40))
def test_the_ending_of_an_id_is_read_back_from_its_name(seed: int) -> None:
    caller = uuid.uuid5(uuid.NAMESPACE_URL, str(seed))
    told = read_name(caller_name(caller))
    assert told == ({caller.hex[-3:]}, int(caller_name(caller).rsplit(" ", 1)[1]))


@pytest.mark.parametrize(
    "words", ["", "42", "x", "Amber Heron 9", "Amber Heron 100", "Heron Amber", "Amber Heron 42 x"]
)
def test_what_is_no_name_is_none(words: str) -> None:
    assert read_name(words) is None


def test_of_many_the_latest_are_shown_and_the_page_says_so(alice: Client, desk: Desk) -> None:
    low = AMBER.int & 0xFFF
    for number in range(search.MOST + 1):
        desk.call(ago(days=1, minutes=number), uuid.UUID(int=(number + 1 << 40) | 8 << 76 | 2 << 62 | low))
    desk.attribute()
    page = text(ask(alice, " ".join(caller_name(AMBER).split()[:2])))
    assert page.count('<a href="/callers/') == search.MOST and "These are the latest" in page


def test_a_caller_of_another_clinic_is_not_found(alice: Client) -> None:
    other = make_desk("other-smile")
    stranger = uuid.uuid5(uuid.NAMESPACE_DNS, "stranger")
    other.call(ago(hours=1), stranger)
    other.book(ago(hours=1), stranger, key="THEIRS")
    other.attribute()
    assert str(stranger) not in text(ask(alice, caller_name(stranger)))
    assert "Nothing fits" in text(ask(alice, "THEIRS"))


def test_who_is_past_the_clinics_limit_is_not_found(alice: Client, desk: Desk) -> None:
    with time_machine.travel(ago(days=-91), tick=False):
        alice.force_login(User.objects.get(email=f"alice@{desk.clinic.slug}.example"))
        assert f"/callers/{AMBER}/" not in text(ask(alice, caller_name(AMBER)))


@pytest.mark.parametrize("words", ["A-1047", "#A-1047", " A-1047 "])
def test_an_appointment_is_found_by_its_id(alice: Client, words: str) -> None:
    page = text(ask(alice, words))
    assert f'<a href="/callers/{AMBER}/">A-1047</a>' in page


def test_an_id_of_digits_alone_is_told_from_a_number_by_a_sign(alice: Client, desk: Desk) -> None:
    desk.book(ago(hours=1), AMBER, key="2048123456")
    desk.attribute()
    assert "put # before it" in text(ask(alice, "2048123456"))
    assert ">2048123456</a>" in text(ask(alice, "#2048123456"))


def test_a_number_leads_to_the_callers_story_and_is_on_record_once(alice: Client, desk: Desk, ring: None) -> None:
    response = ask(alice, SPELT)
    [caller] = {row.caller for row in desk.opportunities()} - {AMBER, BRAMBLE}
    assert (response.status_code, response.headers["Location"]) == (303, f"/callers/{caller}/")
    assert looked_up(desk) == 1


@pytest.mark.parametrize("spelling", [NUMBER, SPELT, "(07700) 900-123", "0044 7700 900123", "7700900123"])
def test_any_spelling_of_it_does(alice: Client, ring: None, spelling: str) -> None:
    assert ask(alice, spelling).status_code == 303


def test_a_number_of_nobody_finds_nothing_and_is_on_record_too(alice: Client, desk: Desk) -> None:
    response = ask(alice, "020 7946 0999")
    assert response.status_code == 200 and "Nothing is held" in text(response)
    assert looked_up(desk) == 1


def test_who_may_not_look_up_is_told_who_may(bob: Client, desk: Desk, ring: None) -> None:
    response = ask(bob, SPELT)
    assert response.status_code == 403 and "managers and admins" in text(response)
    assert looked_up(desk) == 0


def test_after_ten_an_hour_there_is_no_more(alice: Client, desk: Desk) -> None:
    for _ in range(10):
        assert ask(alice, SPELT).status_code == 200
    response = ask(alice, SPELT)
    assert response.status_code == 429 and "10 an hour" in text(response)
    assert looked_up(desk) == 10


@pytest.mark.parametrize("typed", [SPELT, NUMBER, "07700 90012", "020 7946 0999"])
@pytest.mark.parametrize("who", ["alice", "bob"])
def test_a_number_stays_nowhere(
    request: pytest.FixtureRequest, who: str, typed: str, ring: None, caplog: pytest.LogCaptureFixture
) -> None:
    client: Client = request.getfixturevalue(who)
    with caplog.at_level(logging.DEBUG), CaptureQueriesContext(connection) as asked:
        response = ask(client, typed)
    digits = "".join(filter(str.isdigit, typed))[-7:]
    kept = [text(response), str(response.headers), caplog.text, *(query["sql"] for query in asked.captured_queries)]
    kept += [str(session.get_decoded()) for session in Session.objects.all()]
    for place in kept:
        assert digits not in place.replace(" ", "") and typed not in place


def test_too_long_a_text_is_refused_and_not_shown_again(alice: Client) -> None:
    response = ask(alice, "x" * 101)
    assert response.status_code == 400 and "xxx" not in text(response)


def test_nothing_asked_finds_nothing(alice: Client) -> None:
    assert ask(alice, "  ").status_code == 200


def test_another_method_is_refused(alice: Client) -> None:
    assert alice.put("/search/").status_code == 405


def test_a_search_asks_little_of_the_database(alice: Client, desk: Desk) -> None:
    ask(alice, caller_name(AMBER))
    with CaptureQueriesContext(connection) as asked:
        ask(alice, caller_name(AMBER))
    selects = [query["sql"] for query in asked.captured_queries if "SELECT" in query["sql"]]
    assert len(selects) <= 13, selects
