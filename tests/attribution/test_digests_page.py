"""The page of one's own e-mail summaries, and the public door of the link that ends them."""

import pytest
from django.test import Client

from attribution.models import DigestChoice
from attribution.schedules import DigestKind
from attribution.services.digests import StopLink, make_stop_link
from tenants.domain import ClinicFacts, Role
from tenants.models import AuditEvent
from tenants.scope import as_clinic
from tests.access.people import found_town
from tests.tenants.factories import alice, bright_smile, oak_street
from tests.tenants.sign_in import client_of, client_with

pytestmark = pytest.mark.django_db
PAGE = "/summaries/"


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


def chosen(clinic: ClinicFacts) -> list[str]:
    with as_clinic(clinic.id):
        return sorted(DigestChoice.objects.values_list("kind", flat=True))


def trail(clinic: ClinicFacts) -> int:
    with as_clinic(clinic.id):
        return AuditEvent.objects.filter(action="digests_chosen").count()


@pytest.mark.parametrize("role", [Role.MANAGER, Role.RECEPTIONIST, Role.AUDITOR])
def test_every_member_chooses_for_themselves(clinic: ClinicFacts, role: Role) -> None:
    client = client_with(clinic, role)
    assert "checked" not in client.get(PAGE).content.decode()
    answer = client.post(PAGE, {"kinds": ["daily", "monthly"]})
    assert (answer.status_code, answer.headers["Location"]) == (303, PAGE)
    assert chosen(clinic) == ["daily", "monthly"]
    assert client.get(PAGE).content.decode().count("checked") == 2
    client.post(PAGE, {"kinds": ["daily", "monthly"]})  # no change, nothing on record
    client.post(PAGE, {"kinds": ["monthly"]})
    client.post(PAGE, {})
    assert (chosen(clinic), trail(clinic)) == ([], 3)


def test_nothing_is_chosen_for_anybody(clinic: ClinicFacts) -> None:
    assert chosen(clinic) == []


def test_it_is_of_one_clinic(clinic: ClinicFacts) -> None:
    other = oak_street()
    client_of(alice(), clinic).post(PAGE, {"kinds": ["daily"]})
    assert (chosen(clinic), chosen(other)) == (["daily"], [])


def test_bad_input_changes_nothing(clinic: ClinicFacts) -> None:
    answer = client_of(alice(), clinic).post(PAGE, {"kinds": ["hourly"]})
    assert answer.status_code == 400
    assert chosen(clinic) == []


def test_support_is_no_member() -> None:
    town = found_town()
    assert town.client("support").get(PAGE).status_code == 200
    assert town.client("support").post(PAGE, {"kinds": ["daily"]}).status_code == 404
    assert chosen(town.clinic) == []


def test_signed_out_and_wrong_methods(clinic: ClinicFacts) -> None:
    assert Client().get(PAGE).headers["Location"].startswith("/account/login/")
    assert Client().post(PAGE).status_code == 302
    assert client_of(alice(), clinic).delete(PAGE).status_code == 405


def link_of(clinic: ClinicFacts, kind: DigestKind = DigestKind.DAILY) -> str:
    return f"/summaries/stop/{make_stop_link(StopLink(clinic.id, alice().id, kind))}/"


def test_opening_the_link_changes_nothing_and_one_click_does(clinic: ClinicFacts) -> None:
    client_of(alice(), clinic).post(PAGE, {"kinds": ["daily", "weekly"]})
    link = link_of(clinic)
    somebody = Client(enforce_csrf_checks=True)  # a mail program: no session, no token
    assert "No more of these" in somebody.get(link).content.decode()
    assert chosen(clinic) == ["daily", "weekly"]
    for _ in range(2):
        answer = somebody.post(link, {"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
        assert "You get no more of these" in answer.content.decode()
    assert (chosen(clinic), trail(clinic)) == (["weekly"], 2)
    assert not somebody.cookies


def test_a_link_that_is_not_ours_is_404(clinic: ClinicFacts) -> None:
    client_of(alice(), clinic).post(PAGE, {"kinds": ["daily"]})
    link = link_of(clinic)
    for wrong in ("/summaries/stop/nothing/", link[:-3] + "/", link.replace("stop/", "stop/x")):
        for method in ("get", "post"):
            assert getattr(Client(), method)(wrong).status_code == 404
    assert Client().put(link).status_code == 405
    assert chosen(clinic) == ["daily"]
