"""The clinic's rules: a change makes a version, and what was judged by another one stays."""

import dataclasses
from datetime import timedelta

import pytest

from attribution import services
from attribution.rules import RulesOutOfRange
from calls.domain import Outcome
from tests.attribution.clinics import AMBER, BRAMBLE, Desk, ago, make_desk

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(db: None) -> Desk:
    return make_desk()


def test_a_clinic_begins_with_the_defaults(desk: Desk) -> None:
    [only] = services.list_rules(desk.clinic.id)
    assert (only.version, only.min_talk_seconds, only.callback_window) == (1, 20, timedelta(hours=48))


def test_a_change_makes_a_version_and_leaves_what_was_before(desk: Desk) -> None:
    desk.call(ago(hours=5), AMBER, Outcome.VOICEMAIL)
    desk.call(ago(hours=1), BRAMBLE, Outcome.VOICEMAIL)
    desk.attribute()
    rules = dataclasses.replace(services.current_rules(desk.clinic.id), voicemail_is_missed=False)
    made = services.set_rules(clinic_id=desk.clinic.id, rules=rules, now=ago(hours=3))
    assert (made.version, made.in_force_from) == (2, ago(hours=3))
    assert [one.version for one in services.list_rules(desk.clinic.id)] == [1, 2]
    services.rebuild_metrics(clinic_id=desk.clinic.id, now=desk.now)
    assert [(one.opened_at, one.rules_version) for one in desk.opportunities()] == [(ago(hours=5), 1)]


def test_rules_that_change_nothing_make_no_version(desk: Desk) -> None:
    rules = services.current_rules(desk.clinic.id)
    assert services.set_rules(clinic_id=desk.clinic.id, rules=rules, now=desk.now) == rules
    assert len(services.list_rules(desk.clinic.id)) == 1


def test_rules_out_of_range_are_refused_by_name(desk: Desk) -> None:
    rules = dataclasses.replace(services.current_rules(desk.clinic.id), min_ring_seconds=61)
    with pytest.raises(RulesOutOfRange) as refused:
        services.set_rules(clinic_id=desk.clinic.id, rules=rules, now=desk.now)
    assert refused.value.names == ("min_ring_seconds",)


def test_the_longest_life_of_an_opportunity_follows_from_the_retention(desk: Desk) -> None:
    desk.set(retention_days=30)
    assert services.current_rules(desk.clinic.id).max_open == timedelta(days=18)
