"""Rows past a clinic's own limit go, with a log row per batch; everything younger stays."""

import uuid
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.admin.models import LogEntry
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection
from django.db.models import Model

from attribution.models import Appointment, CallerBooks, DailyMetrics, MonthlyValue, Opportunity, StaffAction
from calls.models import Call, CallerHash, Change, Connection, ConnectionHour, ReceivedField, RefusalCount
from retention import services
from retention.clinics import FORGOTTEN_TIME
from retention.models import DeletionLog
from tenants.domain import PLATFORM, ClinicFacts
from tenants.models import Clinic, RefusedCount, Throttle
from tenants.scope import as_clinic
from tests.retention.rows import (
    MONDAY,
    add_action,
    add_appointment,
    add_books,
    add_call,
    add_day,
    add_hash,
    add_opportunity,
    instant,
)
from tests.tenants.factories import bright_smile, oak_street, platform_staff

pytestmark = pytest.mark.django_db
NOW = instant(MONDAY, days=80, hours=9)  # no week of the tests is due yet
SECOND = timedelta(seconds=1)


def count(clinic: ClinicFacts, model: type[Model]) -> int:
    with as_clinic(clinic.id):
        return model._default_manager.count()


def logged(clinic: ClinicFacts) -> dict[str, int]:
    sums: dict[str, int] = {}
    with as_clinic(clinic.id):
        for what, number in DeletionLog.objects.values_list("what", "count"):
            sums[what] = sums.get(what, 0) + number
    return sums


@pytest.mark.parametrize("days", [30, 45, 75])
def test_a_shorter_limit_deletes_calls_to_the_second(days: int) -> None:
    short, usual = bright_smile(retention_days=days), oak_street()
    limit = NOW - timedelta(days=days)
    for clinic in (short, usual):
        add_call(clinic, limit)
        add_call(clinic, limit - SECOND)
        add_call(clinic, limit - timedelta(days=3))
    services.purge_expired(now=NOW)
    assert count(short, Call) == 1
    assert count(usual, Call) == 3
    assert logged(usual) == {}


def test_old_calls_go_a_day_at_a_time() -> None:
    clinic = bright_smile(retention_days=30)
    for day in range(5):
        for _ in range(3):
            add_call(clinic, instant(MONDAY, days=20 + day, hours=12))
    services.purge_expired(now=NOW)
    with as_clinic(clinic.id):
        assert list(DeletionLog.objects.filter(what="calls").values_list("count", flat=True)) == [3] * 5


@pytest.mark.parametrize(
    ("what", "model"),
    [
        ("appointments", Appointment),
        ("opportunities", Opportunity),
        ("staff_actions", StaffAction),
        ("caller_books", CallerBooks),
        ("changes", Change),
        ("refusal_counts", RefusalCount),
        ("connection_hours", ConnectionHour),
        ("received_fields", ReceivedField),
    ],
)
def test_everything_else_goes_by_its_own_time(what: str, model: type[Model]) -> None:
    clinic = bright_smile()
    limit = NOW - timedelta(days=90)
    for at in (limit - timedelta(days=2), limit - timedelta(days=1), limit - SECOND, limit, NOW):
        add_row(clinic, model, at)
    expected = 2 if model is RefusalCount else 3  # a day that began before the limit and ended after it stays
    foreseen = services.purge_expired(now=NOW, dry_run=True).totals()
    assert foreseen[(clinic.id, what)] == expected
    services.purge_expired(now=NOW)
    assert count(clinic, model) == 2
    assert logged(clinic)[what] == expected


def add_row(clinic: ClinicFacts, model: type[Model], at: datetime) -> None:
    caller = uuid.uuid4()
    if model is Appointment:
        add_appointment(clinic, at, caller)
    elif model is Opportunity:
        add_opportunity(clinic, at, caller)
    elif model is StaffAction:
        add_action(clinic, at, caller)
    elif model is CallerBooks:
        add_books(clinic, at, caller)
    elif model is Change:
        with as_clinic(clinic.id):
            row = Change.objects.create(clinic_id=clinic.id, caller=caller, set_aside_at=at)
            Change.objects.filter(pk=row.pk).update(created_at=at)
    elif model in (ConnectionHour, ReceivedField):
        add_received(clinic, model, at)
    else:
        with as_clinic(clinic.id):
            RefusalCount.objects.get_or_create(clinic_id=clinic.id, on=at.date(), source="csv", reason="too_old")


def add_received(clinic: ClinicFacts, model: type[Model], at: datetime) -> None:
    with as_clinic(clinic.id):
        made, _ = Connection.objects.get_or_create(clinic_id=clinic.id, provider="twilio", token_hash=b"x", secret=b"x")
        own: dict[str, Any] = (
            {"hour": at} if model is ConnectionHour else {"name": f"field_{at:%j_%H%M%S}", "last_at": at}
        )
        model._default_manager.create(clinic_id=clinic.id, connection_id=made.id, **own)


def test_an_opportunity_goes_before_the_appointment_that_it_points_at() -> None:
    clinic = bright_smile()
    limit, caller = NOW - timedelta(days=90), uuid.uuid4()
    appointment = add_appointment(clinic, limit - SECOND, caller)
    add_opportunity(clinic, limit - timedelta(days=1), caller, appointment)
    services.purge_expired(now=NOW)
    check_foreign_keys()
    assert (count(clinic, Opportunity), count(clinic, Appointment)) == (0, 0)


def test_a_younger_opportunity_does_not_keep_an_expired_appointment() -> None:
    clinic = bright_smile()
    caller = uuid.uuid4()
    appointment = add_appointment(clinic, NOW - timedelta(days=91), caller)
    add_opportunity(clinic, NOW - timedelta(days=80), caller, appointment)
    services.purge_expired(now=NOW)
    check_foreign_keys()
    assert (count(clinic, Opportunity), count(clinic, Appointment)) == (0, 0)
    assert logged(clinic) == {"opportunities": 1, "appointments": 1}


def check_foreign_keys() -> None:
    """As a commit would."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_settled_opportunity_goes_and_its_younger_appointment_stays() -> None:
    clinic = bright_smile()
    caller = uuid.uuid4()
    appointment = add_appointment(clinic, NOW - timedelta(days=88), caller)
    add_opportunity(clinic, NOW - timedelta(days=91), caller, appointment)
    services.purge_expired(now=NOW)
    assert (count(clinic, Opportunity), count(clinic, Appointment)) == (0, 1)


def test_books_forget_the_time_of_a_missed_call_that_is_gone() -> None:
    clinic = bright_smile()
    add_books(clinic, NOW - timedelta(days=60), uuid.uuid4(), last_missed_at=NOW - timedelta(days=91))
    add_books(clinic, NOW - timedelta(days=60), uuid.uuid4(), last_missed_at=NOW - timedelta(days=89))
    services.purge_expired(now=NOW)
    with as_clinic(clinic.id):
        times = list(CallerBooks.objects.order_by("last_missed_at").values_list("last_missed_at", flat=True))
    assert times == [FORGOTTEN_TIME, NOW - timedelta(days=89)]
    assert logged(clinic) == {"missed_times": 1}
    assert services.purge_expired(now=NOW).deletions == []


@pytest.mark.parametrize("kept_by", ["call", "appointment", "second number", "opportunity", "action", "nothing"])
def test_hashes_go_with_the_last_trace_of_their_caller(kept_by: str) -> None:
    clinic, other = bright_smile(), oak_street()
    caller, recent = uuid.uuid4(), NOW - timedelta(days=40)
    add_hash(clinic, NOW, caller)
    add_hash(clinic, NOW - timedelta(days=7), caller)
    add_hash(other, NOW, caller)
    add_call(other, recent, caller)
    if kept_by == "call":
        add_call(clinic, recent, caller)
    elif kept_by == "appointment":
        add_appointment(clinic, recent, caller)
    elif kept_by == "second number":
        add_appointment(clinic, recent, uuid.uuid4(), caller)
    elif kept_by == "opportunity":
        add_opportunity(clinic, recent, caller)
    elif kept_by == "action":
        add_action(clinic, recent, caller)
    foreseen = services.purge_expired(now=NOW, dry_run=True).totals()
    report = services.purge_expired(now=NOW)
    assert count(clinic, CallerHash) == (0 if kept_by == "nothing" else 2)
    assert report.totals() == foreseen == ({(clinic.id, "caller_hashes"): 2} if kept_by == "nothing" else {})
    assert count(other, CallerHash) == 1


def test_hashes_go_with_calls_past_a_shorter_limit_in_the_same_run() -> None:
    clinic = bright_smile(retention_days=30)
    caller = add_call(clinic, NOW - timedelta(days=31))
    add_hash(clinic, NOW - timedelta(days=31), caller)
    foreseen = services.purge_expired(now=NOW, dry_run=True).totals()
    assert foreseen == {(clinic.id, "calls"): 1, (clinic.id, "caller_hashes"): 1}
    assert services.purge_expired(now=NOW).totals() == foreseen
    assert count(clinic, CallerHash) == 0


def test_a_day_keeps_its_counts_and_its_value_moves_into_its_month_once() -> None:
    clinic, other = bright_smile(), oak_street()
    newest = NOW.date() - timedelta(days=91)
    days = [newest - timedelta(days=age) for age in (0, 1, 40)]
    for on, value in zip(days, ("85.00", "0.10", "0.20"), strict=True):
        add_day(clinic, on, value, inbound=7, recovered=1)
    add_day(clinic, newest + timedelta(days=1), "1000.00")
    add_day(other, newest, "9.00")
    for _ in range(2):
        services.purge_expired(now=NOW)
    assert months(clinic) == by_month(days, ["85.00", "0.10", "0.20"])
    assert sum(months(other).values()) == Decimal("9.00")
    with as_clinic(clinic.id):
        rows = DailyMetrics.objects.order_by("-on")
        assert [row.recovered_value for row in rows] == [Decimal("1000.00"), None, None, None]
        assert [row.inbound for row in rows] == [0, 7, 7, 7]
    assert logged(clinic) == {"values": 3}


def test_a_later_run_adds_to_the_month() -> None:
    clinic = bright_smile()
    on = NOW.date() - timedelta(days=91)
    add_day(clinic, on, "85.00")
    services.purge_expired(now=NOW)
    first = months(clinic)
    add_day(clinic, on - timedelta(days=1), "15.00")
    services.purge_expired(now=NOW)
    assert sum(months(clinic).values()) == sum(first.values()) + Decimal("15.00")


def months(clinic: ClinicFacts) -> dict[date, Decimal]:
    with as_clinic(clinic.id):
        return dict(MonthlyValue.objects.values_list("month", "recovered_value"))


def by_month(days: list[date], values: list[str]) -> dict[date, Decimal]:
    sums: dict[date, Decimal] = {}
    for on, value in zip(days, values, strict=True):
        month = on.replace(day=1)
        sums[month] = sums.get(month, Decimal(0)) + Decimal(value)
    return sums


def test_metrics_are_the_same_before_and_after() -> None:
    clinic = bright_smile(retention_days=30)
    for age in range(25, 80):
        add_call(clinic, NOW - timedelta(days=age))
        add_day(clinic, (NOW - timedelta(days=age)).date(), "1.00", inbound=1)
    with as_clinic(clinic.id):
        before = list(DailyMetrics.objects.order_by("on").values())
    services.purge_expired(now=NOW)
    with as_clinic(clinic.id):
        assert list(DailyMetrics.objects.order_by("on").values()) == before
        assert not Change.objects.exists()


def test_what_belongs_to_no_clinic_goes_too() -> None:
    staff = platform_staff()
    for name, at in (("old", NOW - SECOND), ("young", NOW + SECOND)):
        Session.objects.create(session_key=name, session_data="", expire_date=at)
    for at in (NOW - timedelta(days=91), NOW - timedelta(days=89)):
        entry = LogEntry.objects.create(user=staff, object_repr="x", action_flag=2, change_message="")
        LogEntry.objects.filter(pk=entry.pk).update(action_time=at)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO tenants_cache VALUES ('old', '', %s), ('young', '', %s)", [NOW - SECOND, NOW + SECOND]
        )
    for on in (NOW - timedelta(days=91), NOW - timedelta(days=90)):
        with as_clinic(PLATFORM):
            RefusedCount.objects.create(clinic_id=PLATFORM, on=on.date(), what="cross_site", count=3)
    Throttle.objects.create(name=b"full", full_at=NOW)
    Throttle.objects.create(name=b"not yet", full_at=NOW + SECOND)
    for name in ("old", "young", "gone"):
        UserSession.objects.create(user=staff, session_key=name, ip="203.0.113.0")
    expected = {
        "sessions": 1, "session_list": 2, "api_sign_ins": 0, "sign_in_limits": 1, "api_limits": 1, "admin_log": 1,
        "audit_details": 0, "refused_requests": 1,
    }  # fmt: skip
    assert services.purge_expired(now=NOW, dry_run=True).platform == expected
    assert services.purge_expired(now=NOW).platform == expected
    assert list(Session.objects.values_list("session_key", flat=True)) == ["young"]
    assert cache.get("old") is None


def test_a_clinic_that_keeps_for_less_than_30_days_cannot_be() -> None:
    clinic = bright_smile()
    with pytest.raises(Exception, match="clinic_retention_30_to_90"):
        Clinic.objects.filter(pk=clinic.id).update(retention_days=29)
