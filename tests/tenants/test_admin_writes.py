"""What platform staff changes is on record, once, with before and after; who loses a right loses the sign-ins."""

import json
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.utils import timezone

from tenants import services
from tenants.domain import PLATFORM, ClinicFacts
from tenants.events import Actor, ActorKind
from tenants.models import AuditDetail, AuditEvent, Clinic, User
from tenants.scope import as_clinic
from tests.tenants.entrance import is_signed_in, sign_in
from tests.tenants.factories import alice, bright_smile, platform_staff
from tests.tenants.sign_in import add_second_factor, client_of

pytestmark = pytest.mark.django_db
REASON = "The webhook answers 401 since this morning"
Row = tuple[str, str, dict[str, Any]]


@pytest.fixture
def sam() -> User:
    return platform_staff()


@pytest.fixture
def staff(sam: User) -> Client:
    return client_of(sam)


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


def trail(clinic_id: Any = PLATFORM, actor: ActorKind = ActorKind.STAFF) -> list[Row]:
    with as_clinic(clinic_id):
        details = dict(AuditDetail.objects.values_list("seq", "details"))
        rows = AuditEvent.objects.filter(actor_kind=actor).order_by("seq")
        return [(row.action, row.target, json.loads(details[row.seq])) for row in rows]


def fields_of(person: User, **changed: str) -> dict[str, str]:
    """What the form of a person sends; an empty value is a box that is not ticked."""
    fields = {"email": person.email, "name": person.name} | {
        name: "on" for name in ("is_active", "is_staff", "is_superuser") if getattr(person, name)
    }
    return {name: value for name, value in (fields | changed).items() if value or name == "name"}


def test_a_new_person_is_on_record(staff: Client) -> None:
    staff.post("/admin/tenants/user/add/", {"email": "New@Example.org", "is_active": "on"})
    person = User.objects.get(email="new@example.org")
    (row,) = trail()
    assert row[:2] == ("person_added", str(person.pk))
    assert row[2]["after"]["email"] == "new@example.org"


def test_a_change_is_on_record_with_what_it_was(staff: Client, clinic: ClinicFacts) -> None:
    person = alice()
    staff.post(f"/admin/tenants/user/{person.pk}/change/", fields_of(person, name="Alice Archer"))
    (row,) = trail()
    assert row[:2] == ("person_changed", str(person.pk))
    assert (row[2]["before"], row[2]["after"]) == ({"name": ""}, {"name": "Alice Archer"})
    assert User.objects.get(pk=person.pk).name == "Alice Archer"


def test_what_changes_nothing_is_not_on_record(staff: Client, clinic: ClinicFacts) -> None:
    person = alice()
    staff.post(f"/admin/tenants/user/{person.pk}/change/", fields_of(person))
    assert trail() == []


def test_making_staff_is_an_event_of_its_own(staff: Client, clinic: ClinicFacts) -> None:
    person = alice()
    staff.post(f"/admin/tenants/user/{person.pk}/change/", fields_of(person, is_staff="on"))
    assert [row[0] for row in trail()] == ["staff_added"]
    assert User.objects.get(pk=person.pk).is_staff


@pytest.mark.parametrize("right", ["is_active", "is_staff", "is_superuser"])
def test_who_loses_a_right_is_signed_out_at_once(staff: Client, right: str) -> None:
    ann = platform_staff("ann@ringback.example")
    theirs = Client()
    sign_in(theirs, ann.email)
    assert is_signed_in(theirs)
    staff.post(f"/admin/tenants/user/{ann.pk}/change/", fields_of(ann, **{right: ""}))
    assert not is_signed_in(theirs)
    assert trail()[-1][2]["before"] == {right: True}


def test_another_name_signs_nobody_out(staff: Client) -> None:
    ann = platform_staff("ann@ringback.example")
    theirs = Client()
    sign_in(theirs, ann.email)
    staff.post(f"/admin/tenants/user/{ann.pk}/change/", fields_of(ann, name="Ann"))
    assert is_signed_in(theirs)


def test_who_is_no_longer_staff_is_out_of_the_clinic_too(staff: Client, clinic: ClinicFacts) -> None:
    ann = platform_staff("ann@ringback.example")
    services.open_support(
        clinic_id=clinic.id, user_id=ann.pk, reason=REASON, minutes=60, now=timezone.now(),
        actor=Actor(ActorKind.STAFF, ann.pk),
    )  # fmt: skip
    staff.post(f"/admin/tenants/user/{ann.pk}/change/", fields_of(ann, is_staff=""))
    assert client_of(ann).get("/worklist/").status_code == 403
    assert [row[0] for row in trail(clinic.id)] == ["support_opened", "support_ended"]
    assert Clinic.objects.get().support_until is None


def test_a_clinics_new_name_is_in_its_own_trail(staff: Client, clinic: ClinicFacts) -> None:
    staff.post(f"/admin/tenants/clinic/{clinic.id}/change/", {"name": "Brighter Smile"})
    (row,) = trail(clinic.id)
    assert row[:2] == ("clinic_changed", str(clinic.id))
    assert (row[2]["before"], row[2]["after"]) == ({"name": "Bright Smile"}, {"name": "Brighter Smile"})
    staff.post(f"/admin/tenants/clinic/{clinic.id}/change/", {"name": "Brighter Smile"})
    assert len(trail(clinic.id)) == 1


def test_a_link_for_a_password_is_on_record_once(staff: Client, clinic: ClinicFacts) -> None:
    person = alice()
    staff.post("/admin/tenants/user/", {"action": "send_password_link", "_selected_action": str(person.pk)})
    assert len(mail.outbox) == 1
    found = [row for row in (*trail(), *trail(clinic.id)) if row[0] == "password_link_sent"]
    assert {row[1] for row in found} == {str(person.pk)}
    assert len(found) == 1


def test_support_is_opened_and_ended_from_the_clinics_page(staff: Client, sam: User, clinic: ClinicFacts) -> None:
    page = f"/admin/tenants/clinic/{clinic.id}/change/"
    form = f"/admin/tenants/clinic/{clinic.id}/support/"
    assert form in staff.get(page).content.decode()
    assert staff.get(form).status_code == 200
    answer = staff.post(form, {"reason": REASON, "minutes": "30", "seen": "on"})
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
    assert staff.get("/worklist/").status_code == 200
    after = staff.get(page).content.decode()
    assert f"{form}end/" in after
    assert REASON in after
    assert staff.get(f"{form}end/").status_code == 405
    assert staff.post(f"{form}end/").status_code == 302
    assert staff.get("/worklist/").status_code == 403
    assert [row[:2] for row in trail(clinic.id)] == [
        ("support_opened", str(sam.pk)),
        ("support_ended", str(sam.pk)),
    ]


@pytest.mark.parametrize(
    ("field", "value"), [("reason", "short"), ("reason", "Call 020 7946 0018 now"), ("minutes", "61"), ("seen", "")]
)
def test_support_needs_a_reason_a_time_and_a_tick(staff: Client, clinic: ClinicFacts, field: str, value: str) -> None:
    form = f"/admin/tenants/clinic/{clinic.id}/support/"
    answer = staff.post(form, {"reason": REASON, "minutes": "30", "seen": "on"} | {field: value})
    assert answer.status_code == 400
    assert "errorlist" in answer.content.decode()
    assert trail(clinic.id) == []


def test_a_clinic_that_forbids_it_is_not_opened(staff: Client, clinic: ClinicFacts) -> None:
    Clinic.objects.update(support_allowed=False)
    form = f"/admin/tenants/clinic/{clinic.id}/support/"
    answer = staff.post(form, {"reason": REASON, "minutes": "30", "seen": "on"})
    assert "does not allow support access" in answer.content.decode()
    assert [row[0] for row in trail(clinic.id)] == ["support_refused"]
    assert staff.get("/worklist/").status_code == 403


def test_support_of_no_clinic_or_by_nobody(staff: Client, clinic: ClinicFacts) -> None:
    assert staff.get(f"/admin/tenants/clinic/{PLATFORM}/support/").status_code == 404
    form = f"/admin/tenants/clinic/{clinic.id}/support/"
    helper = client_of(platform_staff("helper@ringback.example", is_superuser=False))
    assert helper.get(form).status_code == 403
    assert helper.post(f"{form}end/").status_code == 403
    assert Client().post(form).status_code == 302
    owner = alice()
    add_second_factor(owner)
    assert client_of(owner, clinic).get(form, follow=True).status_code == 403


def test_the_platforms_trail_can_be_read_page_by_page(staff: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    for count in range(5):
        staff.post("/admin/tenants/user/add/", {"email": f"p{count}@example.org", "is_active": "on"})
    page = staff.get("/admin/trail/").content.decode()
    assert "added a person" in page
    assert "p4@example.org" in page
    newest = int(page.partition("<tbody>")[2].partition("<td>")[2].partition("</td>")[0])
    older = staff.get(f"/admin/trail/?before={newest}").content.decode()
    assert "p3@example.org" in older
    assert "p4@example.org" not in older
    for bad in ("x", "0", "-1", "9" * 30):
        assert staff.get(f"/admin/trail/?before={bad}").status_code == 400
    assert staff.post("/admin/trail/").status_code == 405


def test_the_platforms_trail_is_not_for_every_helper() -> None:
    helper = client_of(platform_staff("helper@ringback.example", is_superuser=False))
    assert helper.get("/admin/").status_code == 200
    assert "/admin/trail/" not in helper.get("/admin/").content.decode()
    assert helper.get("/admin/trail/").status_code == 403
