"""The demo clinic: made through the real doors, right on its first page, made once, and never in production."""

import io
import re
from datetime import timedelta
from decimal import Decimal

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from attribution import selectors
from attribution.management.commands.make_demo_clinic import PASSPHRASE
from attribution.models import Opportunity, StaffAction
from attribution.selectors.metrics import add_up
from calls.models import Call, Change, Connection
from tenants.domain import ClinicFacts
from tenants.models import User
from tenants.scope import as_clinic
from tenants.selectors import find_api_key, get_clinic_by_slug, list_clinics, list_memberships
from tests.calls.factories import make_clinic

PEOPLE = (
    "alice@bright-smile.example", "bob@bright-smile.example", "maya@bright-smile.example", "omar@bright-smile.example",
    "admin@ringback.example",
)  # fmt: skip


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("make_demo_clinic", *arguments, stdout=out, stderr=io.StringIO())
    return out.getvalue()


@pytest.mark.django_db
def test_the_demo_clinic() -> None:
    """One test with many claims, as the clinic takes seconds to make."""
    said = run()
    clinic = get_clinic_by_slug("bright-smile")
    assert (clinic.name, clinic.timezone, clinic.currency) == ("Bright Smile Dental", "Europe/London", "GBP")
    assert_people_can_sign_in(clinic, said)
    assert_figures_are_believable(clinic)
    assert_somebody_waits(clinic)
    assert_work_is_done()
    with as_clinic(get_clinic_by_slug("oak-street").id):
        assert Call.objects.filter(source="asterisk").count() == 174
    assert_it_only_says_how_to_sign_in_the_second_time(said)


def assert_people_can_sign_in(clinic: ClinicFacts, said: str) -> None:
    for email in PEOPLE:
        user = User.objects.get(email=email)
        assert user.check_password(PASSPHRASE)
        validate_password(PASSPHRASE, user)
        assert email in said
    assert PASSPHRASE in said
    alice, bob, maya, omar, admin = (User.objects.get(email=email) for email in PEOPLE)
    assert [one.role for one in list_memberships(alice.id, timezone.now())] == ["admin", "admin"]
    for person, role in ((bob, "receptionist"), (maya, "manager"), (omar, "auditor")):
        found_roles = [(one.clinic_id, one.role) for one in list_memberships(person.id, timezone.now())]
        assert (person.name != "", found_roles) == (True, [(clinic.id, role)])
    assert (admin.is_staff, admin.is_superuser, list_memberships(admin.id, timezone.now())) == (True, True, [])
    found = re.search(r"rbk_([0-9a-f]{12})_", said)
    assert found
    assert find_api_key(found[1], timezone.now()) is not None
    assert re.search(r"/hooks/twilio/[\w-]{20,}", said)
    with as_clinic(clinic.id):
        assert Connection.objects.get().provider == "twilio"


def assert_figures_are_believable(clinic: ClinicFacts) -> None:
    today = timezone.now().astimezone(clinic.zone).date()
    days = selectors.daily_metrics(clinic.id, today - timedelta(days=91), today)
    figures = add_up(days)
    assert len(days) > 70
    assert 0.18 < figures.missed / figures.inbound < 0.27
    assert 0.7 < figures.called_back / figures.opportunities < 0.9
    assert 45 < figures.recovered < 95
    assert Decimal(3500) < (figures.recovered_value or 0) < Decimal(9000)
    assert min(figures.voicemail, figures.abandoned, figures.withheld, figures.dismissed, figures.lapsed) > 5
    quick = [add_up(part).delay_30m for part in (days[: len(days) // 2], days[len(days) // 2 :])]
    assert quick[1] > 2 * quick[0]  # the story of the dashboard: they got quicker


def assert_somebody_waits(clinic: ClinicFacts) -> None:
    worklist = selectors.get_worklist(clinic, timezone.now())
    assert 3 <= worklist.waiting_count <= 7
    assert {"open", "attempted"} == {row.status for row in worklist.rows}
    assert len({row.opened_at for row in worklist.rows}) == worklist.waiting_count


def assert_work_is_done() -> None:
    for clinic in list_clinics():
        with as_clinic(clinic.id):
            assert not Change.objects.exists()
            assert not Opportunity.objects.filter(deadline__lt=timezone.now(), closed_at=None).exists()
    with as_clinic(get_clinic_by_slug("bright-smile").id):
        assert set(StaffAction.objects.values_list("kind", flat=True)) == {"dismissed", "called_back"}


def assert_it_only_says_how_to_sign_in_the_second_time(said: str) -> None:
    again = run()
    assert said.startswith(again.strip())
    assert all(email in again for email in PEOPLE)
    assert "rbk_" not in again
    assert run("--if-empty") == ""
    assert len(list_clinics()) == 2


@pytest.mark.django_db
def test_it_does_nothing_beside_real_clinics() -> None:
    make_clinic(timezone.now())
    assert run() == ""
    assert len(list_clinics()) == 1


@pytest.mark.django_db
def test_there_is_none_in_production(settings: Settings) -> None:
    settings.IS_PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        run()
    assert list_clinics() == []
