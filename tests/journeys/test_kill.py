"""kill -9 of each part in mid-flow: what was answered 2xx is there, once, and ends up attributed and counted once."""

import threading
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
import requests

from tests.journeys.world import World
from tests.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.journey]
CALLS = 240
SENDERS = 4


@dataclass
class Sender:
    """A phone system that sends every call until it is told that it was stored; `sent` counts its tries."""

    world: World
    calls: list[tuple[str, str]]  # (CallSid, number)
    sent: int = 0
    half_way: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        for position, (sid, number) in enumerate(self.calls):
            if position == len(self.calls) // 3:
                self.half_way.set()
            while not self._is_stored(sid, number):
                self.half_way.wait(0.05)

    def _is_stored(self, sid: str, number: str) -> bool:
        self.sent += 1
        try:
            return self.world.send_message(CallSid=sid, From=number).status_code == 204
        except requests.RequestException:
            return False


@pytest.mark.parametrize("victim", ["web", "worker", "postgres", "valkey", "beat"])
def test_nothing_is_lost_and_nothing_counted_twice(stack: Stack, victim: str) -> None:
    world = World(stack)
    world.hook  # noqa: B018 - made before the noise begins
    calls = [("CA" + uuid.uuid4().hex, f"+4477009{index:05d}") for index in range(CALLS)]
    senders = [Sender(world, calls[start::SENDERS]) for start in range(SENDERS)]
    threads = [threading.Thread(target=sender.run) for sender in senders]
    for thread in threads:
        thread.start()
    for sender in senders:
        assert sender.half_way.wait(60)
    stack.kill(victim)
    stack.restart(victim)
    for thread in threads:
        thread.join(120)
    assert not any(thread.is_alive() for thread in threads)

    assert world.count("calls_call") == CALLS
    stack.wait_until(lambda: world.count("calls_change") + world.count("attribution_daychange") == 0)
    assert world.count("attribution_opportunity") == CALLS
    today = datetime.now(UTC).date()
    days = world.get(f"/metrics/daily/?from={today - timedelta(days=1)}&to={today + timedelta(days=1)}")["results"]
    assert sum(day["missed"] for day in days) == sum(day["opportunities"] for day in days) == CALLS


def test_with_the_broker_away_calls_are_stored_and_attributed_later(stack: Stack) -> None:
    world = World(stack)
    world.hook  # noqa: B018
    stack.kill("valkey")
    try:
        assert [world.send_message(From=f"+44770090{index:04d}").status_code for index in range(3)] == [204] * 3
    finally:
        stack.restart("valkey")
    stack.wait_until(lambda: world.count("attribution_opportunity") == 3)


def test_with_the_database_away_nothing_is_answered_2xx(stack: Stack) -> None:
    world = World(stack)
    assert world.send_message().status_code == 204
    stack.kill("postgres")
    try:
        answer = world.send_message(From="+447700900124")
        assert answer.status_code == 503
        assert answer.headers["Retry-After"]
    finally:
        stack.restart("postgres")
    stack.wait_until(lambda: world.send_message(From="+447700900124").status_code == 204, timeout=30)
    assert world.count("calls_call") == 2


def test_a_worker_that_takes_nothing_any_more_is_renewed(stack: Stack) -> None:
    """Alive to look at, as after a connection that was lost unnoticed; it ends itself, and the next one goes on."""
    world = World(stack)
    world.hook  # noqa: B018
    ended = len(stack.ended)
    stack.celery("control", "cancel_consumer", "celery")
    assert world.send_message().status_code == 204
    stack.wait_until(lambda: stack.ended[ended:] == ["worker"])  # a task that it had taken may have found the call
    stack.wait_until(lambda: world.count("attribution_opportunity") == 1)
