"""Makes the demo: two clinics with a history, people of every role who can sign in; refuses in production.

Sign-ins go to standard output. Their password stands in this file, which is why nothing but a demo may have it.
"""

import uuid
from collections.abc import Generator, Iterable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone
from tqdm import tqdm

import calls
from attribution.demo import TYPES, write_history
from attribution.selectors import get_worklist
from attribution.services import claim_caller, record_appointments
from attribution.services.demo import play_history, settle_figures
from attribution.services.estimates import set_estimates
from attribution.services.goals import set_goals
from attribution.typical_values import typical_values
from calls.batches import newest_start
from calls.domain import AppointmentEvent, CallEvent, ImportKind, ImportState, Outcome
from calls.formats import CALL_FORMATS, ReadRow, make_options, split_lines
from calls.imports import ImportOptions, import_calls
from calls.intake import earliest_storable
from calls.services import NewRun, add_connection, finish_run, start_run
from tenants.domain import ClinicFacts, Role
from tenants.events import SYSTEM, Actor, ActorKind
from tenants.selectors import get_clinic, list_clinics
from tenants.services import ClinicDetails, NewClinic, add_member, add_platform_staff, create_clinic, set_password

PASSPHRASE: Final = "kettle harbour walnut"  # noqa: S105 - everybody may know it: see above
BRIGHT_SMILE: Final = ClinicDetails("Bright Smile Dental", "bright-smile")
OAK_STREET: Final = ClinicDetails(
    "Oak Street Dental", "oak-street", "America/New_York", "US", "USD", default_value=Decimal(150)
)
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
        _work_at_the_desk(clinic, people[MAYA], now)
        _make_oak_street(now)
        return _tell_machines(clinic, made, now)


def _tick(bar: "tqdm[Any]") -> None:
    bar.update()


def _work_at_the_desk(clinic: ClinicFacts, user_id: uuid.UUID, now: datetime) -> None:
    """What the clinic wants to reach, and a colleague who is ringing somebody back just now."""
    set_goals(clinic_id=clinic.id, in_time_percent=80, recovered_per_month=25, actor=SYSTEM)
    waiting = get_worklist(clinic, now).rows
    claim_caller(clinic_id=clinic.id, opportunity_id=waiting[-1].id, user_id=user_id, now=now)


def _make_oak_street(now: datetime) -> None:
    """A real phone system's records of a week, moved to now, as an import in the list; Alice's second clinic."""
    made = create_clinic(details=OAK_STREET, owner_email=ALICE, now=now)
    clinic = get_clinic(made.clinic_id)
    offered = typical_values(clinic.currency)
    set_estimates(clinic_id=clinic.id, estimates=[(one.code, one.name, one.value) for one in offered])
    run = NewRun(uuid.uuid4(), ImportKind.CALLS, "asterisk", False, SAMPLE.stat().st_size, started_by=made.owner_id)
    start_run(clinic_id=clinic.id, run=run, now=now)
    how = make_options(CALL_FORMATS["asterisk"].OPTIONS, SAMPLE_OPTIONS, clinic.zone, clinic.region)

    def read() -> Generator[ReadRow[CallEvent], None, None]:
        with SAMPLE.open("rb") as file:
            yield from CALL_FORMATS["asterisk"].read(split_lines(file), how)

    with closing(read()) as events:
        shift = now - (newest_start(events) or now)
    with closing(read()) as events:
        report = import_calls(clinic=clinic, events=events, options=ImportOptions(how.region, shift), now=now)
    finish_run(
        clinic_id=clinic.id, run_id=run.id, state=ImportState.DONE, report=report.as_json(), bytes_done=run.bytes_total,
        now=now, actor=Actor(ActorKind.PERSON, made.owner_id),
    )  # fmt: skip
    with closing(read()) as events:
        booked = list(_book_some([one.event for one in events], shift))
    record_appointments(clinic_id=clinic.id, events=booked, now=now)
    settle_figures(clinic_id=clinic.id, now=now)


def _book_some(events: Iterable[object], shift: timedelta) -> Iterator[AppointmentEvent]:
    """Every fourth who was spoken to books; without a price, so that the clinic's own values count."""
    spoken = [one for one in events if isinstance(one, CallEvent) and one.outcome is Outcome.ANSWERED and one.number]
    for count, call in enumerate(spoken[::4]):
        at = call.started_at + shift + timedelta(seconds=(call.talk_seconds or 0) + 60)
        code = ("new_patient", "hygiene", "emergency")[count % 3]
        yield AppointmentEvent(f"OAK{count:04d}", at, (call.number or "",), code, None, "booked")


def _tell_machines(clinic: ClinicFacts, made: NewClinic, now: datetime) -> str:
    connection = add_connection(
        clinic_id=clinic.id, provider="twilio", name="For your own tries (Twilio)", secret=DEMO_TOKEN, now=now
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
        + f"Calls and bookings go on at {BRIGHT_SMILE.name} while `make run` runs; `make run DEMO=0` leaves it alone."
    )
