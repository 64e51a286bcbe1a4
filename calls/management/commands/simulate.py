"""Plays a live day against the real webhook over HTTP, signed as Twilio does; stores nothing by itself.

It has a connection of its own, "Simulator", whose token and secret are new each time: those of the others are not known
to anybody but their phone system. Numbers are from the range that Ofcom keeps for drama.
"""

import heapq
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import format_datetime
from random import Random
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from calls.services import NewConnection, renew_connection
from calls.signatures import sign_twilio
from tenants.selectors import UnknownClinic, get_clinic_by_slug

NAME = "Simulator"
CLINIC_NUMBER = "+442079460018"
TIMEOUT = 10


class Message(NamedTuple):
    """What Twilio says `after` so many seconds from the start of a call."""

    after: float
    params: dict[str, str]


class Command(BaseCommand):
    help = "Plays calls against the clinic's webhook, signed like Twilio's, until the time is over or Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the clinic")
        parser.add_argument("--calls-per-minute", type=float, default=6.0)
        parser.add_argument("--minutes", type=float, default=None, help="without it, until Ctrl-C")
        parser.add_argument("--seed", type=int, default=None, help="the same calls each time")

    def handle(self, *args: Any, **options: Any) -> None:
        if not 0 < options["calls_per_minute"] <= 6000:
            raise CommandError("--calls-per-minute must be more than 0 and at most 6000.")
        try:
            clinic = get_clinic_by_slug(options["slug"])
        except UnknownClinic as error:
            raise CommandError(str(error)) from error
        connection = renew_connection(clinic_id=clinic.id, provider="twilio", name=NAME, now=timezone.now())
        dice = Random(options["seed"])  # noqa: S311 - a story, not a secret
        sent = 0
        try:
            for params in _timeline(dice, options["calls_per_minute"], options["minutes"]):
                status = send_signed(connection, params)
                told = "stored" if status < 300 else f"the webhook answered {status}; going on"
                self.stderr.write(f"{params['Direction']} {params['CallStatus']}: {told}")
                sent += 1
        except KeyboardInterrupt:
            self.stderr.write("stopped")
        self.stdout.write(f"{sent} messages sent")


def send_signed(connection: NewConnection, params: dict[str, str]) -> int:
    """Sends one message as Twilio does; the status of the answer. Raises CommandError for what will not get better by
    going on."""
    url = f"{settings.PUBLIC_URL}/hooks/twilio/{connection.token}"
    signature = sign_twilio(connection.secret.encode(), url, params.items())
    request = urllib.request.Request(  # noqa: S310 - our own address
        url, urlencode(params).encode(), {"X-Twilio-Signature": signature}, method="POST"
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT) as answer:  # noqa: S310 - likewise
            return int(answer.status)
    except urllib.error.HTTPError as error:
        if error.code not in (429, 503):
            raise CommandError(f"The webhook answered {error.code}.") from error
        return error.code
    except OSError as error:
        raise CommandError(f"Nothing answers at {settings.PUBLIC_URL}: is it running (make run)?") from error


def _timeline(dice: Random, calls_per_minute: float, minutes: float | None) -> Iterator[dict[str, str]]:
    """The messages of overlapping calls, each at its time; waits in between."""
    began = time.monotonic()
    queue: list[tuple[float, int, dict[str, str]]] = []
    next_call = 0.0
    count = 0
    while minutes is None or next_call < minutes * 60 or queue:
        if (minutes is None or next_call < minutes * 60) and (not queue or next_call <= queue[0][0]):
            for message in make_call(dice):
                count += 1
                heapq.heappush(queue, (next_call + message.after, count, message.params))
            next_call += dice.expovariate(calls_per_minute / 60)
            continue
        at, _, params = heapq.heappop(queue)
        time.sleep(max(0.0, began + at - time.monotonic()))
        yield params | {"Timestamp": format_datetime(datetime.now(UTC))}


def make_call(dice: Random) -> list[Message]:
    """One call in a nutshell: a ring and an end, some of them callbacks, a few withheld."""
    number = f"+447700900{dice.randrange(1000):03d}"
    base = {"CallSid": f"CA{dice.getrandbits(128):032x}", "From": number, "To": CLINIC_NUMBER, "Direction": "inbound"}
    kind = dice.choices(("answered", "missed", "withheld", "callback"), (55, 25, 5, 15))[0]
    if kind == "withheld":
        base["From"] = "anonymous"
    if kind == "callback":
        base |= {"From": CLINIC_NUMBER, "To": number, "Direction": "outbound-api"}
    ring, talk = dice.uniform(1, 4), dice.randrange(25, 240)
    ending = {"CallStatus": "no-answer", "CallDuration": "0"}
    if kind in ("answered", "callback"):
        ending = {"CallStatus": "completed", "CallDuration": str(talk)}
    if kind == "answered":
        ending |= {"DialCallStatus": "completed", "DialCallDuration": str(talk)}
    # The talk is over at once: a simulation is for watching.
    return [Message(0, base | {"CallStatus": "ringing"}), Message(ring, base | ending)]
