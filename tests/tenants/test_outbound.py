"""Whom we ask and whom not: every spelling of an inner address, names that turn out to be one, endless answers."""

import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pytest_django import Settings

from tenants.outbound import BadTarget, Inner, NoAnswer, Question, ask, is_public, require_target, shown_address

Talk = Callable[[socket.socket], None]


@contextmanager
def talking(talk: Talk, *, context: ssl.SSLContext | None = None) -> Iterator[int]:
    """A server on loopback that says what it likes; its port."""
    over = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)

        def serve() -> None:
            while not over.is_set():
                try:
                    raw, _ = server.accept()
                except TimeoutError:
                    continue
                with raw:
                    try:
                        peer = context.wrap_socket(raw, server_side=True) if context else raw
                        peer.recv(65536)
                        talk(peer)
                    except OSError:
                        pass  # the other side has had enough

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        over.set()
        thread.join()


def meet(settings: Settings, port: int) -> str:
    settings.OUTBOUND_INNER_HOSTS = [f"127.0.0.1:{port}"]
    return f"http://127.0.0.1:{port}/"


def say(*parts: bytes) -> Talk:
    def talk(peer: socket.socket) -> None:
        for part in parts:
            peer.sendall(part)

    return talk


def drip(head: bytes, drop: bytes) -> Talk:
    """A byte now and then, each of them in time."""

    def talk(peer: socket.socket) -> None:
        peer.sendall(head)
        for _ in range(600):
            peer.sendall(drop)
            threading.Event().wait(0.02)

    return talk


INNER = [
    "127.0.0.1", "127.1.2.3", "0.0.0.0", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
    "100.100.100.200", "192.0.0.1", "192.0.2.1", "198.18.0.1", "203.0.113.5", "224.0.0.1", "240.0.0.1",
    "255.255.255.255", "168.63.129.16", "192.88.99.1",
    "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "fd00:ec2::254", "fec0::1", "ff02::1", "2001:db8::1",
    "::ffff:127.0.0.1", "::ffff:8.8.8.8", "::127.0.0.1", "::8.8.8.8", "64:ff9b::7f00:1", "64:ff9b::808:808",
    "64:ff9b:1::7f00:1", "2002:7f00:1::", "2002:808:808::1", "2001:0:7f00:1::", "100::1", "5f00::1", "4000::1",
    "not an address", "",
]  # fmt: skip


@pytest.mark.parametrize("address", INNER)
def test_what_is_not_of_the_open_internet(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "93.184.215.14", "2606:4700:4700::1111", "2a00:1450:4001:80b::200e"])
def test_what_is(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "http://hooks.example.com/", "ftp://hooks.example.com/", "//hooks.example.com/", "hooks.example.com", "",
        "https:///x", "https://", "https://user@hooks.example.com/", "https://user:pw@hooks.example.com/",
        "https://hooks.example.com@127.0.0.1/", "https://hooks.example.com\\@127.0.0.1/",
        "https://127.0.0.1\\.example.com/", "https://hooks.example.com/#x", "https://hooks.example.com/ x",
        "https://hooks.example.com/\r\nHost: inner", "https://hooks.example.com\x00/", "https://bücher.example/",
        "https://127.0.0.1/", "https://127.0.0.1./", "https://127.1/", "https://2130706433/", "https://0x7f000001/",
        "https://0x7f.1/", "https://0x7f.0x1/", "https://017700000001/", "https://0177.0.0.1/", "https://0/",
        "https://127.0.0.01/", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[64:ff9b::7f00:1]/",
        "https://[2002:7f00:1::]/", "https://[fe80::1%25eth0]/", "https://[::]/", "https://[fd00:ec2::254]/",
        "https://169.254.169.254/latest/meta-data/", "https://localhost/", "https://LOCALHOST./",
        "https://a.localhost/", "https://metadata.google.internal/", "https://printer.local/", "https://router.lan/",
        "https://intranet/", "https://1.0.0.127.in-addr.arpa/", "https://a_b!.example.com/", "https://a..example.com/",
        "https://-a.example.com/", "https://%31%32%37.0.0.1/", "https://１２７.0.0.1/", "https://①②⑦.0.0.1/",
        "https://hooks.example.com:22/", "https://hooks.example.com:80/", "https://hooks.example.com:1023/",
        "https://hooks.example.com:0/", "https://hooks.example.com:99999/", "https://hooks.example.com:x/",
        "https://hooks.example.com/" + "x" * 2000,
    ],
)  # fmt: skip
def test_addresses_that_are_refused_by_their_spelling(url: str) -> None:
    with pytest.raises(BadTarget) as refused:
        require_target(url)
    assert url == "" or url not in str(refused.value)
    with pytest.raises(BadTarget):
        ask(Question("GET", url))


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.com/x?y=z", "https://HOOKS.example.com", "https://hooks.example.com:443/",
        "https://hooks.example.com:8443/", "https://8.8.8.8/", "https://[2606:4700:4700::1111]:4430/",
        "https://xn--bcher-kva.example/", "https://hooks.example.com./", "https://a_b.example.com/",
    ],
)  # fmt: skip
def test_addresses_that_are_fine(url: str) -> None:
    require_target(url)


def test_a_friend_is_one_host_at_one_port(settings: Settings) -> None:
    settings.OUTBOUND_INNER_HOSTS = ["127.0.0.1:8010", "books.lan:443", "books.lan:80"]
    for url in ("http://127.0.0.1:8010/", "https://127.0.0.1:8010/", "https://books.lan/", "http://books.lan/"):
        require_target(url)
    for url in ("http://127.0.0.1:8011/", "http://127.0.0.2:8010/", "ftp://127.0.0.1:8010/", "http://u@127.0.0.1:8010"):
        with pytest.raises(BadTarget):
            require_target(url)


def test_a_friend_is_one_for_one_purpose(settings: Settings) -> None:
    """A clinic's webhook may not knock at the booking server that was named for another clinic."""
    settings.OUTBOUND_INNER_HOSTS, settings.WEBHOOK_INNER_HOSTS = ["books.lan:80"], ["chat.lan:80"]
    require_target("http://books.lan/")
    require_target("http://chat.lan/", Inner.WEBHOOKS)
    for url, inner in (("http://books.lan/", Inner.WEBHOOKS), ("http://chat.lan/", Inner.SYSTEMS)):
        with pytest.raises(BadTarget):
            require_target(url, inner)
        with pytest.raises(BadTarget):
            ask(Question("POST", url, inner=inner))


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://hooks.example.com/services/T0/secret?x=y", "https://hooks.example.com/…"),
        ("https://[2606:4700:4700::1111]:8443/secret", "https://[2606:4700:4700::1111]:8443/…"),
    ],
)
def test_an_address_is_shown_without_its_path(url: str, shown: str) -> None:
    assert shown_address(url) == shown


def resolve(monkeypatch: pytest.MonkeyPatch, *answers: list[str]) -> list[str]:
    """A resolver that answers in turn, the last one for ever; the names that it was asked for."""
    asked: list[str] = []
    left = list(answers)

    def getaddrinfo(host: str, port: int, *args: Any, **kwargs: Any) -> list[Any]:
        asked.append(host)
        found = left.pop(0) if len(left) > 1 else left[0]
        if not found:
            raise socket.gaierror
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in found]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


def no_connection(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    tried: list[tuple[str, int]] = []

    def create_connection(address: tuple[str, int], *args: Any, **kwargs: Any) -> socket.socket:
        tried.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "create_connection", create_connection)
    return tried


@pytest.mark.parametrize("inner", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "fd00::1", "::ffff:10.0.0.1"])
def test_a_name_that_means_an_inner_address_is_not_asked(monkeypatch: pytest.MonkeyPatch, inner: str) -> None:
    tried = no_connection(monkeypatch)
    for answer in ([inner], ["93.184.215.14", inner], [inner, "93.184.215.14"]):
        resolve(monkeypatch, answer)
        with pytest.raises(NoAnswer) as refused:
            ask(Question("POST", "https://hooks.example.com/"))
        assert refused.value.reason == "refused_address"
    assert tried == []


def test_a_name_is_looked_up_once_and_what_was_found_is_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that means something else a moment later (DNS rebinding) gains nothing."""
    tried = no_connection(monkeypatch)
    asked = resolve(monkeypatch, ["93.184.215.14"], ["127.0.0.1"])
    with pytest.raises(NoAnswer) as failed:
        ask(Question("POST", "https://hooks.example.com/"))
    assert failed.value.reason == "connect"
    assert asked == ["hooks.example.com"]
    assert tried == [("93.184.215.14", 443)]


def test_all_addresses_of_a_name_are_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    tried = no_connection(monkeypatch)
    resolve(monkeypatch, ["93.184.215.14", "93.184.215.15", "93.184.215.14"])
    with pytest.raises(NoAnswer):
        ask(Question("POST", "https://hooks.example.com/"))
    assert [address for address, _ in tried] == ["93.184.215.14", "93.184.215.15"]


def test_a_name_that_there_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    resolve(monkeypatch, [])
    with pytest.raises(NoAnswer) as failed:
        ask(Question("GET", "https://hooks.example.com/"))
    assert failed.value.reason == "dns"
    assert "example.com" not in str(failed.value)


def test_an_answer_comes_back_whole(settings: Settings) -> None:
    text = b"HTTP/1.1 201 Created\r\nX-One: two\r\nContent-Length: 2\r\n\r\nok"
    with talking(say(text)) as port:
        answer = ask(Question("POST", meet(settings, port), {"X-Sent": "yes"}, b"{}"))
    assert (answer.status, answer.headers["x-one"], answer.body) == (201, "two", b"ok")
    assert "ok" not in repr(answer)


def test_redirects_are_not_followed(settings: Settings) -> None:
    with talking(say(b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n")) as port:
        assert ask(Question("GET", meet(settings, port))).status == 302


OK = b"HTTP/1.1 200 OK\r\n"


@pytest.mark.parametrize(
    ("head", "drop"),
    [(b"", b"H"), (OK, b"X"), (OK + b"X: ", b"y"), (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n")],
    ids=["status", "name", "value", "body"],
)
def test_a_slow_drip_ends_at_the_deadline(settings: Settings, head: bytes, drop: bytes) -> None:
    with talking(drip(head, drop)) as port:
        started = time.monotonic()
        with pytest.raises(NoAnswer) as failed:
            ask(Question("GET", meet(settings, port), seconds=0.5))
        assert failed.value.reason in {"timeout", "protocol"}
        assert time.monotonic() - started < 3


def test_silence_ends_at_the_deadline(settings: Settings) -> None:
    def talk(peer: socket.socket) -> None:
        threading.Event().wait(2)

    with talking(talk) as port, pytest.raises(NoAnswer) as failed:
        ask(Question("GET", meet(settings, port), seconds=0.3))
    assert failed.value.reason == "timeout"


def test_a_huge_body_is_not_read_to_its_end(settings: Settings) -> None:
    def talk(peer: socket.socket) -> None:
        peer.sendall(OK + b"Content-Length: 10000000000\r\n\r\n")
        while True:
            peer.sendall(b"x" * 65536)

    with talking(talk) as port, pytest.raises(NoAnswer) as failed:
        ask(Question("GET", meet(settings, port), largest=100_000))
    assert failed.value.reason == "too_large"


def test_endless_headers_are_not_read_to_their_end(settings: Settings) -> None:
    def talk(peer: socket.socket) -> None:
        peer.sendall(OK)
        while True:
            peer.sendall(b"X: " + b"y" * 1000 + b"\r\n")

    with talking(talk) as port, pytest.raises(NoAnswer) as failed:
        ask(Question("GET", meet(settings, port)))
    assert failed.value.reason == "protocol"


@pytest.mark.parametrize(
    "text", [b"not http at all\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nshort"]
)
def test_what_is_no_answer(settings: Settings, text: bytes) -> None:
    with talking(say(text)) as port, pytest.raises(NoAnswer) as failed:
        ask(Question("GET", meet(settings, port)))
    assert failed.value.reason == "protocol"


def test_a_compressed_bomb_is_not_unpacked(settings: Settings) -> None:
    bomb = b"\x1f\x8b" + bytes(100)
    text = OK + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb) + bomb
    with talking(say(text)) as port:
        assert ask(Question("GET", meet(settings, port))).body == bomb


def test_headers_of_ours_cannot_be_split(settings: Settings) -> None:
    with talking(say(OK + b"Content-Length: 0\r\n\r\n")) as port, pytest.raises(NoAnswer) as failed:
        ask(Question("GET", meet(settings, port), {"X": "a\r\nY: b"}))
    assert failed.value.reason == "protocol"


def certificate(folder: Path, name: str) -> ssl.SSLContext:
    """A server's, for this name, which nobody has signed but itself; stored for clients to trust."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    (folder / "key.pem").write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    return context


@pytest.mark.parametrize(("name", "is_trusted"), [("localhost", True), ("other.example", True), ("localhost", False)])
def test_tls_checks_who_it_is(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, is_trusted: bool
) -> None:
    context = certificate(tmp_path, name)
    if is_trusted:
        real = ssl.SSLContext.load_verify_locations
        monkeypatch.setattr(
            ssl.SSLContext, "load_verify_locations", lambda self, *_, **__: real(self, tmp_path / "cert.pem")
        )
    with talking(say(OK + b"Content-Length: 0\r\n\r\n"), context=context) as port:
        settings.OUTBOUND_INNER_HOSTS = [f"localhost:{port}"]
        question = Question("GET", f"https://localhost:{port}/")
        if name == "localhost" and is_trusted:
            assert ask(question).status == 200
            return
        with pytest.raises(NoAnswer) as failed:
            ask(question)
        assert failed.value.reason == "tls"
