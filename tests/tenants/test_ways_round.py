"""Ways round the sign-in, the limits and the gates that somebody has tried: each is shut, and stays shut."""

import base64
import re
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import Permission
from django.contrib.sessions.models import Session
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from tenants import selectors, services
from tenants.checkpoints import make_checkpoint
from tenants.domain import PLATFORM, Role
from tenants.masks import mask
from tenants.models import AuditCheckpoint, AuditEvent, User
from tenants.scope import as_clinic
from tenants.services.codes import use_code_once
from tests.api.client import Machine
from tests.tenants.entrance import add_app
from tests.tenants.factories import NOW, PASSWORD, alice, bob, bright_smile, platform_staff
from tests.tenants.sign_in import add_second_factor, client_of

pytestmark = pytest.mark.django_db
LOGIN = "/account/login/"


def actions(clinic_id: uuid.UUID = PLATFORM) -> list[str]:
    with as_clinic(clinic_id):
        return [row.action for row in AuditEvent.objects.filter(clinic_id=clinic_id).order_by("seq")]


def helper(*rights: str) -> Client:
    user = platform_staff("helper@ringback.example", is_superuser=False)
    add_second_factor(user)
    user.user_permissions.set(Permission.objects.filter(codename__in=rights))
    return client_of(user)


def test_the_admin_has_no_sign_in_of_its_own(settings: Settings) -> None:
    settings.TWO_FACTORS_REQUIRED = True
    boss, client = platform_staff(), helper()
    client.post("/admin/login/?next=/admin/", {"username": boss.email, "password": PASSWORD})
    assert client.session["_auth_user_id"] != str(boss.pk)
    answer = Client().post("/admin/login/", {"username": boss.email, "password": PASSWORD})
    assert answer["Location"].startswith(LOGIN)


def test_the_admin_changes_no_password_of_its_own() -> None:
    boss = platform_staff()
    new = "another horse battery"
    fields = {"old_password": PASSWORD, "new_password1": new, "new_password2": new}
    assert client_of(boss).post("/admin/password_change/", fields)["Location"] == "/account/password/change/"
    assert User.objects.get(pk=boss.pk).check_password(PASSWORD)


def test_a_member_of_staff_takes_nobodys_account_over_by_its_address() -> None:
    clinic = bright_smile()
    person = bob(clinic)
    fields = {"email": "evil@outside.example", "name": "Bob", "is_active": "on"}
    helper("view_user", "change_user").post(f"/admin/tenants/user/{person.id}/change/", fields)
    assert User.objects.get(pk=person.pk).email == person.email


def test_an_address_that_a_superuser_changes_is_on_record_at_the_clinic() -> None:
    clinic = bright_smile()
    person, client = bob(clinic), client_of(platform_staff())
    theirs = client_of(person, clinic)
    Machine(None).post("/token/", {"email": person.email, "password": PASSWORD})
    fields = {"email": "bob@elsewhere.example", "name": "Bob", "is_active": "on"}
    assert client.post(f"/admin/tenants/user/{person.id}/change/", fields).status_code == 302
    assert User.objects.get(pk=person.pk).email == "bob@elsewhere.example"
    assert actions(clinic.id)[-1] == "person_changed"
    assert theirs.get("/worklist/").status_code in (200, 302)  # a test's session is in nobody's list


def test_the_limit_of_wrong_passwords_does_not_know_the_port(settings: Settings) -> None:
    settings.BEHIND_PROXY = True
    bright_smile()
    owner = alice()
    for number in range(8):
        headers = {"host": f"localhost:{1000 + number}", "x-forwarded-for": f"203.0.{number}.7"}
        Client().post(LOGIN, {"login": owner.email, "password": f"wrong horse {number}"}, headers=headers)
    headers = {"host": "localhost:9999", "x-forwarded-for": "198.51.1.1"}
    answer = Client().post(LOGIN, {"login": owner.email, "password": PASSWORD}, headers=headers)
    assert answer.status_code == 200  # refused, as the next five minutes


def test_wrong_passwords_of_a_stranger_keep_nobody_from_confirming(settings: Settings) -> None:
    settings.BEHIND_PROXY = True
    clinic = bright_smile()
    owner = alice()
    client = client_of(owner, clinic, recent=False)
    for number in range(6):
        headers = {"x-forwarded-for": f"203.0.{number}.7"}
        Client().post(LOGIN, {"login": owner.email, "password": f"wrong horse {number}"}, headers=headers)
    client.post("/account/reauthenticate/", {"password": PASSWORD})
    assert client.get("/settings/keys/make/").status_code == 200


def test_made_up_addresses_push_no_used_code_out() -> None:
    bright_smile()
    owner = alice()
    assert use_code_once(user_id=owner.id, code="123456")
    for number in range(400):
        cache.set(f"zz{number}", [1.0], 300)
    assert not use_code_once(user_id=owner.id, code="123456")


@pytest.mark.parametrize("lookup", ["password__startswith", "password", "memberships__role", "email__regex"])
def test_the_list_of_people_is_asked_for_nothing_that_it_does_not_offer(lookup: str) -> None:
    platform_staff()
    assert helper("view_user").get("/admin/tenants/user/", {lookup: "("}).status_code == 400


@pytest.mark.parametrize("page", ["membership/?clinic=%00", "user/?q=%00", "clinic/?q=%00"])
def test_a_nul_in_an_admin_address_is_refused(page: str) -> None:
    assert client_of(platform_staff()).get(f"/admin/tenants/{page}").status_code == 400


def test_an_address_in_capitals_is_the_same_address() -> None:
    bright_smile()
    fields = {"email": "ALICE@bright-smile.example", "is_active": "on"}
    answer = client_of(platform_staff()).post("/admin/tenants/user/add/", fields)
    assert (answer.status_code, b"already exists" in answer.content) == (200, True)


def test_a_forged_checkpoint_of_the_future_stops_no_other(settings: Settings) -> None:
    settings.AUDIT_SIGNING_KEY = base64.b64encode(bytes(range(32))).decode()
    bright_smile()
    assert make_checkpoint(now=NOW) is not None
    far = datetime(9999, 1, 1, tzinfo=UTC)
    AuditCheckpoint.objects.create(
        at=far, root=bytes(32), previous=bytes(32), trails=0, signature=bytes(64), key="0" * 16
    )
    assert selectors.is_checkpoint_late(NOW)
    assert make_checkpoint(now=NOW + timedelta(hours=2)) is not None


@pytest.mark.parametrize(
    "number", ["07700–900–123", "07700/900/123", "07700_900_123", "07700 - 900 - 123", "07700·900·123", "07700−900123"]
)  # fmt: skip
def test_numbers_in_other_spellings_are_masked(number: str) -> None:
    assert mask(f"call {number} back") == "call … back"


def test_questions_for_passkeys_are_limited() -> None:
    for _ in range(30):
        answer = Client().get("/account/2fa/webauthn/login/", headers={"x-requested-with": "XMLHttpRequest"})
        assert answer.status_code == 200
    before = Session.objects.count()
    answer = Client().get("/account/2fa/webauthn/login/", headers={"x-requested-with": "XMLHttpRequest"})
    assert (answer.status_code, Session.objects.count()) == (429, before)


def test_a_link_for_a_new_password_leads_to_the_product_and_nowhere_else(settings: Settings) -> None:
    bright_smile()
    Client().post("/account/password/reset/", {"email": alice().email}, headers={"host": "localhost:6666"})
    [link] = re.findall(r"https?://\S+/key/\S+", str(mail.outbox[0].body))
    assert link.startswith(f"{settings.PUBLIC_URL}/account/password/reset/key/")


def test_the_last_admin_who_can_sign_in_stays() -> None:
    clinic = bright_smile()
    second = services.add_member(clinic_id=clinic.id, email="second@bright-smile.example", role=Role.ADMIN)
    User.objects.filter(pk=second).update(is_active=False)
    client_of(alice(), clinic).post("/settings/people/leave/")
    assert Role.ADMIN in [one.role for one in selectors.list_memberships(alice().id, timezone.now())]


def test_the_right_password_without_the_second_factor_leaves_a_row() -> None:
    clinic = bright_smile()
    owner = alice()
    add_app(owner)
    before = len(actions(clinic.id))
    assert Client().post(LOGIN, {"login": owner.email, "password": PASSWORD}).status_code == 302
    assert actions(clinic.id)[before:] == ["second_factor_asked"]
    assert Machine(None).post("/token/", {"email": owner.email, "password": PASSWORD}).status_code == 401
    assert actions(clinic.id)[before:] == ["second_factor_asked", "second_factor_asked"]
    with as_clinic(clinic.id):
        assert {row.actor_kind for row in AuditEvent.objects.filter(action="second_factor_asked")} == {"nobody"}
