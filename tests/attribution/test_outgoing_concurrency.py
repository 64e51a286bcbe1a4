"""Two senders at once, and what others can do while a message is on its way; with data that is really committed."""

import threading
import uuid
from datetime import timedelta

from django.db import connections
from pytest_django import Settings

from attribution import services
from tests.attribution.clinics import Desk
from tests.attribution.receivers import listening, messages, send, subscribe
from tests.attribution.test_outgoing_delivery import TEST, meet, open_desk, wait_for_one
from tests.attribution.test_worker import run_at_once


def test_two_workers_send_each_message_once(committed_db: None, settings: Settings) -> None:
    desk = open_desk()
    with listening() as receiver:
        meet(settings, receiver)
        subscribe(desk, receiver.url, TEST)
        for _ in range(30):
            desk.call(desk.now - timedelta(seconds=5), uuid.uuid4())
        desk.attribute()
        desk.now += timedelta(seconds=31)
        sent = run_at_once(lambda: send(desk), lambda: send(desk))
        while send(desk):
            pass
        assert sorted(receiver.ids) == sorted({*receiver.ids})
        assert len(receiver.ids) == 30
    assert sum(int(str(one)) for one in sent) <= 30


def test_while_a_message_is_on_its_way_no_transaction_is_open(committed_db: None, settings: Settings) -> None:
    """Others can lock the message and its target, for as long as a receiver takes its time."""
    desk = open_desk()
    with listening() as receiver:
        meet(settings, receiver)
        made = subscribe(desk, receiver.url, TEST)
        wait_for_one(desk)
        receiver.open_gate.clear()
        sender = threading.Thread(target=run_apart, args=(desk,))
        sender.start()
        assert receiver.came.wait(20)
        assert services.pause_target(clinic_id=desk.clinic.id, target_id=made.id, now=desk.now)
        receiver.open_gate.set()
        sender.join(20)
    assert messages(desk)[0].delivered_at is not None


def run_apart(desk: Desk) -> None:
    try:
        send(desk)
    finally:
        connections.close_all()
