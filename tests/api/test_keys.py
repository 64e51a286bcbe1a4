"""Who gets in: a key that is right, and nothing that only looks like one."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tenants.domain import ClinicFacts, Scope
from tenants.models import ApiKey
from tenants.scope import as_clinic
from tenants.services import create_api_key, revoke_api_key
from tests.api.client import Machine, require_problem
from tests.tenants import factories

pytestmark = pytest.mark.django_db


def a_key(clinic: ClinicFacts) -> str:
    return create_api_key(clinic_id=clinic.id, name="test", scopes=[Scope.READ], now=timezone.now())


def test_a_key_opens_its_clinic(clinic: ClinicFacts) -> None:
    assert Machine(a_key(clinic)).get("/calls/").status_code == 200


def test_the_scheme_is_read_in_any_case(clinic: ClinicFacts) -> None:
    asking = Machine(None)
    asking.headers = {"Authorization": f"api-key {a_key(clinic)}"}
    assert asking.get("/calls/").status_code == 200


def wrong_keys(clinic: ClinicFacts) -> dict[str, str]:
    good, revoked, expired = (a_key(clinic) for _ in range(3))
    mark, prefix, secret = good.split("_", 2)
    revoke_api_key(clinic_id=clinic.id, prefix=revoked.split("_")[1], now=timezone.now())
    with as_clinic(clinic.id):
        ApiKey.objects.filter(prefix=expired.split("_")[1]).update(expires_at=timezone.now() - timedelta(seconds=1))
    return {
        "revoked": revoked,
        "expired": expired,
        "another secret": f"{mark}_{prefix}_{'A' * len(secret)}",
        "another prefix": f"{mark}_{'0' * len(prefix)}_{secret}",
        "one character less": good[:-1],
        "one character more": good + "A",
        "no prefix": f"{mark}__{secret}",
        "no secret": f"{mark}_{prefix}_",
        "another mark": good.replace("rbk", "sk"),
        "empty": "",
        "garbled": "\xff\xfe'; DROP TABLE --",
        "long": "rbk_" + "a" * 10_000,
    }


def test_wrong_keys_are_all_told_the_same(clinic: ClinicFacts) -> None:
    bodies = set()
    for key in [None, *wrong_keys(clinic).values()]:
        response = Machine(key).get("/calls/")
        require_problem(response, 401)
        assert response["WWW-Authenticate"] == 'Api-Key realm="api"'
        bodies.add(response.content)
    assert len(bodies) == 1


def test_wrong_keys_cost_the_same_queries(clinic: ClinicFacts, django_assert_num_queries: object) -> None:
    for key in wrong_keys(clinic).values():
        with django_assert_num_queries(5):  # type: ignore[operator]  # savepoint, setting, look-up, setting, release
            Machine(key).get("/calls/")


def test_another_scheme_is_no_key(clinic: ClinicFacts) -> None:
    asking = Machine(None)
    for scheme in ("Bearer", "Basic", "Token"):
        asking.headers = {"Authorization": f"{scheme} {a_key(clinic)}"}
        require_problem(asking.get("/calls/"), 401)


def test_a_signed_in_person_has_no_key(clinic: ClinicFacts) -> None:
    asking = Machine(None)
    asking._client.force_login(factories.alice())
    require_problem(asking.get("/calls/"), 401)


def test_a_key_that_is_revoked_ends_at_once(clinic: ClinicFacts) -> None:
    key = a_key(clinic)
    assert Machine(key).get("/calls/").status_code == 200
    revoke_api_key(clinic_id=clinic.id, prefix=key.split("_")[1], now=timezone.now())
    require_problem(Machine(key).get("/calls/"), 401)
