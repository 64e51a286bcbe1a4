"""Keeps the demo clinic alive: plays an endless day against its real webhook, signed, and books for who was reached.

`make run` starts it beside the product. It refuses in production, and every clinic but the demo's own.
"""

import itertools
import time
import uuid
from datetime import UTC, datetime
from email.utils import format_datetime
from random import Random
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from attribution.demo_day import Happening, live_day
from attribution.management.commands.make_demo_clinic import ALICE, BRIGHT_SMILE
from attribution.services import record_appointments
from calls.domain import AppointmentEvent
from calls.management.commands.simulate import send_signed
from calls.services import NewConnection, renew_connection
from tenants.domain import ClinicFacts
from tenants.selectors import UnknownClinic, get_clinic_by_slug, list_members

NAME = "Main line (simulated)"


class Command(BaseCommand):
    help = "Lets calls, callbacks and bookings happen at the demo clinic until Ctrl-C."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seed", type=int, default=None, help="the same day each time")
        parser.add_argument("--speed", type=float, default=1.0, help="how many times as fast")
        parser.add_argument("--happenings", type=int, default=None, help="so many, then it ends")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["speed"] <= 0:
            raise CommandError("--speed must be more than 0.")
        clinic = _find_demo()
        connection = renew_connection(clinic_id=clinic.id, provider="twilio", name=NAME, now=timezone.now())
        day = live_day(Random(options["seed"]))  # noqa: S311 - a story, not a secret
        began = time.monotonic()
        for happening in itertools.islice(day, options["happenings"]):
            time.sleep(max(0.0, began + happening.at / options["speed"] - time.monotonic()))
            _let_happen(clinic, connection, happening)


def _find_demo() -> ClinicFacts:
    """Raises CommandError where there is none: no other clinic is ever told made-up calls."""
    if settings.IS_PRODUCTION:
        raise CommandError("There is no demo in production.")
    try:
        clinic = get_clinic_by_slug(BRIGHT_SMILE.slug)
    except UnknownClinic as error:
        raise CommandError("There is no demo clinic: see make_demo_clinic.") from error
    if ALICE not in {member.email for member in list_members(clinic.id)}:
        raise CommandError(f"{clinic.slug} is not the demo’s clinic.")
    return clinic


def _let_happen(clinic: ClinicFacts, connection: NewConnection, happening: Happening) -> None:
    if happening.booked:
        event = AppointmentEvent(
            f"L{uuid.uuid4().hex[:12]}", timezone.now(), (happening.number,), happening.booked, None, "booked"
        )
        record_appointments(clinic_id=clinic.id, events=[event], now=timezone.now())
        return
    send_signed(connection, {**happening.message, "Timestamp": format_datetime(datetime.now(UTC))})
