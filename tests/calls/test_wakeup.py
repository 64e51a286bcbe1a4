"""Waking a worker: once per burst, never a failure, never a long wait."""

import uuid
from collections.abc import Iterator
from unittest import mock

import pytest
from kombu.exceptions import OperationalError
from redis.exceptions import ConnectionError as RedisConnectionError

from calls import wakeup


@pytest.fixture
def send() -> Iterator[mock.MagicMock]:
    wakeup._quiet_until.clear()
    with mock.patch("calls.wakeup.current_app.send_task") as send_task:
        yield send_task
    wakeup._quiet_until.clear()


def test_it_names_the_clinic_and_nothing_else(send: mock.MagicMock) -> None:
    clinic = uuid.uuid4()
    wakeup.wake_worker(clinic)
    assert send.call_args.args[1] == [str(clinic)]
    assert set(send.call_args.kwargs) <= {"retry", "expires"}


def test_a_burst_wakes_once_and_each_clinic_for_itself(send: mock.MagicMock) -> None:
    one, other = uuid.uuid4(), uuid.uuid4()
    for clinic in (one, one, other, one, other):
        wakeup.wake_worker(clinic)
    assert [call.args[1] for call in send.call_args_list] == [[str(one)], [str(other)]]


@pytest.mark.parametrize("error", [OperationalError(), RedisConnectionError(), ConnectionRefusedError()])
def test_a_broker_that_is_away_costs_nobody_a_call(send: mock.MagicMock, error: Exception) -> None:
    send.side_effect = error
    wakeup.wake_worker(uuid.uuid4())
    wakeup.wake_worker(uuid.uuid4())  # does not ask again so soon
    assert send.call_count == 1
