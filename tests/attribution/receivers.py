"""Receivers of outgoing webhooks for tests: real servers on loopback, which check signatures by the real library."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from standardwebhooks import Webhook

from attribution import services
from attribution.deliveries import OutgoingEvent
from attribution.models import OutgoingMessage, OutgoingTarget
from attribution.services import NewTarget, TargetDetails
from tenants.scope import as_clinic
from tests.attribution.clinics import Desk

ALL = (OutgoingEvent.MISSED_CALL, OutgoingEvent.RECOVERED, OutgoingEvent.DIGEST)


@dataclass
class Receiver:
    """Answers with `statuses` in turn, the last one for ever; holds every answer back while `open_gate` is clear."""

    statuses: list[int] = field(default_factory=lambda: [204])
    headers: list[dict[str, str]] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    open_gate: threading.Event = field(default_factory=threading.Event)
    came: threading.Event = field(default_factory=threading.Event)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook/s3cret-path"

    @property
    def friend(self) -> str:
        """As WEBHOOK_INNER_HOSTS names it."""
        return f"127.0.0.1:{self.port}"

    @property
    def ids(self) -> list[str]:
        return [headers["webhook-id"] for headers in self.headers]

    def read(self, number: int, secret: str) -> Any:
        """What a message says, if the library finds it signed with this secret."""
        return Webhook(secret).verify(self.bodies[number], self.headers[number])


@contextmanager
def listening(*statuses: int) -> Iterator[Receiver]:
    receiver = Receiver(list(statuses) or [204])
    receiver.open_gate.set()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.headers.append({name.lower(): value for name, value in self.headers.items()})
            receiver.bodies.append(body)
            receiver.came.set()
            receiver.open_gate.wait(30)
            status = receiver.statuses.pop(0) if len(receiver.statuses) > 1 else receiver.statuses[0]
            self.send_response(status)
            if status in (301, 307):
                self.send_header("Location", receiver.url)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        receiver.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield receiver
        finally:
            receiver.open_gate.set()
            server.shutdown()
            thread.join()


def subscribe(desk: Desk, url: str, *events: OutgoingEvent, name: str = "Chat") -> NewTarget:
    """A target that has been there for a while."""
    details = TargetDetails(name, url, events or ALL)
    made = services.add_target(clinic_id=desk.clinic.id, details=details, now=desk.now)
    with as_clinic(desk.clinic.id):
        since = OutgoingTarget.objects.get(pk=made.id).active_since.replace(year=desk.now.year - 1)
        OutgoingTarget.objects.filter(pk=made.id).update(active_since=since)
    return made


def messages(desk: Desk) -> list[OutgoingMessage]:
    with as_clinic(desk.clinic.id):
        return list(OutgoingMessage.objects.order_by("created_at", "event"))


def target(desk: Desk, made: NewTarget) -> OutgoingTarget:
    with as_clinic(desk.clinic.id):
        return OutgoingTarget.objects.get(pk=made.id)


def send(desk: Desk) -> int:
    """All that is due at the desk's time, as the task does."""
    return services.send_messages(clock=lambda: desk.now)
