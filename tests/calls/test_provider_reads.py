"""`READS` of every adapter is true: it names what is read of a message, all of it and nothing else.

The sample payloads are read through objects that note what they are asked for.
"""

import contextlib
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from calls.domain import Refused, VerifiedBody
from calls.field_names import list_field_names
from calls.providers import PROVIDERS, fields, twilio
from tenants.strict_json import read_json
from tests.calls.phone_systems import NOW, PAYLOADS, SYSTEMS


class Noted(dict[str, Any]):
    """An object that notes the path of each field that is asked for."""

    def __init__(self, values: dict[str, Any], path: str, seen: set[str]) -> None:
        super().__init__({name: note(value, f"{path}{name}", seen) for name, value in values.items()})
        self.path, self.seen = path, seen

    def get(self, name: str, default: Any = None) -> Any:
        self.seen.add(self.path + name)
        return super().get(name, default)

    def __contains__(self, name: object) -> bool:
        self.seen.add(f"{self.path}{name}")
        return super().__contains__(name)


def note(value: Any, path: str, seen: set[str]) -> Any:
    if isinstance(value, dict):
        return Noted(value, f"{path}." if path else "", seen)
    if isinstance(value, list):
        return [note(each, f"{path}[]", seen) for each in value]
    return value


def leaves(paths: Iterable[str]) -> set[str]:
    """Without the objects and lists that are only on the way to a field."""
    found = set(paths)
    return {path for path in found if not any(other.startswith((f"{path}.", f"{path}[]")) for other in found)}


@pytest.fixture
def seen(monkeypatch: pytest.MonkeyPatch) -> Iterator[set[str]]:
    noted: set[str] = set()
    monkeypatch.setattr(fields, "read_json", lambda body: note(read_json(body), "", noted))
    yield noted


def variants(payload: bytes) -> Iterator[bytes]:
    """The payload, and the same without each of its fields in turn: then others are read instead."""
    yield payload
    for path in ways(json.loads(payload)):
        value = json.loads(payload)
        inner = value
        for step in path[:-1]:
            inner = inner[step]
        del inner[path[-1]]
        yield json.dumps(value).encode()


def ways(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in items:
        if isinstance(value, dict):
            yield (*path, step)
        yield from ways(inner, (*path, step))


@pytest.mark.parametrize("name", sorted(SYSTEMS))
def test_what_is_read_is_what_it_says(name: str, seen: set[str]) -> None:
    system = SYSTEMS[name]
    for sample in system.names():
        for payload in variants(system.payload(sample)):
            with contextlib.suppress(Refused):
                system.parse(payload)
        if not system.proofs and name != "dialpad":  # the proof is a field of the body
            system.provider.verify(system.message(system.payload(sample)), system.secret, NOW)
    assert leaves(seen) == system.provider.READS


def test_twilio_reads_its_fields_and_no_other() -> None:
    samples = sorted((PAYLOADS / "twilio").glob("*.form"))
    for sample in samples:
        body = Path(sample).read_bytes().strip()
        kept = b"&".join(pair for pair in body.split(b"&") if pair.partition(b"=")[0].decode() in twilio.READS)
        assert str(parse(kept)) == str(parse(body))
    assert samples


def parse(body: bytes) -> Any:
    return [
        (event.call_key, event.number, event.outcome, event.started_at, event.talk_seconds)
        for event in twilio.parse(VerifiedBody(body, "application/x-www-form-urlencoded"), NOW)
    ]


@pytest.mark.parametrize("name", sorted(PROVIDERS))
def test_a_name_that_is_read_is_never_folded_away(name: str) -> None:
    assert all(list_field_names(f"{field}=".encode()) == {field} for field in PROVIDERS[name].READS)


def test_the_samples_show_fields_that_are_dropped() -> None:
    """Else the page could not tell the two apart."""
    for name, system in SYSTEMS.items():
        if name != "ringback":  # our own has no field that is not read
            names = {each for sample in system.names() for each in list_field_names(system.payload(sample))}
            assert names - system.provider.READS
            assert names & system.provider.READS


def test_a_body_that_is_refused_has_been_read_by_the_same_names(seen: set[str]) -> None:
    with pytest.raises(Refused):
        SYSTEMS["ringback"].parse(b'{"external_id": 1}')
    assert leaves(seen) <= PROVIDERS["ringback"].READS
