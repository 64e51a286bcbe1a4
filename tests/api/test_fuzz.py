"""Requests made up from our own schema, good and bad ones, with two clinics' keys and a token: every answer is one that
the schema documents, and holds nothing of the other clinic."""

from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, seed, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.api.doors import DOORS, OPEN_DOORS
from tests.api.world import Belongings, bright_smile, lift_limits, oak_street

pytestmark = pytest.mark.django_db
EXAMPLES = 8  # of each operation, for each kind of request and of client
CHECKS = [schemathesis.checks.not_a_server_error, status_code_conformance, content_type_conformance,
          response_schema_conformance]  # fmt: skip
FUZZ = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


class Application:
    """The product as a server calls it, but that it keeps the connection that the test is in between requests."""

    def __init__(self) -> None:
        self._handler = get_wsgi_application()

    def __call__(self, environ: Any, start_response: Any) -> Any:
        for signal in (request_started, request_finished):
            signal.disconnect(close_old_connections)  # each time: Django's own test client connects them again
        return self._handler({**environ, "HTTP_ACCEPT_ENCODING": "identity"}, start_response)


@pytest.fixture
def schema(db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    lift_limits(monkeypatch)
    yield schemathesis.openapi.from_wsgi("/api/v1/schema/?format=json", Application())
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def clinics(db: None) -> tuple[Belongings, Belongings]:
    return bright_smile(), oak_street()


def test_the_schema_has_every_door(schema: Any) -> None:
    assert len(list(schema.get_all_operations())) == len(DOORS) + len(OPEN_DOORS)


@pytest.mark.parametrize("mode", list(GenerationMode))
@pytest.mark.parametrize(("way", "who"), [("key", 0), ("key", 1), ("token", 0)])
def test_every_answer_is_documented_and_holds_nothing_of_others(
    mode: GenerationMode, way: str, who: int, schema: Any, clinics: tuple[Belongings, Belongings]
) -> None:
    for operation in schema.get_all_operations():
        fuzz(operation.ok(), mode, way, clinics[who], clinics[1 - who])


def fuzz(operation: Any, mode: GenerationMode, way: str, ours: Belongings, theirs: Belongings) -> None:
    asking = getattr(ours, way)

    @seed(4711)
    @FUZZ
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        answer = case.call(headers=asking.headers)
        case.validate_response(answer, checks=CHECKS)
        said = b"".join(f"{name}: {value}".encode() for name, value in answer.headers.items()) + answer.content
        assert [secret for secret in theirs.secrets if secret in said] == []

    ask()


def test_ids_of_others_in_requests_that_are_good_otherwise(schema: Any, clinics: tuple[Belongings, Belongings]) -> None:
    ours, theirs = clinics
    for operation in schema.get_all_operations():
        for id_ in theirs.ids:
            swap_ids(operation.ok(), ours, theirs, id_)


def swap_ids(operation: Any, ours: Belongings, theirs: Belongings, id_: str) -> None:
    names = [parameter.name for parameter in operation.path_parameters]
    if not names:
        return

    @seed(4711)
    @settings(FUZZ, max_examples=2)
    @given(case=operation.as_strategy())
    def ask(case: Any) -> None:
        case.path_parameters = dict.fromkeys(names, id_)
        answer = case.call(headers=ours.key.headers)
        assert answer.status_code in {400, 404}
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code == 404:
            assert id_.encode() not in answer.content

    ask()
