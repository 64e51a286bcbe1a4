"""Through the served product: a missed call reaches a receiver outside, also when the worker is killed on the way."""

import re
from collections.abc import Iterator

import pytest

from tests.attribution.receivers import Receiver, listening
from tests.journeys.world import World
from tests.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.journey]
WORDS = {"name": "Chat", "events": "missed_call.opened"}


@pytest.fixture
def receiver(stack: Stack) -> Iterator[Receiver]:
    """Named to web and worker as a friend, which is the only way to reach this machine."""
    with listening() as receiver:
        stack.environ["WEBHOOK_INNER_HOSTS"] = receiver.friend
        renew(stack)
        yield receiver
        del stack.environ["WEBHOOK_INNER_HOSTS"]
        receiver.open_gate.set()
        renew(stack)


def renew(stack: Stack) -> None:
    for name in ("web", "worker"):
        stack.kill(name)
        stack.restart(name)


def add_webhook(world: World, receiver: Receiver) -> str:
    """By the page; the secret that it shows."""
    page = world.desk.get(f"{world.stack.url}/settings/webhooks/add/", timeout=10)
    answer = world._submit(world.desk, page, {**WORDS, "url": receiver.url})
    assert "whsec_" in answer.text, answer.text[:2000]
    return "whsec_" + answer.text.partition("whsec_")[2].partition("<")[0]


def test_a_missed_call_reaches_a_receiver_once_more_after_a_kill(stack: Stack, receiver: Receiver) -> None:
    world = World(stack)
    secret = add_webhook(world, receiver)
    receiver.open_gate.clear()
    assert world.send_message().status_code == 204
    assert receiver.came.wait(90)  # half a minute for a ring group to settle
    stack.kill("worker")  # with the message on its way
    receiver.open_gate.set()
    stack.restart("worker")
    stack.wait_until(lambda: len(receiver.ids) == 2, timeout=90)  # when the lease has run out
    assert receiver.ids[0] == receiver.ids[1]
    assert receiver.bodies[0] == receiver.bodies[1]
    told = receiver.read(1, secret)
    [opportunity] = world.get("/opportunities/")["results"]
    assert told["type"] == "missed_call.opened"
    assert (told["data"]["opportunity"], told["data"]["caller"]) == (opportunity["id"], opportunity["caller"])
    assert "7700900123" not in receiver.bodies[1].decode()
    stack.wait_until(lambda: "Delivered" in world.page(target_page(world)), timeout=30)
    assert len(receiver.ids) == 2


def target_page(world: World) -> str:
    found = re.search(r"/settings/webhooks/[0-9a-f-]{36}/", world.page("/settings/webhooks/"))
    assert found is not None
    return found[0]
