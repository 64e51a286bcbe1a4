"""A sign-in to the API as a family of tokens: refreshed, used twice, revoked, and ended from elsewhere."""

import threading
from datetime import timedelta
from typing import Any

import psycopg
import pytest
import time_machine
from django.db import connections
from django.utils import timezone

from tenants import throttles
from tenants.domain import ClinicFacts
from tenants.models import RefreshToken, TokenFamily, User
from tenants.services import end_sign_ins
from tenants.services.tokens import forget_expired_tokens
from tests.api.client import bearer, require_problem
from tests.api.token_sign_ins import kind_of, refresh, revoke, sign_in, signed_in, token_trail
from tests.tenants import factories

db = pytest.mark.django_db


@pytest.fixture
def owner(clinic: ClinicFacts) -> User:
    return factories.alice()


class TestRefresh:
    pytestmark = db

    def test_it_gives_the_next_pair(self, owner: User) -> None:
        first = signed_in()
        second = refresh(first["refresh"]).json()
        assert set(second) == set(first) and second["refresh"] != first["refresh"]
        for access in (first["access"], second["access"]):
            assert bearer(access).get("/calls/").status_code == 200
        assert refresh(second["refresh"]).status_code == 200

    def test_a_second_use_ends_the_whole_sign_in(self, owner: User, clinic: ClinicFacts) -> None:
        first = signed_in()
        second = refresh(first["refresh"]).json()
        assert kind_of(refresh(first["refresh"]), 401) == "sign_in_needed"
        assert kind_of(refresh(second["refresh"]), 401) == "sign_in_needed"
        require_problem(bearer(second["access"]).get("/calls/"), 401)
        assert TokenFamily.objects.get().end_reason == "reused"
        rows = token_trail(clinic.id)
        assert [row.action for row in rows] == ["tokens_issued", "tokens_reused"]
        assert (rows[1].actor_kind, rows[1].target) == ("nobody", str(owner.id))

    def test_another_sign_in_of_the_same_person_goes_on(self, owner: User) -> None:
        first, other = signed_in(), signed_in()
        refresh(first["refresh"])
        refresh(first["refresh"])
        assert bearer(other["access"]).get("/calls/").status_code == 200

    def test_it_ends_after_fourteen_days_however_often_it_is_refreshed(self, owner: User) -> None:
        with time_machine.travel(timezone.now(), tick=False) as clock:
            pair = signed_in()
            for _ in range(13):
                clock.shift(timedelta(days=1))
                pair = refresh(pair["refresh"]).json()
            clock.shift(timedelta(hours=23, minutes=55))
            pair = refresh(pair["refresh"]).json()
            clock.shift(timedelta(minutes=5))
            require_problem(bearer(pair["access"]).get("/calls/"), 401)
            assert kind_of(refresh(pair["refresh"]), 401) == "sign_in_needed"

    @pytest.mark.parametrize("token", ["none", "' OR 1=1 --", "x" * 128, "\u00e4", "é" * 64])
    def test_what_is_no_token_is_refused(self, token: str, owner: User) -> None:
        signed_in()
        assert kind_of(refresh(token), 401) == "sign_in_needed"
        assert TokenFamily.objects.get().ended_at is None

    def test_who_is_inactive_gets_no_more(self, owner: User) -> None:
        pair = signed_in()
        User.objects.filter(pk=owner.pk).update(is_active=False)
        assert kind_of(refresh(pair["refresh"]), 401) == "sign_in_needed"


class TestRevoke:
    pytestmark = db

    def test_it_ends_the_sign_in_at_once(self, owner: User, clinic: ClinicFacts) -> None:
        pair = signed_in()
        response = revoke(pair["refresh"])
        assert (response.status_code, response.content) == (204, b"")
        require_problem(bearer(pair["access"]).get("/calls/"), 401)
        assert kind_of(refresh(pair["refresh"]), 401) == "sign_in_needed"
        assert token_trail(clinic.id)[-1].action == "tokens_ended"
        assert (token_trail(clinic.id)[-1].actor_kind, token_trail(clinic.id)[-1].actor_id) == ("person", owner.id)

    def test_of_nothing_it_says_the_same_and_nothing_is_on_record(self, owner: User, clinic: ClinicFacts) -> None:
        pair = signed_in()
        answers = {revoke(token).status_code for token in ("none", pair["refresh"], pair["refresh"])}
        assert answers == {204}
        assert [row.action for row in token_trail(clinic.id)] == ["tokens_issued", "tokens_ended"]


class TestEnded:
    pytestmark = db

    def test_a_new_password_or_role_ends_it_with_the_next_request(self, owner: User) -> None:
        pair = signed_in()
        end_sign_ins(user_id=owner.id, reason="password", now=timezone.now())
        require_problem(bearer(pair["access"]).get("/calls/"), 401)
        assert kind_of(refresh(pair["refresh"]), 401) == "sign_in_needed"

    def test_a_password_that_changes_meanwhile_lets_nobody_in(
        self, owner: User, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def change(*args: Any, **kwargs: Any) -> str:
            User.objects.filter(pk=owner.pk).update(password="another")
            return ""

        monkeypatch.setattr("tenants.services.token_sign_ins._require_second_factor", change)
        assert kind_of(sign_in(), 401) == "sign_in_refused"
        assert TokenFamily.objects.count() == 0

    def test_what_is_over_is_forgotten(self, owner: User) -> None:
        signed_in()
        assert forget_expired_tokens(timezone.now() + timedelta(days=13)) == 0
        assert forget_expired_tokens(timezone.now() + timedelta(days=14, seconds=1)) == 2
        assert (TokenFamily.objects.count(), RefreshToken.objects.count()) == (0, 0)


@pytest.mark.usefixtures("committed_db")
def test_of_eight_uses_at_once_one_succeeds_and_the_sign_in_ends(superuser_sql: psycopg.Connection) -> None:
    factories.bright_smile()
    factories.alice()
    pair = signed_in()
    answers: list[Any] = []
    together = threading.Barrier(8)

    def use() -> None:
        together.wait()
        try:
            answers.append(refresh(pair["refresh"]))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=use) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.status_code for answer in answers) == [200] + [401] * 7
    assert superuser_sql.execute("SELECT end_reason FROM tenants_tokenfamily").fetchall() == [("reused",)]
    reused = superuser_sql.execute("SELECT count(*) FROM tenants_auditevent WHERE action = 'tokens_reused'").fetchone()
    assert reused == (1,)
    throttles.forget_leases()
    (winner,) = [answer.json() for answer in answers if answer.status_code == 200]
    require_problem(bearer(winner["access"]).get("/calls/"), 401)
