"""The only way out: asks other systems over HTTPS, and refuses every address that is not a public one.

Whoever may write an address into a form could otherwise make us knock at the doors of our own network (SSRF). The name
is looked up once, every address that it has must be public, and the connection goes to exactly that address. Redirects
are not followed, answers are read up to a limit and a deadline, and nothing here is logged: addresses may hold secrets.
"""

import contextlib
import ipaddress
import socket
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpcore
from django.conf import settings

CONNECT_SECONDS = 5.0
LONGEST_URL = 2_000
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_HTTPS_PORT = 443


class BadTarget(ValueError):
    """An address that we do not ask; the message says why and is fit to be shown."""


class NoAnswer(Exception):
    """Nothing came that could be read. `reason` is one word: dns, refused_address, connect, tls, timeout, too_large,
    protocol. Never the address, never the answer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of whom. `seconds` bounds the whole exchange, `largest` the answer's body in bytes."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes | None = field(default=None, repr=False)
    seconds: float = 10.0
    largest: int = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` with names in lower case. The body may hold numbers: it stays in memory."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def require_target(url: str) -> None:
    """Raises `BadTarget` for what is not an https address on the public internet, as far as its spelling tells.

    A name is looked up only when it is asked: what it means today says nothing about tomorrow.
    """
    if len(url) > LONGEST_URL or not url.isascii() or any(sign.isspace() or ord(sign) < 32 for sign in url):
        raise BadTarget("That is not a web address.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadTarget("That is not a web address.") from error
    if not parts.hostname or parts.username is not None or parts.password is not None or parts.fragment:
        raise BadTarget("A web address with a host name, and without a user, a password or a #.")
    if _is_inner_friend(parts.hostname, port):
        return
    if parts.scheme != "https":
        raise BadTarget("The address must begin with https://.")
    _require_public_spelling(parts.hostname)


def ask(question: Question) -> Answer:
    """One exchange, without redirects. Raises `BadTarget` before, `NoAnswer` after something was sent."""
    require_target(question.url)
    deadline = time.monotonic() + question.seconds
    timeouts = {name: min(CONNECT_SECONDS, question.seconds) for name in ("connect", "pool")}
    timeouts |= dict.fromkeys(("read", "write"), question.seconds)
    headers = {"Accept-Encoding": "identity", "User-Agent": "Ringback", **question.headers}
    try:
        with (
            httpcore.ConnectionPool(network_backend=_Guarded(), retries=0) as pool,
            pool.stream(
                question.method,
                question.url,
                headers=list(headers.items()),
                content=question.content,
                extensions={"timeout": timeouts},
            ) as response,
        ):
            body = _read(response.iter_stream(), question.largest, deadline)
    except httpcore.TimeoutException as error:
        raise NoAnswer("timeout") from error
    except httpcore.ConnectError as error:
        raise NoAnswer("tls" if "ssl" in str(error).lower() else "connect") from error
    except (httpcore.ProtocolError, httpcore.NetworkError, httpcore.UnsupportedProtocol) as error:
        raise NoAnswer("protocol") from error
    return Answer(
        response.status, {name.decode().lower(): value.decode("latin-1") for name, value in response.headers}, body
    )


def _read(chunks: Iterable[bytes], largest: int, deadline: float) -> bytes:
    body = bytearray()
    for chunk in chunks:
        body += chunk
        if len(body) > largest:
            raise NoAnswer("too_large")
        if time.monotonic() > deadline:  # a byte a second keeps every single read within its time
            raise NoAnswer("timeout")
    return bytes(body)


class _Guarded(httpcore.SyncBackend):
    """Connects to a name's address once that is known to be public. TLS still checks the name."""

    def connect_tcp(self, host: str, port: int, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        return super().connect_tcp(_look_up(host, port), port, *args, **kwargs)


def _look_up(host: str, port: int) -> str:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoAnswer("dns") from error
    addresses = [str(entry[4][0]) for entry in found]
    if not addresses:
        raise NoAnswer("dns")
    # One inner address among public ones is a trick, not a spare.
    if not _is_inner_friend(host, port) and not all(map(is_public, addresses)):
        raise NoAnswer("refused_address")
    return addresses[0]


def is_public(address: str) -> bool:
    """Whether this is an address of the open internet; what wraps another address in itself is not."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and (ip.ipv4_mapped or ip.sixtofour or ip.teredo or ip in _NAT64):
        return False
    return ip.is_global and not ip.is_multicast


def _require_public_spelling(host: str) -> None:
    is_literal = False
    with contextlib.suppress(ValueError):
        ipaddress.ip_address(host)
        is_literal = True
    if is_literal and not is_public(host):
        raise BadTarget("That address is not on the public internet.")
    # 2130706433 and 0x7f.1 are addresses to some readers; names of the internet end in a word with a letter.
    last = host.rstrip(".").rpartition(".")
    if not is_literal and (not last[1] or last[2].isdigit() or last[2].lower().startswith("0x")):
        raise BadTarget("A full host name is needed, such as hooks.example.com.")
    if last[2].lower() in {"localhost", "local", "internal", "localdomain", "home", "lan"}:
        raise BadTarget("That name is not on the public internet.")


def _is_inner_friend(host: str, port: int | None) -> bool:
    """Named by the operator: a system within their own network, or on this machine in tests."""
    friends: Sequence[str] = settings.OUTBOUND_INNER_HOSTS
    return f"{host}:{port or _HTTPS_PORT}" in friends
