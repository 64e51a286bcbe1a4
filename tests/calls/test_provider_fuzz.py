"""Whatever a provider sends, signed: it is read, or refused by the field's name; no other error, no value repeated."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calls.domain import BadSignature, CallEvent, RefusalReason, Refused
from calls.hashing import looks_like_number
from tests.calls.phone_systems import NOW, PATIENT, SYSTEMS, System

EVERY = pytest.mark.parametrize("system", SYSTEMS.values(), ids=list(SYSTEMS))
MARK = "Zx7Qv"
WORDS = st.sampled_from(
    [
        f"{MARK}{PATIENT}", MARK, "", PATIENT, "07700900123", "anonymous", "2026-01-05T10:00:00Z",
        "9999-12-31T23:59:59-23:59", "0001-01-01T00:00:00+23:59", "1767607200", "answered", "inbound", "\u0661\u0662",
        "\u202e" + MARK, MARK + "\n", MARK * 100, "done", "call.ended", "hangup",
    ]
)  # fmt: skip
NUMBERS = st.one_of(
    st.integers(-(10**15), 10**15),
    st.sampled_from([0, -1, 1767607200, 1767607200000, 604_800, 604_801, 1.5, 1e300, -0.0, 1e-300, 253402300800]),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, WORDS, st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(["id", "type", "phone_number", MARK]), inner)
    ),
    max_leaves=6,
)
ODD_BODIES = [
    b"", b" ", b"null", b"7", b"[]", b'"x"', b"{", b'{"a": NaN}', b'{"a": Infinity}', b'{"a": 1, "a": 2}',
    b"\xff\xfe{}",
    b"\xef\xbb\xbf{}", b"{}\x00", b'{"a": "\\ud800"}', b'{"a": 1e999999999}', b'{"a": ' + b"9" * 5000 + b"}",
    b"[" * 60_000, b'{"a":' * 9_000, b'{"a": ' + b"[" * 500 + b"]" * 500 + b"}", b"a=b&c=d", b"<a/>",
]  # fmt: skip


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Of everything within a payload."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for name, child in inner for found in [(*path, name), *paths_of(child, (*path, name))]]


def mutate(payload: bytes, data: st.DataObject) -> bytes:
    """A payload of which some values are others, or gone, or one stands twice."""
    value = json.loads(payload)
    for _ in range(data.draw(st.integers(1, 3))):
        path = data.draw(st.sampled_from(paths_of(value) or [("x",)]))
        inner = value
        for step in path[:-1]:
            inner = inner[step]
        if data.draw(st.booleans()):
            inner[path[-1]] = data.draw(VALUES)
        elif isinstance(inner, dict):
            inner.pop(path[-1], None)
    text = json.dumps(value, ensure_ascii=data.draw(st.booleans()))
    if data.draw(st.integers(0, 9)) == 0:
        text = text.replace("{", '{"' + data.draw(st.sampled_from(["id", "event", "status", "call_id"])) + '": 1, ', 1)
    encoding = data.draw(st.sampled_from(["utf-8"] * 8 + ["utf-16", "latin-1"]))
    return text.encode(encoding, "surrogatepass" if encoding == "utf-8" else "replace")


def read(system: System, payload: bytes) -> list[CallEvent] | Exception:
    try:
        return system.read(payload)
    except (Refused, BadSignature) as error:
        return error


def require_sound(result: list[CallEvent] | Exception) -> None:
    if isinstance(result, Refused):
        assert result.reason is RefusalReason.UNREADABLE
        assert result.__context__ is None
        assert MARK not in str(result)
        assert "7700" not in str(result)
        assert len(str(result)) < 200
    elif isinstance(result, list):
        for event in result:
            assert 0 <= event.talk_seconds <= 604_800
            assert 0 <= (event.ring_seconds or 0) <= 604_800
            assert event.started_at.tzinfo is not None
            assert 1999 <= event.started_at.year <= 2100
            assert 1 <= len(event.call_key) <= 128
            assert event.call_key.isprintable()
            assert event.source == "ringback" or (len(event.line) <= 40 and not looks_like_number(event.line))


@EVERY
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_it_is_read_or_refused(system: System, data: st.DataObject) -> None:
    payload = system.payload(data.draw(st.sampled_from(system.names())))
    require_sound(read(system, mutate(payload, data)))


@EVERY
@pytest.mark.parametrize("body", ODD_BODIES, ids=range(len(ODD_BODIES)))
def test_what_is_not_one_strict_json_object_is_refused(system: System, body: bytes) -> None:
    result = read(system, body)
    assert isinstance(result, (Refused, BadSignature))
    require_sound(result)
    with pytest.raises(Refused) as caught:
        system.parse(body)
    require_sound(caught.value)


@EVERY
@settings(max_examples=50, deadline=None)
@given(junk=st.binary(max_size=60), headers=st.dictionaries(st.text(max_size=8), st.text(max_size=12)))
def test_what_is_not_signed_is_refused(system: System, junk: bytes, headers: dict[str, str]) -> None:
    message = system.message(junk)
    odd = type(message)(junk, headers | dict.fromkeys(system.proofs, next(iter(headers.values()), "")), "", "")
    with pytest.raises(BadSignature):
        system.provider.verify(odd, system.secret, NOW)


@EVERY
def test_fields_that_are_not_read_change_nothing(system: System) -> None:
    for name in system.names():
        value = json.loads(system.payload(name))
        value["unread"] = {"number": f"{MARK}{PATIENT}", "list": [[{"a": None}]], "text": "\n\t"}
        assert system.parse(json.dumps(value).encode()) == system.read_named(name)
