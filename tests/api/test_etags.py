"""ETags of metrics: who has the newest figures is told so without a body; no tag says anything of another clinic."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from attribution.models import DailyMetrics, HourlyMetrics
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic
from tests.api.client import Machine, require_problem
from tests.api.test_metrics import write_day

pytestmark = pytest.mark.django_db
PATHS = ("/metrics/daily/", "/metrics/monthly/", "/metrics/hourly/")
EVERY = pytest.mark.parametrize("path", PATHS)


def fill(clinic: ClinicFacts, inbound: int = 7) -> None:
    on = timezone.localdate() - timedelta(days=1)
    write_day(clinic, on, inbound=inbound)
    with as_clinic(clinic.id):
        HourlyMetrics.objects.create(clinic_id=clinic.id, on=on, hour=9, inbound=inbound, missed=1)


def ask_again(asking: Machine, path: str, tags: str, method: str = "GET") -> Any:
    return asking.send(method, path, If_None_Match=tags)


@EVERY
def test_the_same_figures_are_not_sent_twice(path: str, alice: Machine, clinic: ClinicFacts) -> None:
    fill(clinic)
    first = alice.get(path)
    tag = first["ETag"]
    assert tag.startswith('"') and tag.endswith('"'), "a strong one"
    assert alice.get(path)["ETag"] == tag
    for tags in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = ask_again(alice, path, tags)
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", tag)
        assert again["Cache-Control"] == "private, no-cache"
        assert {"Authorization", "X-Clinic"} <= set(again["Vary"].split(", "))
        assert "Content-Type" not in again


@EVERY
@pytest.mark.parametrize("tags", ['"other"', "", "nonsense", '"', 'W/"', '"a" "b"', ",,,", '"' + "a" * 5000 + '"'])
def test_any_other_tag_gets_the_figures(path: str, tags: str, alice: Machine, clinic: ClinicFacts) -> None:
    fill(clinic)
    answer = ask_again(alice, path, tags)
    assert (answer.status_code, len(answer.json()["results"])) == (200, 1)
    assert answer["Cache-Control"] == "private, no-cache"
    assert {"Authorization", "X-Clinic"} <= set(answer["Vary"].split(", "))


@EVERY
def test_a_figure_that_changes_changes_the_tag(path: str, alice: Machine, clinic: ClinicFacts) -> None:
    fill(clinic)
    tag = alice.get(path)["ETag"]
    with as_clinic(clinic.id):
        DailyMetrics.objects.update(missed=5, recovered_value=Decimal("0.01"))
        HourlyMetrics.objects.update(missed=5)
    answer = ask_again(alice, path, tag)
    assert answer.status_code == 200
    assert answer["ETag"] != tag


def test_a_figure_that_goes_changes_the_tag(alice: Machine, clinic: ClinicFacts) -> None:
    """What a purge or a rebuild takes away leaves no later time stamp behind; the bytes are others all the same."""
    fill(clinic)
    tag = alice.get("/metrics/daily/")["ETag"]
    with as_clinic(clinic.id):
        DailyMetrics.objects.all().delete()
    assert ask_again(alice, "/metrics/daily/", tag).json() == {"results": []}


def test_other_days_have_another_tag_where_their_figures_differ(alice: Machine, clinic: ClinicFacts) -> None:
    fill(clinic)
    assert alice.get("/metrics/daily/")["ETag"] != alice.get("/metrics/daily/", to="2026-01-01")["ETag"]


@EVERY
def test_another_clinics_tag_says_nothing(
    path: str, alice: Machine, charlie: Machine, clinic: ClinicFacts, other_clinic: ClinicFacts
) -> None:
    """Even of equal figures: nobody learns from a tag that a clinic has what another one has."""
    assert alice.get(path)["ETag"] != charlie.get(path)["ETag"]
    fill(clinic)
    fill(other_clinic)
    tags = alice.get(path)["ETag"], charlie.get(path)["ETag"]
    assert tags[0] != tags[1]
    assert ask_again(charlie, path, tags[0]).status_code == 200
    assert ask_again(alice, path, tags[1]).status_code == 200


@EVERY
def test_heads_are_told_the_same(path: str, alice: Machine, clinic: ClinicFacts) -> None:
    fill(clinic)
    full, head = alice.get(path), alice.send("HEAD", path)
    assert (head.status_code, head.content, head["ETag"]) == (200, b"", full["ETag"])
    assert head["Content-Length"] == str(len(full.content))
    assert ask_again(alice, path, full["ETag"], "HEAD").status_code == 304


@EVERY
def test_a_tag_opens_nothing(path: str, alice: Machine, clinic: ClinicFacts) -> None:
    """Who asks is asked first: without a key, for days that are none, or for a form that is none, there is no 304."""
    fill(clinic)
    tag = alice.get(path)["ETag"]
    for problem, status in (
        (ask_again(Machine(None), path, tag), 401),
        (ask_again(Machine("rbk_wrong_key"), path, "*"), 401),
        (ask_again(alice, path + "?from=yesterday", tag), 400),
        (alice.send("GET", path, If_None_Match=tag, Accept="text/csv"), 406),
    ):
        require_problem(problem, status)
        assert "ETag" not in problem
        assert problem["Cache-Control"] == "no-store"
