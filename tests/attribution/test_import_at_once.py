"""Two files at once, really committed: one is imported, the other waits; and what runs is seen from elsewhere."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from calls import services
from calls.domain import ImportState
from tests.attribution.files import CALLS, count_calls, our_file, runs, send
from tests.tenants.factories import alice, bright_smile
from tests.tenants.sign_in import client_of


@pytest.mark.usefixtures("committed_db")
def test_of_two_at_once_one_is_told_to_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    clinic = bright_smile()
    user = alice()
    is_in, may_go_on = threading.Event(), threading.Event()
    taken: Callable[..., bool] = services.move_run

    def wait_in_the_middle(**told: Any) -> bool:
        is_in.set()
        assert may_go_on.wait(20)
        return taken(**told)

    monkeypatch.setattr(services, "move_run", wait_in_the_middle)
    answers: list[Any] = []
    clients = [client_of(user, clinic) for _ in range(2)]

    def import_first() -> None:
        answers.append(send(clients[0], CALLS, our_file(5)))
        connections.close_all()

    first = threading.Thread(target=import_first)
    first.start()
    try:
        assert is_in.wait(20)
        # What it stored and how far it is can be seen from elsewhere while it goes on.
        assert count_calls(clinic) == 5
        assert [run.state for run in runs(clinic)] == [ImportState.RUNNING]
        assert send(clients[1], CALLS, our_file(5)).status_code == 409
    finally:
        may_go_on.set()
        first.join(20)
    assert [answer.status_code for answer in answers] == [303]
    assert count_calls(clinic) == 5
    assert [run.state for run in runs(clinic)] == [ImportState.DONE]
