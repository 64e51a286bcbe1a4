"""What outgoing webhooks are told, when, how often and in which form; and what they are never told."""

import re
import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from attribution import services
from attribution.deliveries import OutgoingEvent
from attribution.models import Appointment
from attribution.selectors import get_worklist
from calls.domain import Outcome
from calls.models import Call
from tenants.scope import as_clinic
from tests.attribution.clinics import AMBER, BRAMBLE, Desk, make_desk
from tests.attribution.receivers import Receiver, listening, messages, send, subscribe, target
from tests.tenants.factories import bob as make_bob

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk() -> Desk:
    """Now, because the library that checks signatures looks at the clock."""
    desk = make_desk()
    desk.now = timezone.now()
    return desk


def miss(desk: Desk, caller: uuid.UUID = AMBER, **ago: float) -> None:
    desk.call(desk.now - timedelta(**(ago or {"seconds": 5})), caller, line="New patients")
    desk.attribute()


def win(desk: Desk) -> uuid.UUID:
    """A missed caller is called back and books."""
    desk.call(desk.now - timedelta(hours=3))
    desk.call_back(desk.now - timedelta(hours=2))
    made = desk.book(desk.now - timedelta(hours=1), value="85.00")
    desk.attribute()
    return made


def later(desk: Desk, **more: float) -> None:
    desk.now += timedelta(**more)


def meet(receiver: Receiver, settings: Settings) -> str:
    settings.WEBHOOK_INNER_HOSTS = [receiver.friend]
    return receiver.url


def test_a_missed_call_is_told_after_half_a_minute(desk: Desk, settings: Settings) -> None:
    with listening() as receiver:
        made = subscribe(desk, meet(receiver, settings), OutgoingEvent.MISSED_CALL)
        miss(desk)
        assert send(desk) == 0  # a ring group's other phones may still answer
        later(desk, seconds=31)
        assert send(desk) == 1
        assert send(desk) == 0
        told = receiver.read(0, made.secret)
    row = desk.opportunity
    [message] = messages(desk)
    assert told["type"] == "missed_call.opened"
    assert told["data"] == {
        "clinic": desk.clinic.slug, "opportunity": str(row.id), "caller": str(AMBER), "status": "open", "attempts": 1,
        "callbacks": 0, "line": "New patients", "opened_at": utc(row.opened_at), "last_missed_at": utc(row.opened_at),
    }  # fmt: skip
    assert receiver.ids == [f"msg_{message.id.hex}"]
    assert (message.delivered_at, message.tries, message.last_status) == (desk.now, 1, 204)


def utc(at: Any) -> str:
    return str(at.isoformat(timespec="microseconds")).replace("+00:00", "Z")


def test_a_call_that_another_phone_answered_is_told_to_nobody(desk: Desk, settings: Settings) -> None:
    with listening() as receiver:
        subscribe(desk, meet(receiver, settings))
        miss(desk)
        with as_clinic(desk.clinic.id):  # the next leg of the same call
            Call.objects.update(outcome=Outcome.ANSWERED, talk_seconds=60)
        desk.leave(AMBER, desk.local(desk.now))
        desk.attribute()
        later(desk, seconds=31)
        send(desk)
        assert receiver.bodies == []
    assert messages(desk) == []


def test_a_recovery_is_told_once_with_what_it_is_worth(desk: Desk, settings: Settings) -> None:
    with listening() as receiver:
        made = subscribe(desk, meet(receiver, settings), OutgoingEvent.RECOVERED)
        win(desk)
        send(desk)
        services.rebuild_metrics(clinic_id=desk.clinic.id, now=desk.now)
        desk.leave(AMBER, desk.local(desk.now))
        desk.attribute()
        assert send(desk) == 0
        told = receiver.read(0, made.secret)
    assert told["type"] == "opportunity.recovered"
    assert (told["data"]["value"], told["data"]["currency"]) == ("85.00", desk.clinic.currency)
    assert (told["data"]["status"], told["data"]["rule"]) == ("recovered", "callback")


def test_a_recovery_that_was_taken_back_before_it_was_told_is_not_told(desk: Desk, settings: Settings) -> None:
    with listening() as receiver:
        subscribe(desk, meet(receiver, settings), OutgoingEvent.RECOVERED)
        booking = win(desk)
        assert len(messages(desk)) == 1
        with as_clinic(desk.clinic.id):
            Appointment.objects.filter(pk=booking).update(status="cancelled")
        desk.leave(AMBER, desk.local(desk.now))
        desk.attribute()
        send(desk)
        assert receiver.bodies == []


def test_no_recomputation_tells_anything_twice(desk: Desk) -> None:
    subscribe(desk, "https://hooks.example.com/x")
    miss(desk)
    for _ in range(3):
        services.rebuild_metrics(clinic_id=desk.clinic.id, now=desk.now)
        desk.leave(AMBER, desk.local(desk.now))
        desk.attribute()
    miss(desk, seconds=1)  # the same caller again: the same opportunity
    assert [message.event for message in messages(desk)] == ["missed_call.opened"]


def test_history_is_no_news(desk: Desk) -> None:
    subscribe(desk, "https://hooks.example.com/x")
    for hours in (25, 100, 1000):
        desk.call(desk.now - timedelta(hours=hours), uuid.uuid4())
    caller = uuid.uuid4()
    desk.call(desk.now - timedelta(hours=100), caller)
    desk.call_back(desk.now - timedelta(hours=99), caller)
    desk.book(desk.now - timedelta(hours=98), caller)
    desk.attribute()
    assert messages(desk) == []


def test_what_happened_before_a_target_was_there_or_while_it_was_paused_is_not_told(desk: Desk) -> None:
    miss(desk, hours=1)
    url = "https://hooks.example.com/x"
    details = services.TargetDetails("Chat", url, (OutgoingEvent.MISSED_CALL,))
    made = services.add_target(clinic_id=desk.clinic.id, details=details, now=desk.now)
    miss(desk, minutes=30)
    assert messages(desk) == []
    services.pause_target(clinic_id=desk.clinic.id, target_id=made.id, now=desk.now)
    later(desk, minutes=10)
    miss(desk, BRAMBLE)
    assert messages(desk) == []
    later(desk, minutes=10)
    services.resume_target(clinic_id=desk.clinic.id, target_id=made.id, now=desk.now)
    miss(desk, BRAMBLE, minutes=1)
    assert messages(desk) == []
    later(desk, minutes=10)
    miss(desk, uuid.uuid4())
    assert len(messages(desk)) == 1


def test_only_what_was_chosen_is_told_and_only_to_the_own_clinic(desk: Desk) -> None:
    other = make_desk("oak-street")
    other.now = desk.now
    subscribe(desk, "https://hooks.example.com/x", OutgoingEvent.RECOVERED)
    subscribe(other, "https://hooks.example.com/y")
    miss(desk)
    assert (messages(desk), messages(other)) == ([], [])


def test_a_fact_and_its_message_are_one_transaction(desk: Desk) -> None:
    """What rolls back is told to nobody: the change stays, and no message is left behind."""
    subscribe(desk, "https://hooks.example.com/x")
    desk.call(desk.now - timedelta(seconds=5))
    with pytest.raises(ZeroDivisionError), as_clinic(desk.clinic.id):
        services.attribute_changes(clinic_id=desk.clinic.id, now=desk.now)
        raise ZeroDivisionError
    assert messages(desk) == []
    desk.attribute()
    assert len(messages(desk)) == 1


def test_nothing_is_asked_about_history(desk: Desk) -> None:
    """Old calls cost no statement; news costs one a batch, however many there are."""
    old, new = [count_statements(desk, hours) for hours in (50, 1)]
    assert new == old + 1


def count_statements(desk: Desk, hours: int) -> int:
    for number in range(3):
        desk.call(desk.now - timedelta(hours=hours, minutes=number), uuid.uuid4())
    with CaptureQueriesContext(connection) as seen:
        services.attribute_changes(clinic_id=desk.clinic.id, now=desk.now)
    return len(seen)


def test_no_message_holds_a_number(desk: Desk, settings: Settings) -> None:
    with listening() as receiver:
        subscribe(desk, meet(receiver, settings))
        desk.call(desk.now - timedelta(seconds=5), line="Desk 020 7946 0018")  # intake would have refused it
        desk.attribute()
        win_of(desk, BRAMBLE)
        later(desk, seconds=31)
        send(desk)
        assert len(receiver.bodies) == 2
        for body in receiver.bodies:
            text = body.decode().replace(desk.clinic.slug, "")
            plain = re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\d{4}-\d\d-\d\dT[\d:.]+Z", "", text)
            assert not re.search(r"(\d[ -]?){7}", plain), plain


def win_of(desk: Desk, caller: uuid.UUID) -> None:
    desk.call(desk.now - timedelta(hours=3), caller)
    desk.call_back(desk.now - timedelta(hours=2), caller)
    desk.book(desk.now - timedelta(hours=1), caller, value="85.00")
    desk.attribute()


def test_two_secrets_are_good_for_a_day(desk: Desk, settings: Settings) -> None:
    with listening() as receiver:
        first = subscribe(desk, meet(receiver, settings))
        second = services.rotate_target_secret(clinic_id=desk.clinic.id, target_id=first.id, now=desk.now)
        services.send_test(clinic_id=desk.clinic.id, target_id=first.id, now=desk.now)
        send(desk)
        assert receiver.read(0, first.secret) == receiver.read(0, second.secret)
        assert receiver.read(0, second.secret)["type"] == "test"
        with as_clinic(desk.clinic.id):
            row = target(desk, first)
            row.old_secret_until = desk.now
            row.save()
        services.send_test(clinic_id=desk.clinic.id, target_id=first.id, now=desk.now)
        send(desk)
        assert receiver.headers[1]["webhook-signature"].count("v1,") == 1
        assert receiver.read(1, second.secret)["type"] == "test"


def test_an_earlier_call_that_comes_late_is_the_same_caller_still(desk: Desk) -> None:
    """A lost webhook is fetched later: the same opportunity begins earlier; nobody is told twice, no claim is lost."""
    subscribe(desk, "https://hooks.example.com/x")
    miss(desk, minutes=60)
    first = desk.opportunity.id
    bob = make_bob(desk.clinic).id
    services.claim_caller(clinic_id=desk.clinic.id, opportunity_id=first, user_id=bob, now=desk.now)
    miss(desk, minutes=70)
    assert desk.opportunity.id == first
    assert desk.opportunity.opened_at == desk.now - timedelta(minutes=70)
    assert len(messages(desk)) == 1
    [row] = get_worklist(desk.clinic, desk.now, viewer=bob).rows
    assert row.claim is not None and row.claim.is_mine


def test_a_recovery_whose_first_call_comes_late_is_told_once(desk: Desk) -> None:
    subscribe(desk, "https://hooks.example.com/x")
    win(desk)
    miss(desk, hours=5)
    assert [message.event for message in messages(desk)].count(OutgoingEvent.RECOVERED) == 1
