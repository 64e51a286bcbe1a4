"""A number on demand: asked for, proved, shown to one person, put on record, and kept nowhere."""

import json
import pickle
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from attribution.models import Opportunity
from calls.selectors import find_account
from calls.telling import ShownNumber
from tenants import throttles
from tenants.events import Event
from tenants.scope import as_clinic
from tests.access.people import Town, found_town
from tests.attribution.numbers import NATIONAL, NUMBER, connect, let_ring
from tests.calls.number_apis import PhoneSystem, served_phone_system
from tests.tenants.trail import details, events

pytestmark = pytest.mark.django_db
DIGITS = re.compile(rb"7700\D{0,3}900\D{0,3}519")


@pytest.fixture
def town() -> Town:
    return found_town()


@pytest.fixture
def system(settings: Settings) -> Iterator[PhoneSystem]:
    with served_phone_system() as served:
        connect(settings, served)
        yield served


def ask(client: Client, address: str, **headers: str) -> HttpResponse:
    return client.post(address, headers=headers)  # type: ignore[return-value]


def text_of(answer: HttpResponse) -> str:
    return " ".join(re.sub(r"<[^>]+>", "", answer.content.decode()).split())


@pytest.mark.parametrize("provider", ["twilio", "ringcentral", "aircall"])
def test_the_clinics_phone_system_tells_the_number(provider: str, town: Town, system: PhoneSystem) -> None:
    waiting = let_ring(town.clinic, timezone.now(), provider)
    answer = ask(town.client("receptionist"), waiting.address)
    assert answer.status_code == 200
    assert NATIONAL in text_of(answer)
    assert f'href="tel:{NUMBER}"' in answer.content.decode()
    assert waiting.call_id in system.asked[-1]


def test_with_a_script_only_the_part_of_the_row_is_answered(town: Town, system: PhoneSystem) -> None:
    waiting = let_ring(town.clinic, timezone.now())
    answer = ask(town.client("receptionist"), waiting.address, **{"HX-Request": "true"})
    page = answer.content.decode()
    assert NATIONAL in page
    assert page.lstrip().startswith(f'<div class="number" id="number-{waiting.opportunity.id}" data-number>')
    assert "<html" not in page


@pytest.mark.parametrize("script", [True, False])
def test_nobody_keeps_the_answer(script: bool, town: Town, system: PhoneSystem) -> None:
    waiting = let_ring(town.clinic, timezone.now())
    answer = ask(town.client("manager"), waiting.address, **({"HX-Request": "true"} if script else {}))
    assert answer["Cache-Control"] == "no-store"
    assert not any(DIGITS.search(f"{name}: {value}".encode()) for name, value in answer.items())
    assert not answer.cookies or not DIGITS.search(str(answer.cookies).encode())
    # In the address that a telephone dials, in what is read, and nowhere else.
    assert len(DIGITS.findall(answer.content)) == 2


def test_it_is_on_record_once_and_without_the_number(town: Town, system: PhoneSystem) -> None:
    waiting = let_ring(town.clinic, timezone.now())
    ask(town.client("receptionist"), waiting.address)
    [row] = events(town.clinic.id, Event.NUMBER_SHOWN)
    assert row.actor_id == town.people["receptionist"].id
    assert row.target == ""
    assert details(row)["opportunity_id"] == str(waiting.opportunity.id)


def test_it_is_kept_nowhere(town: Town, system: PhoneSystem, caplog: pytest.LogCaptureFixture) -> None:
    waiting = let_ring(town.clinic, timezone.now())
    client = town.client("receptionist")
    caplog.set_level("DEBUG")
    with CaptureQueriesContext(connection) as asked:
        ask(client, waiting.address)
    told = [query["sql"].encode() for query in asked.captured_queries]
    session = json.dumps(dict(client.session.items()), default=str).encode()
    assert not [text for text in [*told, session, caplog.text.encode()] if DIGITS.search(text)]
    assert not DIGITS.search(pickle.dumps(getattr(cache, "_cache", {})))
    with connection.cursor() as cursor:
        cursor.execute("SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(f'SELECT string_agg(t::text, chr(10)) FROM "{table}" AS t')
            assert not DIGITS.search((cursor.fetchone()[0] or "").encode()), table


def test_a_shown_number_does_not_leave_the_process() -> None:
    shown = ShownNumber(NATIONAL, f"tel:{NUMBER}")
    assert "7700" not in repr(shown)
    with pytest.raises(TypeError, match="stays in this process"):
        pickle.dumps(shown)


def test_another_number_is_not_shown(town: Town, system: PhoneSystem) -> None:
    waiting = let_ring(town.clinic, timezone.now())
    system.numbers[waiting.call_id] = "+447700900518"
    answer = ask(town.client("receptionist"), waiting.address)
    assert "told a number that is not this caller’s" in text_of(answer)
    assert b"900518" not in answer.content.replace(b" ", b"")
    assert events(town.clinic.id, Event.NUMBER_SHOWN) == []


def test_a_withheld_answer_is_not_shown(town: Town, system: PhoneSystem) -> None:
    waiting = let_ring(town.clinic, timezone.now(), "aircall")
    system.numbers[waiting.call_id] = "anonymous"
    assert "not this caller’s" in text_of(ask(town.client("receptionist"), waiting.address))


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (401, "Twilio refused Ringback’s sign-in"),
        (403, "Twilio refused Ringback’s sign-in"),
        (404, "Twilio does not know this call any more"),
        (429, "Twilio could not be reached just now"),
        (500, "Twilio could not be reached just now"),
        (302, "What Twilio answered could not be read"),
    ],
)
def test_when_it_does_not_tell_the_call_can_be_looked_up(
    status: int, words: str, town: Town, system: PhoneSystem
) -> None:
    waiting = let_ring(town.clinic, timezone.now())
    system.status = status
    shown = text_of(ask(town.client("receptionist"), waiting.address))
    rang = waiting.rang_at.astimezone(town.clinic.zone)
    assert words in shown
    assert f"Rang at {rang:%H:%M:%S} on {rang:%a} {rang.day} {rang:%b}, line Front desk: find it in the" in shown
    assert events(town.clinic.id, Event.NUMBER_SHOWN) == []
    assert len(system.asked) == 1  # somebody waits: nothing is asked twice


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"sid": 5}', b'{"sid": "CA12"}', b"x" * 100])
def test_nonsense_is_no_number(body: bytes, town: Town, system: PhoneSystem) -> None:
    waiting = let_ring(town.clinic, timezone.now())
    system.body = body
    answer = ask(town.client("receptionist"), waiting.address)
    assert answer.status_code == 200
    assert "find it in the phone system’s own list" in text_of(answer)


def test_refused_credentials_are_seen_where_connections_are_looked_after(town: Town, system: PhoneSystem) -> None:
    waiting = let_ring(town.clinic, timezone.now())
    system.status = 401
    ask(town.client("receptionist"), waiting.address)
    line = find_account(town.clinic, waiting.connection_id)
    assert line is not None
    assert line.problem == "refused"


def test_without_an_account_it_says_who_can_make_one(town: Town, system: PhoneSystem) -> None:
    waiting = let_ring(town.clinic, timezone.now(), has_account=False)
    shown = text_of(ask(town.client("receptionist"), waiting.address))
    assert "under Settings, Connections" in shown
    assert system.asked == []


def test_a_call_that_is_gone_over_there_gives_way_to_the_one_before(town: Town, system: PhoneSystem) -> None:
    now, newer = timezone.now(), "CA" + "c3" * 16
    let_ring(town.clinic, now, minutes_ago=30)
    waiting = let_ring(town.clinic, now, call_id=newer, minutes_ago=5)
    shown = text_of(ask(town.client("receptionist"), waiting.address))
    assert NATIONAL in shown
    assert newer in system.asked[0]
    assert len(system.asked) == 2


def test_a_call_past_the_clinics_limit_is_not_asked_about(town: Town, system: PhoneSystem) -> None:
    waiting = let_ring(town.clinic, timezone.now() - timedelta(days=91))
    with as_clinic(town.clinic.id):
        now = timezone.now()
        Opportunity.objects.update(opened_at=now, last_missed_at=now, deadline=now + timedelta(days=2))
    assert "can’t be asked" in text_of(ask(town.client("receptionist"), waiting.address))
    assert system.asked == []


def test_an_entry_past_the_clinics_limit_is_not_here(town: Town, system: PhoneSystem) -> None:
    waiting = let_ring(town.clinic, timezone.now() - timedelta(days=91))
    assert ask(town.client("receptionist"), waiting.address).status_code == 404


@pytest.mark.parametrize("fields", [{"status": "dismissed"}, {"deadline": timezone.now() - timedelta(hours=1)}])
def test_what_is_over_is_not_asked_about(fields: dict[str, Any], town: Town, system: PhoneSystem) -> None:
    waiting = let_ring(town.clinic, timezone.now())
    with as_clinic(town.clinic.id):
        Opportunity.objects.filter(pk=waiting.opportunity.pk).update(**fields)
    answer = ask(town.client("receptionist"), waiting.address)
    assert "taken care of this caller" in text_of(answer)
    assert system.asked == []


@pytest.mark.parametrize(
    ("who", "status"), [("nobody", 302), ("auditor", 403), ("support", 403), ("stranger", 403), ("charlie", 404)]
)
def test_others_see_no_number(who: str, status: int, town: Town, system: PhoneSystem) -> None:
    waiting = let_ring(town.clinic, timezone.now())
    assert ask(town.client(who), waiting.address).status_code == status
    assert system.asked == []


@pytest.mark.parametrize("method", ["get", "put", "delete", "patch"])
def test_it_is_not_shown_by_another_method(method: str, town: Town, system: PhoneSystem) -> None:
    waiting = let_ring(town.clinic, timezone.now())
    assert getattr(town.client("admin"), method)(waiting.address).status_code == 405
    assert system.asked == []


def test_who_asks_for_one_after_the_other_has_to_wait(
    town: Town, system: PhoneSystem, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(throttles, "NUMBERS", throttles.Limit("numbers", 2, 3600))
    waiting, client = let_ring(town.clinic, timezone.now()), town.client("receptionist")
    answers = [ask(client, waiting.address) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert "The next one in 30 minutes" in text_of(answers[2])
    assert "line Front desk" in text_of(answers[2])  # it can still be looked up
    assert not DIGITS.search(answers[2].content)
    assert len(events(town.clinic.id, Event.NUMBER_SHOWN)) == 2
    assert ask(town.client("manager"), waiting.address).status_code == 200  # another person
    with connection.cursor() as cursor, as_clinic(town.clinic.id):
        cursor.execute("SELECT count FROM tenants_refusedcount WHERE what = 'numbers'")
        assert cursor.fetchall() == [(1,)]


def test_an_hour_has_sixty() -> None:
    assert (throttles.NUMBERS.size, throttles.NUMBERS.period) == (60, 3600)
    assert throttles.NUMBERS in throttles.ALL


def test_the_worklist_offers_it_where_a_phone_system_can_be_asked(town: Town) -> None:
    waiting = let_ring(town.clinic, timezone.now())
    shown = {who: town.client(who).get("/worklist/").content.decode() for who in ("receptionist", "auditor", "support")}
    assert waiting.address in shown["receptionist"]
    assert waiting.address not in shown["auditor"] + shown["support"]
    assert all("Find the number" in page for page in shown.values())


def test_the_worklist_does_not_offer_it_elsewhere(town: Town) -> None:
    waiting = let_ring(town.clinic, timezone.now(), call_id="CA-not-of-twilios-form")
    page = town.client("receptionist").get("/worklist/").content.decode()
    assert f"opp-{waiting.opportunity.id}" in page
    assert waiting.address not in page


def test_no_page_and_no_answer_shows_the_phone_systems_id(town: Town, system: PhoneSystem) -> None:
    waiting, client = let_ring(town.clinic, timezone.now()), town.client("admin")
    pages = [client.get(path).content.decode() for path in ("/worklist/", "/calls/", "/settings/connections/")]
    pages.append(ask(client, waiting.address).content.decode())
    assert not [page for page in pages if waiting.call_id in page]


def test_it_costs_few_queries(town: Town, system: PhoneSystem) -> None:
    waiting, client = let_ring(town.clinic, timezone.now()), town.client("receptionist")
    ask(client, waiting.address)  # the clinic's keys are read, the bucket is there
    with CaptureQueriesContext(connection) as asked:
        ask(client, waiting.address, **{"HX-Request": "true"})
    reads = [query["sql"] for query in asked.captured_queries if query["sql"].lstrip().startswith("SELECT")]
    reads = [sql for sql in reads if "set_config" not in sql]
    assert len(reads) <= 13, "\n".join(reads)
