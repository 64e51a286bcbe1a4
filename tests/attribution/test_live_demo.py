"""The living demo: signed calls arrive at the real webhook, bookings are recorded, and no other clinic is touched."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from pytest_django import Settings

from attribution.management.commands.live_demo import NAME
from attribution.management.commands.make_demo_clinic import ALICE, BRIGHT_SMILE
from attribution.models import Appointment
from calls.domain import Direction, Outcome
from calls.models import Connection
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic
from tenants.selectors import get_clinic
from tenants.services import create_clinic
from tests.calls.factories import make_clinic, stored_calls
from tests.calls.test_simulate import served

__all__ = ["served"]  # a fixture


@pytest.fixture
def demo(committed_db: None) -> ClinicFacts:
    return get_clinic(create_clinic(details=BRIGHT_SMILE, owner_email=ALICE, now=timezone.now()).clinic_id)


def run(*arguments: str) -> None:
    call_command("live_demo", *arguments, stdout=io.StringIO(), stderr=io.StringIO())


@pytest.mark.usefixtures("served")
def test_calls_callbacks_and_bookings_happen(demo: ClinicFacts) -> None:
    run("--seed", "2", "--speed", "100000", "--happenings", "120")
    stored = stored_calls(demo)
    assert len(stored) > 40
    assert {call.direction for call in stored} == {Direction.INBOUND, Direction.OUTBOUND}
    assert {Outcome.MISSED, Outcome.ANSWERED, Outcome.VOICEMAIL} <= {call.outcome for call in stored}
    with as_clinic(demo.id):
        assert Connection.objects.get().name == NAME
        assert Appointment.objects.exclude(external_id="").count() > 3


@pytest.mark.django_db
def test_there_is_none_in_production(settings: Settings) -> None:
    settings.IS_PRODUCTION = True
    with pytest.raises(CommandError, match="production"):
        run()


@pytest.mark.django_db
def test_without_the_demo_clinic_nothing_happens() -> None:
    make_clinic(timezone.now())
    with pytest.raises(CommandError, match="no demo clinic"):
        run()


@pytest.mark.django_db
def test_a_real_clinic_of_that_name_is_left_alone() -> None:
    made = create_clinic(details=BRIGHT_SMILE, owner_email="owner@bright-smile.example", now=timezone.now())
    with pytest.raises(CommandError, match="not the demo"):
        run()
    with as_clinic(made.clinic_id):
        assert not Connection.objects.exists()
