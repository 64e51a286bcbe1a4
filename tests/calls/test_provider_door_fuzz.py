"""Whatever a phone system sends to its address, well signed: stored or 4xx, never 5xx, never partly, nothing repeated.

Values are missing, wrong, huge, twice, nested; bodies are in other encodings and as large as they may be.
"""

import base64
import gzip
import hmac
import json
import logging
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from unittest import mock
from urllib.parse import parse_qsl, urlencode

import pytest
from django.conf import settings as django_settings
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from calls.models import CallerHash
from calls.services import add_connection
from calls.webhooks import MAX_BODY
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic
from tests.calls.factories import count_changes, form, make_clinic, make_hook, missed_call, stored_calls
from tests.calls.phone_systems import PATIENT, SYSTEMS, move
from tests.calls.test_provider_fuzz import MARK, VALUES, WORDS, mutate

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)
BEGAN = NOW - timedelta(minutes=5)
NAMES = [*SYSTEMS, "twilio"]
EVERY = pytest.mark.parametrize("name", NAMES)
SOME = settings(
    max_examples=8, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
# Two systems put their proof into the body: where that cannot be read there is none.
UNREADABLE = {name: {400, 401} if name in {"aircall", "dial9"} else {400} for name in NAMES}
NUMBER = re.compile(rb"7700 ?900|" + MARK.encode())


class Door:
    """A connection of a clinic, and everything that is sent there well signed."""

    def __init__(self, clinic: ClinicFacts, name: str) -> None:
        self.clinic, self.name = clinic, name
        if name == "twilio":
            self._hook = make_hook(clinic, NOW)
            self.path, self.content_type = self._hook.path, "application/x-www-form-urlencoded"
            return
        made = add_connection(clinic_id=clinic.id, provider=name, name="Main", secret=SYSTEMS[name].secret, now=NOW)
        self.path, self.content_type = f"/hooks/{name}/{made.token}", SYSTEMS[name].content_type

    @property
    def payload(self) -> bytes:
        if self.name == "twilio":
            return form(missed_call(BEGAN, sid="CA" + "0" * 32))
        return move(SYSTEMS[self.name].payload(SYSTEMS[self.name].sample), BEGAN)

    def send(self, body: bytes, **headers: str) -> Any:
        sealed, proofs = self._seal(body)
        return Client().post(self.path, sealed, self.content_type, headers={**proofs, **headers})

    def _seal(self, body: bytes) -> tuple[bytes, dict[str, str]]:
        if self.name != "twilio":
            return SYSTEMS[self.name].seal(body, SYSTEMS[self.name].secret, timezone.now())
        pairs = sorted(set(parse_qsl(body.decode("latin-1"), keep_blank_values=True, encoding="utf-8")))
        text = django_settings.PUBLIC_URL + self.path + "".join(name + value for name, value in pairs)
        signed = hmac.digest(self._hook.secret.encode(), text.encode("utf-8", "surrogatepass"), "sha1")
        return body, {"X-Twilio-Signature": base64.b64encode(signed).decode()}

    def state(self) -> tuple[Any, ...]:
        """Everything that a message could have left."""
        with as_clinic(self.clinic.id):
            hashes = CallerHash.objects.count()
        calls = [(call.id, call.outcome, call.caller, call.started_at, call.line) for call in stored_calls(self.clinic)]
        return calls, count_changes(self.clinic), hashes

    def require_sound(self, body: bytes, caplog: pytest.LogCaptureFixture, **headers: str) -> Any:
        before = self.state()
        caplog.clear()
        answer = self.send(body, **headers)
        assert answer.status_code in {200, 204} or 400 <= answer.status_code < 500, answer.status_code
        if answer.status_code >= 400:
            assert self.state() == before, "stored in part"
            assert answer["Content-Type"] == "application/problem+json"
        said = answer.content + repr(answer.headers).encode() + caplog.text.encode()
        assert NUMBER.search(said) is None
        assert len(answer.content) < 600
        return answer


@pytest.fixture(autouse=True)
def no_broker_and_no_end() -> Iterator[None]:
    """Nobody is woken; and who is refused is never told to wait, so that each message is looked at."""
    with mock.patch("calls.intake.wake_worker"), mock.patch("calls.webhooks._refusals.take", return_value=0):
        yield


@pytest.fixture
def door(name: str, caplog: pytest.LogCaptureFixture) -> Door:
    caplog.set_level(logging.DEBUG)
    return Door(make_clinic(NOW), name)


def mutate_form(payload: bytes, data: st.DataObject) -> bytes:
    """Some fields are others, gone or twice; some text is in another encoding."""
    pairs = parse_qsl(payload.decode())
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(pairs) - 1))
        field, old = pairs[at]
        new = data.draw(st.one_of(WORDS, st.text(max_size=8), st.integers().map(str), st.just(old + MARK)))
        change = data.draw(st.sampled_from(["other", "gone", "twice", "nested"]))
        pairs[at : at + 1] = {
            "other": [(field, new)],
            "gone": [],
            "twice": [(field, old), (field, new)],
            "nested": [(f"{field}[x]", new)],
        }[change]
        if not pairs:
            break
    encoding = data.draw(st.sampled_from(["utf-8", "utf-8", "latin-1", "utf-16"]))
    return urlencode(pairs, encoding=encoding, errors="replace").encode()


@EVERY
@SOME
@given(data=st.data())
def test_values_that_are_missing_wrong_huge_twice_or_nested(
    name: str, door: Door, caplog: pytest.LogCaptureFixture, data: st.DataObject
) -> None:
    change = mutate_form if name == "twilio" else mutate
    door.require_sound(change(door.payload, data), caplog)


def objects(payload: bytes) -> dict[str, Any]:
    return dict(json.loads(payload))


def turned(value: Any) -> Any:
    """Numbers as text, and text that is a number as numbers."""
    if isinstance(value, dict):
        return {name: turned(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [turned(inner) for inner in value]
    if isinstance(value, str) and value.lstrip("+").isdecimal():
        return int(value)
    return str(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else value


@EVERY
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32", "utf-8-sig", "cp500", "utf-7"])
def test_other_encodings_are_refused_or_read(
    name: str, encoding: str, door: Door, caplog: pytest.LogCaptureFixture
) -> None:
    text = door.payload.decode()
    answer = door.require_sound(text.encode(encoding), caplog)
    if encoding != "utf-7" and name != "twilio":
        assert answer.status_code in {400, 401}, "one encoding is JSON's, and a mark before it is none of it"


@EVERY
def test_letters_of_latin_1_are_refused(name: str, door: Door, caplog: pytest.LogCaptureFixture) -> None:
    if name == "twilio":
        door.require_sound(door.payload + b"&CallerName=Z%FCrich&CallerCity=Z\xfcrich", caplog)
        return
    body = json.dumps({**objects(door.payload), "unread": "Zürich"}, ensure_ascii=False).encode("latin-1")
    assert door.require_sound(body, caplog).status_code in UNREADABLE[name]


@EVERY
def test_a_compressed_body_is_refused(name: str, door: Door, caplog: pytest.LogCaptureFixture) -> None:
    body = gzip.compress(door.payload)
    if name == "twilio":
        body = body.replace(b"&", b"_")
    assert door.require_sound(body, caplog, **{"Content-Encoding": "gzip"}).status_code in {400, 401}


@EVERY
def test_a_name_that_stands_twice_is_refused(name: str, door: Door, caplog: pytest.LogCaptureFixture) -> None:
    if name == "twilio":
        assert door.require_sound(door.payload + b"&CallStatus=completed", caplog).status_code == 400
        return
    first = next(iter(objects(door.payload)))
    for body in (
        door.payload.replace(b"{", f'{{"{first}": "{PATIENT}", '.encode(), 1),
        door.payload.rstrip().removesuffix(b"}") + f', "{first}": 7}}'.encode(),
        door.payload.rstrip().removesuffix(b"}") + b', "unread": {"a": 1, "a": 2}}',
    ):
        assert door.require_sound(body, caplog).status_code in UNREADABLE[name]


@EVERY
def test_nesting_without_end_is_refused(name: str, door: Door, caplog: pytest.LogCaptureFixture) -> None:
    if name == "twilio":
        assert door.require_sound(door.payload + b"&a" + b"[b]" * 15_000 + b"=1", caplog).status_code in {204, 400}
        return
    start = door.payload.rstrip().removesuffix(b"}") + b', "unread": '
    for opening, closing in ((b"[", b"]"), (b'{"a":', b"}")):
        times = 45_000 // len(opening + closing)
        value = opening * times + (b"1" if opening != b"[" else b"") + closing * times
        answer = door.require_sound(start + value + b"}", caplog)
        assert answer.status_code in UNREADABLE[name]


@EVERY
def test_as_much_as_is_allowed_of_each_kind(name: str, door: Door, caplog: pytest.LogCaptureFixture) -> None:
    """Just below the limit: one long text, one long number, a list, an object of many names."""
    # A JWT is a third longer than what it holds.
    room = MAX_BODY - len(door.payload) - 400 if name != "dialpad" else (MAX_BODY - 400) * 3 // 4 - len(door.payload)
    if name == "twilio":
        bodies = [door.payload + b"&x=" + b"7" * room, door.payload + b"&y=1" * (room // 4), b"=" * room, b"&" * room]
    else:
        values = [
            b'"' + (MARK + PATIENT).encode() * (room // 30) + b'"', b"7" * room, b"[" + b"7," * (room // 3) + b"7]",
            b"{" + b",".join(b'"n%d":1' % number for number in range(room // 11)) + b"}",
        ]  # fmt: skip
        start = door.payload.rstrip().removesuffix(b"}")
        bodies = [start + b', "unread": ' + value + b"}" for value in values]
        first = next(iter(objects(door.payload)))
        bodies += [json.dumps({**objects(door.payload), first: "7" * room}).encode()]
    for body in bodies:
        assert len(body) <= MAX_BODY
        door.require_sound(body, caplog)


@EVERY
def test_a_byte_too_many_is_413(name: str, door: Door, caplog: pytest.LogCaptureFixture) -> None:
    assert door.require_sound(door.payload + b" " * MAX_BODY, caplog).status_code == 413


@pytest.mark.parametrize("name", list(SYSTEMS))
def test_numbers_as_text_and_text_as_numbers(name: str, door: Door, caplog: pytest.LogCaptureFixture) -> None:
    body = json.dumps(turned(objects(door.payload))).encode()
    door.require_sound(body, caplog)


@pytest.mark.parametrize("name", list(SYSTEMS))
@SOME
@given(value=VALUES)
def test_whatever_else_the_whole_body_is(name: str, door: Door, caplog: pytest.LogCaptureFixture, value: Any) -> None:
    body = json.dumps(value).encode("utf-8", "surrogatepass")
    if not isinstance(value, dict):
        assert door.require_sound(body, caplog).status_code in {400, 401}
    else:
        door.require_sound(body, caplog)
