"""Delivering: at least once, tried again, given up, switched off, and one slow receiver keeps no other waiting."""

import threading
import time
import uuid
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone
from pytest_django import Settings

from attribution import outbox, services
from attribution.deliveries import LONGEST_FAILURE, RETRY_AFTER, OutgoingEvent
from attribution.models import OutgoingMessage
from attribution.services import sending
from attribution.services.sending import LEASE, claim_letters, deliver, note_outcome
from tenants.models import AuditEvent
from tenants.scope import as_clinic
from tests.attribution.clinics import AMBER, Desk, make_desk
from tests.attribution.receivers import Receiver, listening, messages, send, subscribe, target

pytestmark = pytest.mark.django_db
TEST = OutgoingEvent.MISSED_CALL


@pytest.fixture
def desk() -> Desk:
    return open_desk()


def open_desk() -> Desk:
    desk = make_desk()
    desk.now = timezone.now()
    return desk


def wait_for_one(desk: Desk, caller: uuid.UUID = AMBER) -> None:
    """A missed call whose message is due."""
    desk.call(desk.now - timedelta(seconds=5), caller)
    desk.attribute()
    desk.now += timedelta(seconds=31)


def meet(settings: Settings, *receivers: Receiver) -> None:
    settings.WEBHOOK_INNER_HOSTS = [receiver.friend for receiver in receivers]


def events(desk: Desk) -> list[str]:
    with as_clinic(desk.clinic.id):
        return list(AuditEvent.objects.filter(action__startswith="outgoing_").values_list("action", flat=True))


def test_what_fails_comes_again_under_the_same_id(desk: Desk, settings: Settings) -> None:
    with listening(500, 404, 204) as receiver:
        meet(settings, receiver)
        made = subscribe(desk, receiver.url, TEST)
        wait_for_one(desk)
        for gap in RETRY_AFTER[:2]:
            assert send(desk) == 1
            assert send(desk) == 0  # not before its time
            assert target(desk, made).failing_since is not None
            desk.now += gap * 1.2
        assert send(desk) == 1
        assert len(set(receiver.ids)) == 1
        assert receiver.bodies[0] == receiver.bodies[2]
    [message] = messages(desk)
    assert (message.tries, message.last_status, message.delivered_at) == (3, 204, desk.now)
    assert target(desk, made).failing_since is None


def test_after_the_last_try_it_is_given_up(desk: Desk, settings: Settings) -> None:
    with listening(500) as receiver:
        meet(settings, receiver)
        made = subscribe(desk, receiver.url, TEST)
        wait_for_one(desk)
        with as_clinic(desk.clinic.id):
            OutgoingMessage.objects.update(tries=len(RETRY_AFTER))
        assert send(desk) == 1
    [message] = messages(desk)
    assert (message.given_up_at, message.last_status) == (desk.now, 500)
    assert target(desk, made).switched_off_at is None


@pytest.mark.parametrize("status", [301, 307])
def test_a_redirect_is_not_followed(desk: Desk, settings: Settings, status: int) -> None:
    with listening(status, 204) as receiver:
        meet(settings, receiver)
        subscribe(desk, receiver.url, TEST)
        wait_for_one(desk)
        assert send(desk) == 1
        assert len(receiver.bodies) == 1
    assert [(one.last_status, one.delivered_at) for one in messages(desk)] == [(status, None)]


def test_410_switches_it_off_and_tells_the_admins(desk: Desk, settings: Settings) -> None:
    with listening(410) as receiver:
        meet(settings, receiver)
        made = subscribe(desk, receiver.url, TEST)
        wait_for_one(desk)
        send(desk)
        wait_for_one(desk, uuid.uuid4())
        assert send(desk) == 0
    assert target(desk, made).switched_off_at is not None
    assert events(desk) == ["outgoing_added", "outgoing_switched_off"]
    [letter] = mail.outbox
    assert letter.to == [f"alice@{desk.clinic.slug}.example"]
    assert "Chat" in letter.subject
    assert "s3cret-path" not in letter.body


def test_three_days_of_failures_switch_it_off_and_resuming_begins_anew(desk: Desk, settings: Settings) -> None:
    with listening(500) as receiver:
        meet(settings, receiver)
        made = subscribe(desk, receiver.url, TEST)
        wait_for_one(desk)
        send(desk)
        desk.now += LONGEST_FAILURE
        send(desk)
        assert target(desk, made).switched_off_at == desk.now
        assert len(mail.outbox) == 1
        services.resume_target(clinic_id=desk.clinic.id, target_id=made.id, now=desk.now)
        receiver.statuses[:] = [204]
        desk.now += timedelta(hours=1)
        assert send(desk) == 1  # what waited
    assert target(desk, made).failing_since is None


def test_a_test_is_tried_once_and_switches_nothing_off(desk: Desk, settings: Settings) -> None:
    with listening(410) as receiver:
        meet(settings, receiver)
        made = subscribe(desk, receiver.url)
        services.send_test(clinic_id=desk.clinic.id, target_id=made.id, now=desk.now)
        assert (send(desk), send(desk)) == (1, 0)
    assert messages(desk)[0].given_up_at is not None
    assert (target(desk, made).failing_since, target(desk, made).switched_off_at) == (None, None)


@pytest.mark.parametrize("port", [1])
def test_who_does_not_answer_is_one_word_in_the_log(desk: Desk, settings: Settings, port: int) -> None:
    settings.WEBHOOK_INNER_HOSTS = [f"127.0.0.1:{port}"]
    subscribe(desk, f"http://127.0.0.1:{port}/x", TEST)
    wait_for_one(desk)
    send(desk)
    assert [(one.last_status, one.last_problem) for one in messages(desk)] == [(None, "connect")]


def test_an_address_that_is_refused_today_is_not_asked(desk: Desk, settings: Settings) -> None:
    with listening() as receiver:
        meet(settings, receiver)
        subscribe(desk, receiver.url, TEST)
        settings.WEBHOOK_INNER_HOSTS = []
        wait_for_one(desk)
        send(desk)
        assert receiver.bodies == []
    assert [one.last_problem for one in messages(desk)] == ["refused_address"]


def test_a_sender_that_dies_leaves_a_lease_and_the_message_goes_again(desk: Desk, settings: Settings) -> None:
    with listening() as receiver:
        meet(settings, receiver)
        subscribe(desk, receiver.url, TEST)
        wait_for_one(desk)
        [letter] = claim_letters(desk.clinic.id, desk.now, 9, [])
        assert deliver(letter, desk.now).is_delivered  # and nobody is left to note it
        assert send(desk) == 0
        desk.now += LEASE
        assert send(desk) == 1
        assert len(receiver.ids) == 2
        assert len(set(receiver.ids)) == 1
        assert receiver.bodies[0] == receiver.bodies[1]


def test_a_target_that_was_removed_meanwhile_takes_its_messages_with_it(desk: Desk, settings: Settings) -> None:
    with listening() as receiver:
        meet(settings, receiver)
        made = subscribe(desk, receiver.url, TEST)
        wait_for_one(desk)
        [letter] = claim_letters(desk.clinic.id, desk.now, 9, [])
        outcome = deliver(letter, desk.now)
        services.remove_target(clinic_id=desk.clinic.id, target_id=made.id)
        note_outcome(letter, outcome, desk.now)
    assert messages(desk) == []


def test_a_paused_target_gets_nothing_and_what_waited_afterwards(desk: Desk, settings: Settings) -> None:
    with listening() as receiver:
        meet(settings, receiver)
        made = subscribe(desk, receiver.url, TEST)
        wait_for_one(desk)
        services.pause_target(clinic_id=desk.clinic.id, target_id=made.id, now=desk.now)
        assert send(desk) == 0
        assert outbox.clinics_with_messages(desk.now) == []  # no sweep looks at it again and again
        services.resume_target(clinic_id=desk.clinic.id, target_id=made.id, now=desk.now)
        assert send(desk) == 1


def test_one_slow_receiver_keeps_no_other_waiting(desk: Desk, settings: Settings) -> None:
    with listening() as slow, listening() as quick:
        meet(settings, slow, quick)
        subscribe(desk, slow.url, TEST)
        subscribe(desk, quick.url, TEST, name="Quick")
        slow.open_gate.clear()
        for _ in range(5):
            desk.call(desk.now - timedelta(seconds=5), uuid.uuid4())
        desk.attribute()
        desk.now += timedelta(seconds=31)

        def open_when_the_other_is_done() -> None:
            wait_until(lambda: len(quick.bodies) == 5)
            slow.open_gate.set()

        opener = threading.Thread(target=open_when_the_other_is_done)
        opener.start()
        assert send(desk) == 10
        opener.join()
        assert len(slow.bodies) == 5


def wait_until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        threading.Event().wait(0.01)


def test_no_more_than_two_go_to_one_target_at_a_time(desk: Desk, settings: Settings) -> None:
    with listening() as slow:
        meet(settings, slow)
        subscribe(desk, slow.url, TEST)
        slow.open_gate.clear()
        for _ in range(5):
            desk.call(desk.now - timedelta(seconds=5), uuid.uuid4())
        desk.attribute()
        desk.now += timedelta(seconds=31)
        assert len(claim_letters(desk.clinic.id, desk.now, 16, [])) == sending.PER_TARGET


def test_when_nothing_is_due_a_sweep_is_one_look(desk: Desk, django_assert_num_queries: object) -> None:
    for number in range(3):
        subscribe(desk, "https://hooks.example.com/x", TEST, name=f"Chat {number}")
    with django_assert_num_queries(5):  # type: ignore[operator]  # the look within its scope, which is a savepoint
        assert send(desk) == 0
