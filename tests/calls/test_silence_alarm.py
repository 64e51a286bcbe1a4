"""A phone system that has fallen silent is noted, shown and mailed once; it speaks again with its next message."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail

from calls import services
from calls.heard import HourCounts
from calls.models import Connection
from calls.selectors import list_silent
from calls.tasks import check_silence as run_task
from tenants.domain import ClinicFacts, Role
from tenants.models import User
from tenants.scope import as_clinic
from tests.calls.connections import LIST, page_of
from tests.tenants.factories import alice, bright_smile, oak_street
from tests.tenants.sign_in import client_of, client_with

pytestmark = pytest.mark.django_db
TUESDAY = datetime(2026, 1, 6, 9, tzinfo=UTC)  # open from 8:30 to 17:30


@pytest.fixture
def clinic() -> ClinicFacts:
    made = bright_smile()
    alice()
    return made


@pytest.fixture
def made(clinic: ClinicFacts) -> services.NewConnection:
    """It has spoken every hour of Monday, and on Tuesday at nine."""
    added = services.add_connection(
        clinic_id=clinic.id, provider="twilio", name="Main line", secret="secret", now=TUESDAY - timedelta(days=3)
    )
    for hours in range(24, 15, -1):
        speak(clinic, added, TUESDAY - timedelta(hours=hours))
    speak(clinic, added, TUESDAY)
    with as_clinic(clinic.id):
        Connection.objects.filter(pk=added.id).update(created_at=TUESDAY - timedelta(days=3))
    return added


def speak(clinic: ClinicFacts, made: services.NewConnection, at: datetime) -> None:
    last = at + timedelta(minutes=20)
    hour = HourCounts(made.id, at.replace(minute=0), 4, 1, 0, at, last)
    services.count_messages(clinic_id=clinic.id, hours=[hour], fields={}, now=last)


def check(clinic: ClinicFacts, hours: float) -> list[str]:
    return [silent.name for silent in services.check_silence(clinic=clinic, now=TUESDAY + timedelta(hours=hours))]


def silent_names(clinic: ClinicFacts) -> list[str]:
    return [line.name for line in list_silent(clinic)]


def test_it_is_told_once_for_each_silence(clinic: ClinicFacts, made: services.NewConnection) -> None:
    assert check(clinic, 2) == []
    assert check(clinic, 3) == ["Main line"]  # the last word was at 9:20
    assert check(clinic, 3.2) == check(clinic, 6) == []
    [letter] = mail.outbox
    assert letter.to == ["alice@bright-smile.example"]
    assert "Main line" in letter.subject
    assert "Tue 6 Jan, 09:20" in letter.body
    assert silent_names(clinic) == ["Main line"]
    speak(clinic, made, TUESDAY + timedelta(hours=6))
    assert silent_names(clinic) == []  # at once, and not with the next look
    assert check(clinic, 7) == []
    assert check(clinic, 9 + 24) == ["Main line"]
    assert len(mail.outbox) == 2


def test_a_closed_account_is_not_told(clinic: ClinicFacts, made: services.NewConnection) -> None:
    User.objects.filter(email="alice@bright-smile.example").update(is_active=False)
    assert check(clinic, 3) == ["Main line"]
    assert mail.outbox == []


def test_only_admins_are_told(clinic: ClinicFacts, made: services.NewConnection) -> None:
    for role in (Role.MANAGER, Role.RECEPTIONIST, Role.AUDITOR):
        client_with(clinic, role)
    check(clinic, 3)
    assert [letter.to for letter in mail.outbox] == [["alice@bright-smile.example"]]


def test_nothing_is_said_over_night(clinic: ClinicFacts, made: services.NewConnection) -> None:
    speak(clinic, made, TUESDAY + timedelta(hours=7.5))  # 16:30 to 16:50: 40 minutes are open after it
    assert check(clinic, 20) == check(clinic, 23.5) == []
    assert check(clinic, 25.5) == ["Main line"]


def test_a_paused_one_is_left_alone_and_begins_anew(clinic: ClinicFacts, made: services.NewConnection) -> None:
    services.pause_connection(clinic_id=clinic.id, connection_id=made.id, now=TUESDAY + timedelta(hours=1))
    assert check(clinic, 4) == []
    resumed_at = TUESDAY + timedelta(hours=4)
    services.resume_connection(clinic_id=clinic.id, connection_id=made.id, now=resumed_at)
    assert check(clinic, 5) == []
    assert check(clinic, 6.5) == ["Main line"]


def test_a_silence_lasts_until_a_message_comes(clinic: ClinicFacts, made: services.NewConnection) -> None:
    """Not until its lively days have left the window."""
    check(clinic, 3)
    assert check(clinic, 24 * 20) == []
    assert silent_names(clinic) == ["Main line"]


def test_another_clinic_sees_none_of_it(clinic: ClinicFacts, made: services.NewConnection) -> None:
    other = oak_street()
    check(clinic, 3)
    assert check(other, 3) == silent_names(other) == []


def test_the_pages_say_it(clinic: ClinicFacts, made: services.NewConnection) -> None:
    check(clinic, 3)
    admin = client_of(alice(), clinic)
    for page in (LIST, page_of(made.id)):
        text = admin.get(page).content.decode()
        assert ">Silent</span>" in text
        assert "It has said nothing since" in text
    for page in ("/worklist/", "/"):
        assert "“Main line” has said nothing since" in admin.get(page).content.decode()
    assert "has said nothing" not in client_with(clinic, Role.RECEPTIONIST).get("/worklist/").content.decode()


def test_the_task_looks_at_every_clinic_whatever_one_does(
    clinic: ClinicFacts, made: services.NewConnection, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    asked = []

    def fail(**arguments: object) -> None:
        asked.append(arguments["clinic"])
        raise RuntimeError("with a value in it")

    monkeypatch.setattr(services, "check_silence", fail)
    run_task()
    assert clinic.id in {each.id for each in asked}  # type: ignore[attr-defined]
    assert "with a value" not in caplog.text
