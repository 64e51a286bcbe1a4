"""The admin pages: for platform staff, about clinics and people; no way to a caller, no number in an address."""

import logging
import re
from datetime import timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.core import mail
from django.test import Client
from django.urls import NoReverseMatch, reverse
from django.utils import timezone

from retention import services
from retention.models import PurgeRun
from tenants.admin import site
from tenants.models import Clinic, User
from tests.retention.rows import MONDAY, add_call, instant
from tests.tenants.factories import alice, bob, bright_smile, charlie, oak_street, platform_staff
from tests.tenants.sign_in import client_of

pytestmark = pytest.mark.django_db
NUMBERS = ["07700900123", "+44 7700 900123", "0 7 7 0 0 9 0", "(0)7700-900", "x1234567x", "٠٧٧٠٠٩٠٠"]


@pytest.fixture
def staff() -> Client:
    return client_of(platform_staff())


def test_only_these_tables_are_to_be_seen() -> None:
    assert {model._meta.label for model in site._registry} == {
        "tenants.Clinic",
        "tenants.User",
        "tenants.Membership",
        "calls.Connection",
        "calls.Change",
        "retention.PurgeRun",
        "retention.DeletionLog",
    }
    with pytest.raises(NoReverseMatch):
        reverse("admin:calls_call_changelist")


def test_signed_out_it_sends_to_the_one_sign_in() -> None:
    answer = Client().get("/admin/", follow=True)
    assert answer.redirect_chain[-1][0].startswith("/account/login/")


def test_people_of_a_clinic_do_not_get_in() -> None:
    clinic = bright_smile()
    for person in (alice(), bob(clinic)):
        answer = client_of(person).get("/admin/", follow=True)
        assert answer.status_code == 403


@pytest.mark.parametrize(
    "page",
    [
        "",
        "trail/",
        "tenants/clinic/",
        "tenants/user/",
        "tenants/membership/",
        "calls/connection/",
        "calls/change/",
        "retention/purgerun/",
        "retention/deletionlog/",
    ],  # fmt: skip
)
def test_every_list_opens(staff: Client, page: str) -> None:
    bright_smile()
    answer = staff.get(f"/admin/{page}")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"].startswith(("no-store", "max-age=0"))


def test_a_clinics_settings_can_be_read_and_only_its_name_changed(staff: Client) -> None:
    clinic = bright_smile()
    address = f"/admin/tenants/clinic/{clinic.id}/change/"
    assert b"Europe/London" in staff.get(address).content
    staff.post(address, {"name": "Brighter Smile", "retention_days": "30", "slug": "other"})
    after = Clinic.objects.get()
    assert (after.name, after.retention_days, after.slug) == ("Brighter Smile", 90, "bright-smile")
    assert staff.post("/admin/tenants/clinic/add/", {}).status_code == 403
    assert staff.post(f"/admin/tenants/clinic/{clinic.id}/delete/", {"post": "yes"}).status_code == 403


def test_nobodys_password_can_be_set(staff: Client) -> None:
    bright_smile()
    person = alice()
    address = f"/admin/tenants/user/{person.id}/change/"
    assert not re.findall(rb'name="[^"]*passw[^"]*"|/password/', staff.get(address).content)
    fields = {"email": person.email, "is_active": "on", "password": "x", "name": "Alice"}
    assert staff.post(address, fields).status_code == 302
    after = User.objects.get(pk=person.pk)
    assert (after.name, after.password) == ("Alice", person.password)
    assert staff.get(f"/admin/tenants/user/{person.id}/password/").status_code in (302, 404)


def test_a_person_can_be_sent_a_link(staff: Client) -> None:
    bright_smile()
    person = alice()
    chosen = {"action": "send_password_link", "_selected_action": str(person.id)}
    staff.post("/admin/tenants/user/", chosen)
    assert [message.to for message in mail.outbox] == [[person.email]]


def test_a_new_person_has_no_password(staff: Client) -> None:
    assert staff.post("/admin/tenants/user/add/", {"email": "New@Example.org", "is_active": "on"}).status_code == 302
    made = User.objects.get(email="new@example.org")
    assert not made.has_usable_password()


def test_who_is_no_superuser_makes_nobody_staff_and_touches_no_superuser() -> None:
    owner = platform_staff()
    helper = platform_staff("helper@ringback.example", is_superuser=False)
    client = client_of(helper)
    assert client.get("/admin/tenants/user/").status_code == 403
    helper.user_permissions.set(Permission.objects.filter(codename__in=["view_user", "change_user"]))
    fields = {"email": helper.email, "is_active": "on", "is_staff": "on", "is_superuser": "on"}
    client.post(f"/admin/tenants/user/{helper.id}/change/", fields)
    assert not User.objects.get(pk=helper.pk).is_superuser
    answer = client.post(f"/admin/tenants/user/{owner.id}/change/", fields | {"email": "taken@example.org"})
    assert answer.status_code == 403


def test_members_are_shown_for_the_chosen_clinic_only(staff: Client) -> None:
    bob(bright_smile())
    oak_street()
    charlie()
    assert b"@bright-smile.example" not in staff.get("/admin/tenants/membership/").content
    page = staff.get("/admin/tenants/membership/?clinic=bright-smile").content.decode()
    assert "alice@bright-smile.example" in page
    assert "bob@bright-smile.example" in page
    assert "charlie@" not in page


def test_the_deletion_log_is_shown_for_the_chosen_clinic_only(staff: Client) -> None:
    clinic = bright_smile()
    oak_street()
    add_call(clinic, instant(MONDAY))
    services.purge_expired(now=instant(MONDAY, days=90))
    cell = '<td class="field-what">calls</td>'
    assert cell in staff.get("/admin/retention/deletionlog/?clinic=bright-smile").content.decode()
    assert cell not in staff.get("/admin/retention/deletionlog/?clinic=oak-street").content.decode()
    assert cell not in staff.get("/admin/retention/deletionlog/").content.decode()
    assert cell not in staff.get("/admin/retention/deletionlog/?clinic=nowhere").content.decode()


@pytest.mark.parametrize("page", ["retention/purgerun/add/", "retention/deletionlog/add/", "tenants/membership/add/"])
def test_what_is_read_only_cannot_be_added_to(staff: Client, page: str) -> None:
    assert staff.post(f"/admin/{page}", {}).status_code == 403


def test_a_run_cannot_be_changed(staff: Client) -> None:
    run = PurgeRun.objects.create(started_at=timezone.now())
    for what in ("change", "delete"):
        assert staff.post(f"/admin/retention/purgerun/{run.id}/{what}/", {"post": "yes"}).status_code == 403
    assert PurgeRun.objects.get().finished_at is None


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("name", ["q", "term"])
def test_a_number_in_the_address_is_refused(
    staff: Client, number: str, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        answers = [
            client.get(f"/admin/{page}", {name: number})
            for client in (staff, Client())
            for page in ("tenants/user/", "tenants/clinic/", "")
        ]
    assert {answer.status_code for answer in answers} == {400}
    assert all(number not in answer.content.decode() for answer in answers)
    assert number not in caplog.text


def test_a_name_can_be_searched_for(staff: Client) -> None:
    bright_smile()
    oak_street()
    page = staff.get("/admin/tenants/clinic/", {"q": "bright 24/7"}).content.decode()
    assert "Oak Street" not in page
    assert "Bright Smile" in staff.get("/admin/tenants/clinic/", {"q": "bright"}).content.decode()


def test_changes_by_staff_are_on_record_for_90_days(staff: Client) -> None:
    clinic = bright_smile()
    staff.post(f"/admin/tenants/clinic/{clinic.id}/change/", {"name": "Brighter Smile"})
    assert LogEntry.objects.count() == 1
    services.purge_expired(now=timezone.now())
    assert LogEntry.objects.count() == 1
    LogEntry.objects.update(action_time=timezone.now() - timedelta(days=90, seconds=1))
    services.purge_expired(now=timezone.now())
    assert LogEntry.objects.count() == 0
