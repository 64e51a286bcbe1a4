"""Figures by day, month and hour: the columns of attribution, for at most 400 days a request."""

import dataclasses
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from attribution.domain import Figures
from attribution.models import DailyMetrics, HourlyMetrics, MonthlyValue
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic
from tests.api.client import Machine, require_problem

pytestmark = pytest.mark.django_db
PATHS = ("/metrics/daily/", "/metrics/monthly/", "/metrics/hourly/")
COLUMNS = {
    "inbound", "answered", "missed", "voicemail", "abandoned", "withheld", "outbound", "missed_out_of_hours",
    "opportunities", "called_back", "reached", "recovered", "lapsed", "dismissed", "delay_5m", "delay_15m",
    "delay_30m", "delay_1h", "delay_2h", "delay_4h", "delay_8h", "delay_24h", "delay_48h", "delay_later",
    "appointments", "recovered_appointments", "recovered_value",
}  # fmt: skip


def results(asking: Machine, path: str, **query: str) -> list[dict[str, Any]]:
    response = asking.get(path, **query)
    assert response.status_code == 200, response.content
    assert set(response.json()) == {"results"}
    return list(response.json()["results"])


def write_day(clinic: ClinicFacts, on: date, **figures: Any) -> None:
    with as_clinic(clinic.id):
        DailyMetrics.objects.create(clinic_id=clinic.id, on=on, **{"recovered_value": Decimal(0), **figures})


def test_the_columns_are_those_of_attribution() -> None:
    assert {column.name for column in dataclasses.fields(Figures)} == COLUMNS


def test_a_day_has_all_columns(alice: Machine, clinic: ClinicFacts) -> None:
    write_day(clinic, date(2026, 3, 1), inbound=7, delay_later=2, recovered_value=Decimal("123456.5"))
    (row,) = results(alice, "/metrics/daily/", **{"from": "2026-03-01", "to": "2026-03-01"})
    assert set(row) == COLUMNS | {"day"}
    assert (row["day"], row["inbound"], row["delay_later"], row["recovered_value"]) == ("2026-03-01", 7, 2, "123456.50")


def test_a_day_whose_value_has_moved_has_none(alice: Machine, clinic: ClinicFacts) -> None:
    write_day(clinic, date(2026, 3, 1), recovered_value=None)
    with as_clinic(clinic.id):
        MonthlyValue.objects.create(clinic_id=clinic.id, month=date(2026, 3, 1), recovered_value=Decimal("10000000.01"))
    query = {"from": "2026-03-01", "to": "2026-03-01"}
    assert results(alice, "/metrics/daily/", **query)[0]["recovered_value"] is None
    (row,) = results(alice, "/metrics/monthly/", **query)
    assert (row["month"], row["recovered_value"]) == ("2026-03-01", "10000000.01")
    assert set(row) == COLUMNS | {"month"}


def test_both_ends_are_included(alice: Machine, clinic: ClinicFacts) -> None:
    for day in range(1, 6):
        write_day(clinic, date(2026, 3, day), inbound=day)
    rows = results(alice, "/metrics/daily/", **{"from": "2026-03-02", "to": "2026-03-04"})
    assert [row["inbound"] for row in rows] == [2, 3, 4]


def test_hours(alice: Machine, clinic: ClinicFacts) -> None:
    with as_clinic(clinic.id):
        HourlyMetrics.objects.create(clinic_id=clinic.id, on=date(2026, 3, 1), hour=9, inbound=4, missed=1)
    (row,) = results(alice, "/metrics/hourly/", **{"from": "2026-03-01", "to": "2026-03-01"})
    assert row == {"day": "2026-03-01", "hour": 9, "inbound": 4, "missed": 1}


def test_by_default_the_last_30_local_days(charlie: Machine, other_clinic: ClinicFacts) -> None:
    today = timezone.localdate(timezone=other_clinic.zone)
    for days in (0, 29, 30):
        write_day(other_clinic, today - timedelta(days=days), inbound=days)
    assert [row["inbound"] for row in results(charlie, "/metrics/daily/")] == [29, 0]


def test_nobody_elses_figures(alice: Machine, charlie: Machine, other_clinic: ClinicFacts) -> None:
    write_day(other_clinic, timezone.localdate() - timedelta(days=1))
    for path in PATHS:
        assert results(alice, path) == []
    assert len(results(charlie, "/metrics/daily/")) == 1


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    ("fields", "query"),
    [
        (["from"], {"from": "yesterday"}),
        (["to"], {"to": "2026-03-01T00:00:00Z"}),
        (["from"], {"from": "2026-02-30"}),
        (["from"], {"from": "0001-01-01"}),
        (["from", "to"], {"from": "", "to": "x"}),
        (["from"], {"from": "2026-03-02", "to": "2026-03-01"}),
        (["from"], {"from": "2025-01-01", "to": "2026-02-05"}),
        (["page_size"], {"page_size": "5"}),
    ],
)
def test_a_bad_period_is_400(path: str, fields: list[str], query: dict[str, str], alice: Machine) -> None:
    require_problem(alice.get(path, **query), 400, *fields)


@pytest.mark.parametrize("path", PATHS)
def test_400_days_are_not_too_many(path: str, alice: Machine) -> None:
    results(alice, path, **{"from": "2025-01-01", "to": "2026-02-04"})
