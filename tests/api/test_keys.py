"""Who gets in: a key that is right, and nothing that only looks like one."""

import uuid
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tenants import throttles
from tenants.domain import PLATFORM, ClinicFacts, Scope
from tenants.models import ApiKey, RefusedCount
from tenants.scope import as_clinic
from tenants.services import create_api_key, revoke_api_key
from tests.api.client import Machine, bearer, require_problem
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
        assert response["WWW-Authenticate"] == 'Api-Key realm="api", Bearer realm="api"'
        bodies.add(response.content)
    assert len(bodies) == 1


def test_wrong_keys_cost_the_same_queries(clinic: ClinicFacts, django_assert_num_queries: object) -> None:
    for key in wrong_keys(clinic).values():
        throttles.forget_leases()
        # look-up and count, each: savepoint, setting, statement, setting, release; and the limit
        with django_assert_num_queries(11):  # type: ignore[operator]
            Machine(key).get("/calls/")


def test_wrong_keys_and_tokens_are_counted(clinic: ClinicFacts) -> None:
    for key in wrong_keys(clinic).values():
        Machine(key).get("/calls/")
    bearer("none").get("/calls/")
    assert counted(PLATFORM) == {"api_key": len(wrong_keys(clinic)), "token": 1}
    assert counted(clinic.id) == {}


def test_a_missing_scope_is_counted(clinic: ClinicFacts) -> None:
    require_problem(Machine(a_key(clinic)).post("/calls/", {}), 403)
    assert counted(clinic.id) == {"scope": 1}


def counted(clinic_id: uuid.UUID) -> dict[str, int]:
    with as_clinic(clinic_id):
        return {row.what: row.count for row in RefusedCount.objects.all()}


def test_the_last_use_is_noted_once_an_hour(clinic: ClinicFacts) -> None:
    asking = Machine(a_key(clinic))
    with time_machine.travel(datetime(2026, 7, 1, 12, 34, tzinfo=UTC), tick=False) as clock:
        noted = []
        for minutes in (0, 10, 20, 60):
            clock.shift(timedelta(minutes=minutes))
            with CaptureQueriesContext(connection) as queries:
                assert asking.get("/calls/").status_code == 200
            writes = [query for query in queries.captured_queries if query["sql"].startswith("UPDATE")]
            with as_clinic(clinic.id):
                noted.append((len(writes), ApiKey.objects.get(name="test").last_used_at))
    times = [datetime(2026, 7, 1, hour, tzinfo=UTC) for hour in (12, 13, 14)]
    assert noted == [(1, times[0]), (0, times[0]), (1, times[1]), (1, times[2])]


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
