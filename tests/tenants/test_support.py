"""Support access: by a grant with a reason, seen by the clinic, ended by the clock, and good for reading only."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.test import Client
from pytest_django import Settings

from retention.services import purge_expired
from tenants import services
from tenants.domain import ClinicFacts, Role
from tenants.events import SYSTEM, Actor, ActorKind
from tenants.models import AuditDetail, AuditEvent, Clinic, Membership, User
from tenants.scope import as_clinic
from tenants.services import support
from tests.tenants.factories import alice, bob, bright_smile, charlie, oak_street, platform_staff
from tests.tenants.sign_in import add_second_factor, client_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
REASON = "The webhook answers 401 since this morning"
BANNER = "Ringback’s support can see this clinic"


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


@pytest.fixture
def sam() -> User:
    return platform_staff()


def open_it(clinic: ClinicFacts, sam: User, *, minutes: int = 30, reason: str = REASON) -> datetime:
    actor = Actor(ActorKind.STAFF, sam.id)
    return services.open_support(
        clinic_id=clinic.id, user_id=sam.id, reason=reason, minutes=minutes, now=NOW, actor=actor
    )


def refuse(clinic: ClinicFacts, sam: User) -> support.WhyNot:
    with pytest.raises(services.SupportRefused) as caught:
        open_it(clinic, sam)
    return caught.value.why


def grants(clinic: ClinicFacts) -> int:
    with as_clinic(clinic.id):
        return Membership.objects.filter(role=Role.SUPPORT).count()


def trail(clinic: ClinicFacts) -> list[tuple[str, str, str]]:
    with as_clinic(clinic.id):
        rows = AuditEvent.objects.filter(action__startswith="support_").order_by("seq")
        return [(row.action, row.actor_kind, row.target) for row in rows]


def test_it_lets_in_until_the_clock_says_so(clinic: ClinicFacts, sam: User) -> None:
    with time_machine.travel(NOW, tick=False):
        client = client_of(sam)
        assert client.get("/worklist/").status_code == 403
        until = open_it(clinic, sam)
        assert until == NOW + timedelta(minutes=30)
        assert client.get("/worklist/").status_code == 200
    for moment, status in ((until - timedelta(seconds=1), 200), (until, 403), (until + timedelta(hours=1), 403)):
        with time_machine.travel(moment, tick=False):
            assert client.get("/worklist/").status_code == status


def test_who_was_let_in_reads_and_changes_nothing(clinic: ClinicFacts, sam: User) -> None:
    with time_machine.travel(NOW, tick=False):
        open_it(clinic, sam)
        client = client_of(sam)
        for page in ("/", "/worklist/", "/calls/", "/appointments/", "/settings/", "/settings/connections/"):
            assert client.get(page).status_code == 200, page
        for page in ("/settings/security/", "/settings/people/", "/settings/keys/", "/settings/connections/add/"):
            assert client.get(page).status_code == 403, page
        some = uuid.uuid4()
        for page in (
            "/support/end/", "/settings/connections/add/twilio/", "/settings/security/change/",
            f"/worklist/{some}/act/", f"/worklist/undo/{some}/", f"/settings/connections/{some}/pause/",
        ):  # fmt: skip
            assert client.post(page, {"kind": "called_back"}).status_code == 403, page


def test_without_a_grant_staff_is_like_anybody_without_a_clinic(clinic: ClinicFacts, sam: User) -> None:
    client = client_of(sam, clinic)
    answer = client.get("/worklist/")
    assert answer.status_code == 403
    assert "You belong to no clinic yet" in answer.content.decode()
    assert client.post("/clinic/", {"clinic": clinic.slug}).status_code == 404
    assert client.post("/support/end/").status_code == 403


def test_a_grant_opens_one_clinic_only(clinic: ClinicFacts, sam: User) -> None:
    other = oak_street()
    with time_machine.travel(NOW, tick=False):
        open_it(clinic, sam)
        client = client_of(sam, other)
        assert "Bright Smile" in client.get("/worklist/").content.decode()
        assert client.post("/clinic/", {"clinic": other.slug}).status_code == 404


def test_everybody_of_the_clinic_sees_it_and_an_admin_can_end_it(clinic: ClinicFacts, sam: User) -> None:
    with time_machine.travel(NOW, tick=False):
        desk, admin, supporter = client_of(bob(clinic), clinic), client_of(alice(), clinic), client_of(sam)
        neighbour = client_of((oak_street(), charlie())[1])
        assert BANNER not in desk.get("/worklist/").content.decode()
        open_it(clinic, sam)
        for client in (desk, admin, supporter):
            page = client.get("/worklist/").content.decode()
            assert BANNER in page
            assert REASON in page
            assert ("End it now" in page) is (client is admin)
        assert BANNER not in neighbour.get("/worklist/").content.decode()
        assert desk.post("/support/end/").status_code == 403
        assert admin.get("/support/end/").status_code == 405
        answer = admin.post("/support/end/")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/settings/security/")
        assert "has ended" in admin.get("/settings/security/").content.decode()
        assert supporter.get("/worklist/").status_code == 403
        assert BANNER not in desk.get("/worklist/").content.decode()
    assert trail(clinic) == [("support_opened", "staff", str(sam.id)), ("support_ended", "person", str(sam.id))]


def test_signed_out_nobody_ends_it(clinic: ClinicFacts, sam: User) -> None:
    open_it(clinic, sam)
    assert Client().post("/support/end/").headers["Location"].startswith("/account/login/")
    assert grants(clinic) == 1


def test_the_reason_is_in_the_clinics_trail_and_not_in_its_chain(clinic: ClinicFacts, sam: User) -> None:
    open_it(clinic, sam)
    with as_clinic(clinic.id):
        (event,) = AuditEvent.objects.filter(action="support_opened")
        detail = AuditDetail.objects.get(seq=event.seq)
    assert REASON in detail.details
    assert '"minutes": 30' in detail.details


def test_the_clinic_can_forbid_it_and_sees_that_it_was_tried(clinic: ClinicFacts, sam: User) -> None:
    Clinic.objects.filter(pk=clinic.id).update(support_allowed=False)
    assert refuse(clinic, sam) is support.WhyNot.NOT_ALLOWED
    assert trail(clinic) == [("support_refused", "staff", str(sam.id))]
    assert grants(clinic) == 0


@pytest.mark.parametrize("fields", [{"is_staff": False}, {"is_active": False}])
def test_only_active_staff_is_let_in(clinic: ClinicFacts, sam: User, fields: dict[str, bool]) -> None:
    User.objects.filter(pk=sam.pk).update(**fields)
    assert refuse(clinic, sam) is support.WhyNot.NOT_STAFF


@pytest.mark.parametrize("by", ["installation", "clinic"])
def test_a_second_factor_is_needed_where_one_is_asked_for(
    clinic: ClinicFacts, sam: User, by: str, settings: Settings
) -> None:
    settings.TWO_FACTORS_REQUIRED = by == "installation"
    Clinic.objects.filter(pk=clinic.id).update(require_two_factors=by == "clinic")
    assert refuse(clinic, sam) is support.WhyNot.NO_SECOND_FACTOR
    add_second_factor(sam)
    assert open_it(clinic, sam) > NOW


def test_a_member_is_not_let_in_twice(clinic: ClinicFacts, sam: User) -> None:
    services.add_member(clinic_id=clinic.id, email=sam.email, role=Role.AUDITOR)
    assert refuse(clinic, sam) is support.WhyNot.MEMBER
    with as_clinic(clinic.id):
        assert Membership.objects.get(user=sam).role == Role.AUDITOR


def test_one_at_a_time(clinic: ClinicFacts, sam: User) -> None:
    open_it(clinic, sam)
    assert refuse(clinic, sam) is support.WhyNot.OPEN
    assert refuse(clinic, platform_staff("ann@ringback.example")) is support.WhyNot.OPEN
    assert grants(clinic) == 1


def test_what_has_ended_by_the_clock_can_be_opened_anew(clinic: ClinicFacts, sam: User) -> None:
    until = open_it(clinic, sam)
    actor = Actor(ActorKind.STAFF, sam.id)
    later = services.open_support(clinic_id=clinic.id, user_id=sam.id, reason=REASON, minutes=5, now=until, actor=actor)
    assert later == until + timedelta(minutes=5)
    assert grants(clinic) == 1


@pytest.mark.parametrize(
    ("reason", "minutes"),
    [
        ("too short", 30),
        ("x" * 201, 30),
        ("            \n        ", 30),
        ("Asked by alice@bright-smile.example", 30),
        ("Asked for by 020 7946 0018 today", 30),
        (REASON, 4),
        (REASON, 61),
    ],
)
def test_a_bad_reason_or_time_lets_nobody_in(clinic: ClinicFacts, sam: User, reason: str, minutes: int) -> None:
    with pytest.raises(services.BadInput):
        open_it(clinic, sam, reason=reason, minutes=minutes)
    assert (grants(clinic), trail(clinic)) == (0, [])


@pytest.mark.parametrize("minutes", [5, 60])
def test_the_shortest_and_the_longest(clinic: ClinicFacts, sam: User, minutes: int) -> None:
    assert open_it(clinic, sam, minutes=minutes) == NOW + timedelta(minutes=minutes)


def test_ending_what_is_not_open_is_no_event(clinic: ClinicFacts, sam: User) -> None:
    assert not services.end_support(clinic_id=clinic.id, now=NOW, actor=SYSTEM)
    until = open_it(clinic, sam)
    assert not services.end_support(clinic_id=clinic.id, now=until, actor=SYSTEM)
    assert [action for action, *_ in trail(clinic)] == ["support_opened"]
    assert grants(clinic) == 0


def test_the_purge_takes_what_has_ended_and_nothing_else(clinic: ClinicFacts, sam: User) -> None:
    until = open_it(clinic, sam)
    purge_expired(now=until - timedelta(minutes=1))
    assert grants(clinic) == 1
    foreseen = purge_expired(now=until, dry_run=True)
    report = purge_expired(now=until)
    assert [(gone.what, gone.count) for gone in foreseen.deletions] == [("support_grants", 1)]
    assert [(gone.what, gone.count) for gone in report.deletions] == [("support_grants", 1)]
    assert grants(clinic) == 0
    after = Clinic.objects.get(pk=clinic.id)
    assert (after.support_until, after.support_reason) == (None, "")
