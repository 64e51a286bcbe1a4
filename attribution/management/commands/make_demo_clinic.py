"""Makes the demo: two clinics with a history, people of every role who can sign in; refuses in production.

Sign-ins go to standard output. Their password stands in this file, which is why nothing but a demo may have it.
"""

from collections.abc import Generator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from tqdm import tqdm

import calls
from attribution.demo import TYPES, write_history
from attribution.services.demo import play_history, settle_figures
from attribution.services.estimates import set_estimates
from calls.batches import newest_start
from calls.domain import CallEvent
from calls.formats import CALL_FORMATS, ReadRow, make_options, split_lines
from calls.imports import ImportOptions, import_calls
from calls.intake import earliest_storable
from calls.services import add_connection
from tenants.domain import ClinicFacts, Role
from tenants.selectors import get_clinic, list_clinics
from tenants.services import ClinicDetails, NewClinic, add_member, add_platform_staff, create_clinic, set_password

PASSPHRASE: Final = "kettle harbour walnut"  # noqa: S105 - everybody may know it: see above
BRIGHT_SMILE: Final = ClinicDetails("Bright Smile Dental", "bright-smile")
OAK_STREET: Final = ClinicDetails("Oak Street Dental", "oak-street")
ALICE, BOB, ADMIN = "alice@bright-smile.example", "bob@bright-smile.example", "admin@ringback.example"
MAYA, OMAR = "maya@bright-smile.example", "omar@bright-smile.example"
NAMES: Final = {ALICE: "Alice Archer", BOB: "Bob Baker", MAYA: "Maya Mistry", OMAR: "Omar Osman", ADMIN: "Ada Ames"}
ROLES: Final = {BOB: Role.RECEPTIONIST, MAYA: Role.MANAGER, OMAR: Role.AUDITOR}
SAMPLE: Final = Path(calls.__file__).parent / "samples" / "asterisk_master.csv"
SAMPLE_OPTIONS: Final = ("region=US", "inbound=hq,support,door", "outbound=production")
DEMO_TOKEN: Final = "demo-auth-token-of-twilio"  # noqa: S105 - likewise


class Command(BaseCommand):
    help = "Makes a demo clinic with 90 days of history; when there is a clinic already, only says how to sign in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--if-empty", action="store_true", help="say nothing when there is a clinic already")

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.IS_PRODUCTION:
            raise CommandError("A demo clinic has a password that everybody knows; there is none in production.")
        slugs = {clinic.slug for clinic in list_clinics()}
        if not slugs:
            # One transaction: a worker that runs beside it never sees half a history, and would close old days with it.
            with transaction.atomic():
                told = self._make(timezone.now())
            self.stdout.write(f"{_sign_ins()}\n{told}")
        elif options["if_empty"]:
            pass
        elif BRIGHT_SMILE.slug in slugs:
            self.stdout.write(_sign_ins())
        else:
            self.stderr.write("There are clinics already, and no demo among them: nothing was done.")

    def _make(self, now: datetime) -> str:
        made = create_clinic(details=BRIGHT_SMILE, owner_email=ALICE, now=now)
        clinic = get_clinic(made.clinic_id)
        people = {ALICE: made.owner_id, ADMIN: add_platform_staff(email=ADMIN)}
        for email, role in ROLES.items():
            people[email] = add_member(clinic_id=clinic.id, email=email, role=role)
        for email, user_id in people.items():
            set_password(user_id=user_id, password=PASSPHRASE, name=NAMES[email])
        set_estimates(clinic_id=clinic.id, estimates=[(code, name, value) for code, name, value, _ in TYPES])
        chapters = write_history(first=earliest_storable(clinic, now), now=now, zone=clinic.zone)
        with tqdm(total=len(chapters), disable=None, desc=clinic.name) as bar:
            play_history(clinic=clinic, chapters=chapters, user_id=people[BOB], now=now, progress=lambda: _tick(bar))
        _make_oak_street(now)
        return _tell_machines(clinic, made, now)


def _tick(bar: "tqdm[Any]") -> None:
    bar.update()


def _make_oak_street(now: datetime) -> None:
    """A real phone system's records of a week, moved to now; Alice's second clinic."""
    made = create_clinic(details=OAK_STREET, owner_email=ALICE, now=now)
    clinic = get_clinic(made.clinic_id)
    how = make_options(CALL_FORMATS["asterisk"].OPTIONS, SAMPLE_OPTIONS, clinic.zone, clinic.region)

    def read() -> Generator[ReadRow[CallEvent], None, None]:
        with SAMPLE.open("rb") as file:
            yield from CALL_FORMATS["asterisk"].read(split_lines(file), how)

    with closing(read()) as events:
        shift = now - (newest_start(events) or now)
    with closing(read()) as events:
        import_calls(clinic=clinic, events=events, options=ImportOptions(how.region, shift), now=now)
    settle_figures(clinic_id=clinic.id, now=now)


def _tell_machines(clinic: ClinicFacts, made: NewClinic, now: datetime) -> str:
    connection = add_connection(
        clinic_id=clinic.id, provider="twilio", name="Front desk (Twilio)", secret=DEMO_TOKEN, now=now
    )
    return (
        f"\nFor machines, {clinic.name} (shown only now)\n"
        f"  API key          {made.api_key}\n"
        f"  Twilio webhook   {settings.PUBLIC_URL}/hooks/twilio/{connection.token}\n"
        f"  its auth token   {DEMO_TOKEN}\n"
    )


def _sign_ins() -> str:
    people = (
        (ALICE, f"admin of {BRIGHT_SMILE.name} and {OAK_STREET.name}"),
        *((email, f"{role.value} of {BRIGHT_SMILE.name}") for email, role in ROLES.items()),
        (ADMIN, f"platform staff, {settings.PUBLIC_URL}/admin/"),
    )
    return (
        f"Demo: {settings.PUBLIC_URL}/\n"
        + "".join(f"  {email:<28} {what}\n" for email, what in people)
        + f"  password of all of them: {PASSPHRASE}\n"
        + "Play signed calls against it, ten a minute:\n"
        + f"  .venv/bin/python manage.py simulate {BRIGHT_SMILE.slug} --calls-per-minute 10"
    )
