"""Calls are fetched page by page, window by window; a run may be killed, and what is known already stays as it is."""

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from calls import fetching, rounds, services, tasks
from calls.domain import CallerKind, Outcome, PullKind, PullState
from calls.locks import Busy, pull_lock
from calls.models import Pull
from calls.selectors import find_account
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic
from tests.calls.factories import make_clinic, stored_calls
from tests.calls.provider_apis import (
    AircallApi,
    CallRailApi,
    RingCentralApi,
    TwilioApi,
    fault,
    ringcentral_record,
    twilio_leg,
    twilio_record,
)
from tests.calls.pulled import Asked, asking

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)
PATIENT = "+447700900123"
THREE = [twilio_record(number, NOW - timedelta(days=number - 0.5)) for number in (1, 2, 3)]


class Killed(BaseException):
    """What `kill -9` is to a process, as near as a test comes: nothing of ours may catch it."""


@pytest.fixture
def clinic() -> ClinicFacts:
    return make_clinic(NOW)


@pytest.fixture
def asked(clinic: ClinicFacts) -> Iterator[Asked]:
    with asking(clinic, TwilioApi([dict(record) for record in THREE]), NOW) as ready:
        yield ready


def test_it_fetches_all_pages_of_all_days(asked: Asked) -> None:
    asked.api.records = [twilio_record(n, NOW - timedelta(hours=1, minutes=n), f"+44770090012{n}") for n in range(5)]
    asked.api.records += THREE[1:]
    done = asked.fetch()
    assert (done.state, done.counts.read, done.counts.added, done.percent) == (PullState.DONE, 7, 7, 100)
    assert len(stored_calls(asked.clinic)) == 7
    assert len(asked.api.asked) == 5  # a page each for two days, three for the last


def test_it_is_on_record_once(asked: Asked) -> None:
    asked.fetch()
    assert asked.trail() == [("account_set", "system"), ("calls_fetched", "system")]


def test_a_second_time_changes_nothing(asked: Asked) -> None:
    asked.fetch()
    before = asked.rows()
    again = asked.fetch()
    assert (again.counts.read, again.counts.added) == (3, 0)
    assert asked.rows() == before


def test_a_leg_on_another_page_belongs_to_its_call(asked: Asked) -> None:
    at = NOW - timedelta(hours=1)
    asked.api.size = 1
    asked.api.records = [twilio_leg(2, 1, at, talked=31), twilio_record(1, at)]  # the newest first
    asked.fetch()
    (call,) = stored_calls(asked.clinic)
    assert (call.outcome, call.talk_seconds, call.kind) == (Outcome.ANSWERED, 31, CallerKind.CALLER)
    assert call.started_at == at


@pytest.mark.parametrize("seconds", [1, 5, 3000])
def test_a_leg_of_a_call_from_before_the_span_is_nobodys_call(asked: Asked, seconds: int) -> None:
    start = NOW - timedelta(days=3)
    own = start + timedelta(seconds=2)
    asked.api.records = [twilio_record(1, start - timedelta(seconds=seconds)), twilio_record(3, own)]
    asked.api.records += [twilio_leg(2, 1, start + timedelta(seconds=1), 60), twilio_leg(4, 3, own, 31)]
    done = asked.fetch()
    (call,) = stored_calls(asked.clinic)
    assert (call.started_at, call.kind, call.talk_seconds, done.counts.read) == (own, CallerKind.CALLER, 31, 2)


@pytest.mark.parametrize("killed_at", [2, 3])
def test_a_run_that_was_killed_goes_on_where_it_was(
    asked: Asked, killed_at: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    moves: list[object] = []

    def killing(**move: Any) -> bool:
        moves.append(move)
        if len(moves) == killed_at:
            raise Killed  # the window is stored, and not noted
        return services.move_pull(**move)

    monkeypatch.setattr(fetching, "move_pull", killing)
    pull = asked.begin()
    with pytest.raises(Killed):
        asked.go_on(pull.id)
    killed = asked.go_on(pull.id, run=False)
    assert killed.is_unfinished
    assert killed.reached == pull.since + timedelta(days=killed_at - 1)
    asked.api.asked.clear()
    done = asked.go_on(pull.id)
    assert done.state is PullState.DONE
    assert len(asked.api.asked) == 3 - (killed_at - 1)
    assert len(stored_calls(asked.clinic)) == 3


def test_it_leaves_its_turn_to_others_when_its_time_is_over(asked: Asked) -> None:
    pull = asked.begin()
    assert asked.go_on(pull.id, pace=asked.pace(seconds=0)).percent == 33
    assert asked.go_on(pull.id, pace=asked.pace(seconds=0)).percent == 66
    assert asked.go_on(pull.id).state is PullState.DONE


def test_somebody_stops_it(asked: Asked) -> None:
    pull = asked.begin()
    asked.go_on(pull.id, pace=asked.pace(seconds=0))
    assert services.stop_pull(clinic_id=asked.clinic.id, pull_id=pull.id, now=NOW)
    stopped = asked.go_on(pull.id)
    assert (stopped.state, stopped.counts.read) == (PullState.STOPPED, 1)
    assert not services.stop_pull(clinic_id=asked.clinic.id, pull_id=pull.id, now=NOW)


def test_it_waits_for_as_long_as_it_is_told(asked: Asked) -> None:
    asked.api.faults = [fault(429, Retry_After="7"), fault(429, Retry_After="9")]
    assert asked.fetch().state is PullState.DONE
    assert [seconds for seconds in asked.slept if seconds >= 1] == [7, 9]


def test_a_long_wait_is_left_to_a_later_round(asked: Asked) -> None:
    asked.api.faults = [fault(429, Retry_After="1800")]
    pull = asked.fetch(pace=asked.pace(patience=30))
    assert pull.is_unfinished
    assert (pull.problem, pull.not_before) == ("busy", NOW + timedelta(seconds=1800))
    assert [seconds for seconds in asked.slept if seconds >= 1] == []
    assert asked.go_on(pull.id).state is PullState.DONE


def test_it_asks_again_when_the_phone_system_is_out_of_order(asked: Asked) -> None:
    asked.api.faults = [fault(500), fault(503)]
    assert asked.fetch().counts.added == 3
    asked.api.faults = [fault(500)] * 4
    put_off = asked.fetch()
    assert (put_off.problem, put_off.is_unfinished) == ("unreachable", True)


def test_after_half_a_day_without_an_answer_it_gives_up(asked: Asked) -> None:
    pull = asked.begin()
    for hours, state in ((0, PullState.RUNNING), (11, PullState.RUNNING), (2, PullState.FAILED)):
        asked.now += timedelta(hours=hours)
        asked.api.faults = [fault(500)] * 4
        done = asked.go_on(pull.id)
        assert (done.state, done.problem) == (state, "unreachable")


def test_half_a_day_of_answers_or_of_waiting_for_its_turn_is_no_silence(asked: Asked) -> None:
    pull = asked.begin()
    for _ in range(2):
        asked.now += timedelta(hours=13)
        asked.api.faults = [fault(503)] * 4
        assert asked.go_on(pull.id).is_unfinished
        asked.now += timedelta(minutes=5)
        assert asked.go_on(pull.id, pace=asked.pace(seconds=0)).failing_since is None
    assert asked.go_on(pull.id).state is PullState.DONE


@pytest.mark.parametrize(
    ("status", "problem"), [(401, "refused"), (403, "not_allowed"), (404, "unknown"), (418, "broken")]
)
def test_a_refusal_is_shown_and_not_tried_again(asked: Asked, status: int, problem: str) -> None:
    asked.api.faults = [fault(status, f'{{"message": "no, {PATIENT}"}}'.encode())]
    failed = asked.fetch()
    assert (failed.state, failed.problem) == (PullState.FAILED, problem)
    assert len(asked.api.asked) == 1
    account = find_account(asked.clinic, asked.connection.id)
    assert account is not None
    assert account.problem == problem
    assert account.problem_words != problem


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not JSON +447700900123",
        b"[]",
        b'{"calls": 7}',
        b'{"calls": ["+447700900123"]}',
        b'{"calls": []',
        b"\xff\xfe",
    ],
)
def test_a_body_that_is_no_page_ends_it_with_nothing_of_that_window(asked: Asked, body: bytes) -> None:
    asked.api.faults = [None, fault(200, body)]
    failed = asked.fetch()
    assert (failed.state, failed.problem, failed.counts.read) == (PullState.FAILED, "broken", 1)


def test_a_body_that_breaks_off_is_asked_for_again(asked: Asked) -> None:
    asked.api.faults = [fault(200, b'{"calls": [', Content_Length="5000", Connection="close")]
    assert asked.fetch().counts.added == 3


@pytest.mark.parametrize("elsewhere", ["http://127.0.0.1:9", "https://attacker.example", "http://169.254.169.254"])
def test_a_next_page_elsewhere_is_not_asked_for(asked: Asked, elsewhere: str) -> None:
    asked.api.size, asked.api.next_base = 1, elsewhere
    asked.api.records = [twilio_record(n, NOW - timedelta(hours=1, minutes=n)) for n in range(3)]
    failed = asked.fetch(days=1)
    assert (failed.state, failed.problem) == (PullState.FAILED, "elsewhere")
    assert len(asked.api.asked) == 1
    assert stored_calls(asked.clinic) == []


def test_a_list_that_leads_to_itself_ends(asked: Asked) -> None:
    asked.api.faults = [fault(200, b'{"calls": [], "next_page_uri": "/again"}')] * 3
    assert asked.fetch(days=1).problem == "endless"


def test_one_record_that_cannot_be_read_keeps_no_other_away(asked: Asked) -> None:
    asked.api.records[0]["duration"] = PATIENT
    done = asked.fetch()
    assert (done.counts.added, done.counts.refused) == (2, 1)


def test_what_is_too_old_is_left_out(asked: Asked) -> None:
    asked.api.records = [twilio_record(1, NOW - timedelta(days=asked.clinic.retention_days + 1, hours=-2))]
    done = asked.fetch(days=asked.clinic.retention_days + 2)
    assert (done.counts.left_out, done.counts.refused, done.counts.added) == (1, 0, 0)


def test_an_unknown_status_is_kept_as_unknown(asked: Asked) -> None:
    asked.api.records = [twilio_record(1, NOW - timedelta(hours=2), status="teleported")]
    asked.fetch()
    assert [call.outcome for call in stored_calls(asked.clinic)] == [Outcome.UNKNOWN]


def test_nothing_of_it_is_logged_or_stored(asked: Asked, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    asked.api.faults = [fault(500, PATIENT.encode()), fault(429, Retry_After="1"), None, fault(200, PATIENT.encode())]
    asked.fetch()
    asked.fetch()
    with as_clinic(asked.clinic.id):
        stored = str([sorted(vars(row).items()) for row in Pull.objects.all()])
    for text in (caplog.text, stored, str(asked.rows())):
        assert "7700900123" not in text
        assert asked.api.credentials["secret"] not in text


def test_one_run_at_a_time(asked: Asked) -> None:
    pull = asked.begin()
    with pull_lock(asked.connection.id), pytest.raises(Busy):
        asked.go_on(pull.id)
    with pytest.raises(services.AlreadyFetching):
        asked.begin()
    assert asked.go_on(pull.id).state is PullState.DONE


def test_a_reconcile_finds_what_was_lost(asked: Asked) -> None:
    assert services.start_reconciles(now=NOW) == 1
    assert services.start_reconciles(now=NOW) == 0
    assert rounds.run_due(now=NOW, pace=asked.pace()) == 1
    (pull,) = pulls_of(asked.clinic)
    assert (pull.kind, pull.state, pull.added) == ("reconcile", "done", 2)
    assert asked.trail()[-1][0] == "calls_fetched"
    services.start_reconciles(now=NOW)
    rounds.run_due(now=NOW, pace=asked.pace())
    assert [pull.added for pull in pulls_of(asked.clinic)] == [2, 0]
    assert [name for name, _ in asked.trail()].count("calls_fetched") == 1


def test_the_tasks_of_the_clock_and_of_the_button(asked: Asked) -> None:
    tasks.reconcile_calls()
    tasks.fetch_due_calls()
    assert [(pull.state, pull.added) for pull in pulls_of(asked.clinic)] == [("done", 2)]
    pull = asked.begin()
    tasks.fetch_calls(str(asked.clinic.id), str(pull.id))
    assert asked.go_on(pull.id, run=False).state is PullState.DONE
    scheduled = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert {tasks.reconcile_calls.name, tasks.fetch_due_calls.name} <= scheduled


def test_a_paused_connection_is_not_asked(asked: Asked) -> None:
    services.pause_connection(clinic_id=asked.clinic.id, connection_id=asked.connection.id, now=NOW)
    assert services.start_reconciles(now=NOW) == 0
    with pytest.raises(services.IsPaused):
        asked.begin()


def test_a_pull_waits_while_its_connection_is_paused(asked: Asked) -> None:
    clinic_id, connection_id = asked.clinic.id, asked.connection.id
    pull = asked.begin()
    services.pause_connection(clinic_id=clinic_id, connection_id=connection_id, now=NOW)
    rounds.run_due(now=NOW, pace=asked.pace())
    assert (asked.api.asked, stored_calls(asked.clinic)) == ([], [])
    services.resume_connection(clinic_id=clinic_id, connection_id=connection_id, now=NOW)
    assert asked.go_on(pull.id).counts.added == 3


def test_a_pause_ends_a_run_with_its_window(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    pull = asked.begin()

    def pausing(**move: Any) -> bool:
        services.pause_connection(clinic_id=asked.clinic.id, connection_id=asked.connection.id, now=NOW)
        return services.move_pull(**move)

    monkeypatch.setattr(fetching, "move_pull", pausing)
    begun = asked.go_on(pull.id)
    assert (begun.percent, begun.is_unfinished, len(asked.api.asked)) == (33, True, 1)


def test_one_that_breaks_again_and_again_is_given_up(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    pull = asked.begin()

    def breaking(**_: Any) -> object:
        raise RuntimeError(PATIENT)

    monkeypatch.setattr(fetching, "import_calls", breaking)
    rounds.run_due(now=asked.now, pace=asked.pace())
    put_off = asked.go_on(pull.id, run=False)
    assert (put_off.is_unfinished, put_off.problem, put_off.not_before) == (True, "broken", NOW + fetching.LATER)
    rounds.run_due(now=asked.now + timedelta(minutes=1), pace=asked.pace())
    assert len(asked.api.asked) == 1
    asked.now += timedelta(hours=13)
    rounds.run_due(now=asked.now, pace=asked.pace())
    assert (asked.go_on(pull.id, run=False).state, len(asked.api.asked)) == (PullState.FAILED, 2)


def test_one_that_breaks_keeps_no_other_waiting(
    asked: Asked, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = make_clinic(NOW, "Oak Street")
    with asking(other, TwilioApi([dict(THREE[0])]), NOW) as second:
        first_pull, second_pull = asked.begin(), second.begin()

        def breaking(**what: Any) -> object:
            if what["pull_id"] == first_pull.id:
                raise RuntimeError(PATIENT)
            return fetching.run_pull(**what)

        monkeypatch.setattr(rounds, "run_pull", breaking)
        assert rounds.run_due(now=NOW, pace=asked.pace()) == 1
        assert second.go_on(second_pull.id, run=False).state is PullState.DONE
    assert "RuntimeError" in caplog.text
    assert "7700900123" not in caplog.text


def test_while_a_worker_fetches_the_next_one_does_not(asked: Asked) -> None:
    pull = asked.begin()
    with pull_lock(None):
        assert rounds.run_due(now=NOW) == 0
        assert not rounds.run_now(clinic_id=asked.clinic.id, pull_id=pull.id)
    assert rounds.run_now(clinic_id=asked.clinic.id, pull_id=pull.id, pace=asked.pace())


def test_ringcentral_fetches_a_token_and_renews_it(clinic: ClinicFacts) -> None:
    at = NOW - timedelta(days=10)
    records = [ringcentral_record(1, at, "Accepted", 64), ringcentral_record(2, NOW - timedelta(days=1), "Missed")]
    api = RingCentralApi(records)
    with asking(clinic, api, NOW) as asked:
        pull = asked.begin(days=14)
        api.faults = [None, None, fault(401)]  # the token of the first page is over
        done = asked.go_on(pull.id)
        assert (done.state, done.counts.added, api.tokens) == (PullState.DONE, 2, 2)
        assert [seconds for seconds in asked.slept if seconds > 5]  # ten a minute
        calls = stored_calls(clinic)
    assert [(call.outcome, call.talk_seconds) for call in calls] == [(Outcome.ANSWERED, 64), (Outcome.MISSED, 0)]


def test_a_wrong_jwt_is_refused_credentials(clinic: ClinicFacts) -> None:
    with asking(clinic, RingCentralApi([]), NOW) as asked:
        wrong = {**asked.api.credentials, "jwt": "another"}
        services.set_account(clinic_id=clinic.id, connection_id=asked.connection.id, credentials=wrong, now=NOW)
        assert asked.fetch().problem == "refused"


def test_aircall_and_callrail_are_asked_in_their_way(clinic: ClinicFacts) -> None:
    at = NOW - timedelta(hours=3)
    call = {
        "direction": "inbound", "status": "done", "started_at": int(at.timestamp()), "answered_at": None,
        "ended_at": int(at.timestamp()) + 9, "raw_digits": "+44 7700 900123", "number": {"name": "Desk"},
    }  # fmt: skip
    with asking(clinic, AircallApi([{**call, "id": number} for number in range(1, 4)]), NOW, "Desk") as asked:
        assert asked.fetch().counts.added == 3
    with asking(clinic, CallRailApi([callrail(number, at) for number in range(5)]), NOW, "Ads") as asked:
        done = asked.fetch(days=20)
        assert (done.counts.read, done.counts.added) == (5, 5)  # days that overlap are not counted twice


def callrail(number: int, at: datetime) -> dict[str, Any]:
    return {
        "resource_id": f"CAL{number:030x}", "direction": "inbound", "start_time": at.isoformat(), "duration": 20,
        "answered": False, "voicemail": False, "customer_phone_number": "+12025550123", "note": "dropped",
    }  # fmt: skip


def test_old_pulls_are_forgotten_by_the_next(asked: Asked) -> None:
    asked.fetch()
    with as_clinic(asked.clinic.id):
        Pull.objects.update(finished_at=NOW - timedelta(days=31))
    asked.fetch(kind=PullKind.RECONCILE)
    assert [pull.kind for pull in pulls_of(asked.clinic)] == ["reconcile"]


def pulls_of(clinic: ClinicFacts) -> list[Pull]:
    with as_clinic(clinic.id):
        return list(Pull.objects.order_by("started_at", "reached", "-added"))
