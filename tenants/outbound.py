"""The only way out: asks other systems over HTTPS, and refuses every address that is not a public one.

Whoever may write an address into a form could otherwise make us knock at the doors of our own network (SSRF). The name
is looked up once, every address that it has must be public, and the connection goes to exactly these. Redirects are not
followed, an answer is read up to a limit, the whole exchange ends at a deadline, and nothing here is logged: addresses
may hold secrets.
"""

import enum
import ipaddress
import re
import socket
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import httpcore
from django.conf import settings

CONNECT_SECONDS = 5.0
LONGEST_URL = 2_000
_HTTPS_PORT = 443
_USUAL_PORTS = {"http": 80, "https": _HTTPS_PORT}
_FREE_PORTS = 1024  # below are the services of machines; https is asked at its own port or up here
_WRITTEN_AT_ONCE = 64 * 1024
_NAME = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)(\.(?!-)[a-z0-9_-]{1,63}(?<!-))*\.?")
_INNER_NAMES = frozenset({"localhost", "local", "internal", "localdomain", "home", "lan", "arpa", "intranet", "corp"})
# What `ipaddress` takes for the open internet and is not: relays of 6to4, and the inner wire server of a large cloud.
_NOT_PUBLIC = (ipaddress.ip_network("192.88.99.0/24"), ipaddress.ip_network("168.63.129.16/32"))
_UNICAST = ipaddress.ip_network("2000::/3")  # all of IPv6 that is given out; NAT64 and mapped IPv4 are outside


class BadTarget(ValueError):
    """An address that we do not ask; the message says why and is fit to be shown."""


class NoAnswer(Exception):
    """Nothing came that could be read. `reason` is one word: dns, refused_address, connect, tls, timeout, too_large,
    protocol. Never the address, never the answer."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Inner(enum.Enum):
    """Which of the systems within the operator's network may be asked: those that were named for this very purpose. A
    webhook may never reach the booking server that was named for a clinic."""

    SYSTEMS = "OUTBOUND_INNER_HOSTS"  # phone and booking systems
    WEBHOOKS = "WEBHOOK_INNER_HOSTS"  # receivers of outgoing webhooks


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of whom. `seconds` bounds the whole exchange but for the look-up of the name, which the machine's
    resolver bounds; `largest` bounds the answer's body in bytes."""

    method: str
    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    content: bytes | None = field(default=None, repr=False)
    seconds: float = 10.0
    largest: int = 4 * 1024 * 1024
    inner: Inner = Inner.SYSTEMS


@dataclass(frozen=True, slots=True)
class Answer:
    """`headers` with names in lower case. The body may hold numbers: it stays in memory."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


def require_target(url: str, inner: Inner = Inner.SYSTEMS) -> None:
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
    if parts.scheme not in _USUAL_PORTS:
        raise BadTarget("The address must begin with https://.")
    if _is_inner_friend(parts.hostname, port or _USUAL_PORTS[parts.scheme], inner):
        return
    if parts.scheme != "https":
        raise BadTarget("The address must begin with https://.")
    if port is not None and port != _HTTPS_PORT and port < _FREE_PORTS:
        raise BadTarget(f"The port must be {_HTTPS_PORT}, or {_FREE_PORTS} and more.")
    _require_public_spelling(parts.hostname)


def shown_address(url: str) -> str:
    """As much of it as may be shown: its path may hold a secret."""
    parts = urlsplit(url)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    return f"{parts.scheme}://{host}{f':{parts.port}' if parts.port else ''}/…"


def ask(question: Question) -> Answer:
    """One exchange, without redirects. Raises `BadTarget` before, `NoAnswer` after something was sent."""
    require_target(question.url, question.inner)
    deadline = time.monotonic() + question.seconds
    headers = {"Accept-Encoding": "identity", "User-Agent": "Ringback", **question.headers}
    try:
        with (
            httpcore.ConnectionPool(network_backend=_Guarded(deadline, question.inner), retries=0) as pool,
            pool.stream(
                question.method,
                question.url,
                headers=list(headers.items()),
                content=question.content,
            ) as response,
        ):
            body = _read(response, question.largest)
    except httpcore.TimeoutException as error:
        raise NoAnswer("timeout") from error
    except httpcore.ConnectError as error:
        raise NoAnswer("tls" if _is_about_tls(error) else "connect") from error
    except (httpcore.ProtocolError, httpcore.NetworkError, httpcore.UnsupportedProtocol) as error:
        raise NoAnswer("protocol") from error
    return Answer(
        response.status, {name.decode().lower(): value.decode("latin-1") for name, value in response.headers}, body
    )


def _read(response: httpcore.Response, largest: int) -> bytes:
    body = bytearray()
    for chunk in response.iter_stream():
        body += chunk
        if len(body) > largest:
            raise NoAnswer("too_large")
    return bytes(body)


def _is_about_tls(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return True
        error = error.__cause__ or error.__context__
    return False


class _Guarded(httpcore.SyncBackend):
    """Connects to a name's addresses once all of them are known to be public. TLS still checks the name."""

    def __init__(self, deadline: float, inner: Inner) -> None:
        self._deadline, self._inner = deadline, inner

    def connect_tcp(self, host: str, port: int, *args: Any, **kwargs: Any) -> httpcore.NetworkStream:
        addresses = _look_up(host, port, self._inner)
        for address in addresses:
            kwargs["timeout"] = min(CONNECT_SECONDS, _left(self._deadline, httpcore.ConnectTimeout))
            try:
                return _Timed(super().connect_tcp(address, port, **kwargs), self._deadline)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                if address == addresses[-1]:  # an address of a family that this machine does not reach is no answer yet
                    raise
        raise NoAnswer("dns")


class _Timed(httpcore.NetworkStream):
    """Ends at the deadline, however often the other side sends a byte in time."""

    def __init__(self, inner: httpcore.NetworkStream, deadline: float) -> None:
        self._inner, self._deadline = inner, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, _left(self._deadline, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _WRITTEN_AT_ONCE):
            part = buffer[start : start + _WRITTEN_AT_ONCE]
            self._inner.write(part, _left(self._deadline, httpcore.WriteTimeout))

    def close(self) -> None:
        self._inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = min(CONNECT_SECONDS, _left(self._deadline, httpcore.ConnectTimeout))
        return _Timed(self._inner.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)


def _left(deadline: float, too_late: type[httpcore.TimeoutException]) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise too_late
    return left


def _look_up(host: str, port: int, inner: Inner) -> list[str]:
    """The addresses of a name, each once, in the order in which they are to be tried."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NoAnswer("dns") from error
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    # One inner address among public ones is a trick, not a spare.
    if not _is_inner_friend(host, port, inner) and not all(map(is_public, addresses)):
        raise NoAnswer("refused_address")
    return addresses


def is_public(address: str) -> bool:
    """Whether this is an address of the open internet; what wraps another address in itself is not."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and (ip not in _UNICAST or ip.sixtofour or ip.teredo):
        return False
    return ip.is_global and not ip.is_multicast and not any(ip in network for network in _NOT_PUBLIC)


def _require_public_spelling(host: str) -> None:
    if ":" in host or _is_address(host):
        if not is_public(host):
            raise BadTarget("That address is not on the public internet.")
        return
    # 2130706433, 0177.0.0.1 and 0x7f.1 are addresses to some readers; names of the internet end in a word.
    name = host.rstrip(".").rpartition(".")
    if not _NAME.fullmatch(host) or not name[1] or name[2].isdigit() or name[2].startswith("0x"):
        raise BadTarget("A full host name is needed, such as hooks.example.com.")
    if name[2] in _INNER_NAMES:
        raise BadTarget("That name is not on the public internet.")


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_inner_friend(host: str, port: int, inner: Inner) -> bool:
    """Named by the operator: a system within their own network, or on this machine in tests."""
    friends: Sequence[str] = getattr(settings, inner.value)
    return f"{host}:{port}" in friends
