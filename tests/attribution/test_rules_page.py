"""The page of the rules: what is in force, a preview that saves nothing, and one new version from now on."""

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from attribution import services
from attribution.models import RulesVersion
from attribution.rule_words import describe, differences
from attribution.rules import EPOCH, RuleSet
from calls.domain import Outcome
from tenants.domain import Role
from tenants.models import AuditDetail, AuditEvent, User
from tenants.scope import as_clinic
from tests.attribution.clinics import AMBER, BRAMBLE, NOW, Desk, ago, make_desk
from tests.tenants.sign_in import client_of, client_with

pytestmark = pytest.mark.django_db
SHOW, PREVIEW, CHANGE = "/settings/rules/", "/settings/rules/preview/", "/settings/rules/change/"
DEFAULTS = {
    "version": "1", "voicemail_is_missed": "on", "min_ring_seconds": "3", "min_talk_seconds": "20",
    "callback_window": "48", "booking_window": "7", "booking_unit": "days", "clock_tolerance": "5",
}  # fmt: skip


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def desk(db: None) -> Desk:
    return make_desk()


@pytest.fixture
def owner(desk: Desk) -> Client:
    return client_of(User.objects.get(email=f"alice@{desk.clinic.slug}.example"), desk.clinic)


def trail(desk: Desk, *actions: str) -> list[tuple[str, str, dict[str, Any]]]:
    """(action, target, details) of these events."""
    with as_clinic(desk.clinic.id):
        rows = AuditEvent.objects.filter(clinic_id=desk.clinic.id, action__in=actions).order_by("seq")
        details = {row.seq: json.loads(row.details) for row in AuditDetail.objects.filter(clinic_id=desk.clinic.id)}
        return [(row.action, row.target, details[row.seq]) for row in rows]


def text(response: Any) -> str:
    decoded: str = response.content.decode()
    return decoded


def test_it_shows_the_rules_in_force_and_those_before(desk: Desk, owner: Client) -> None:
    rules = services.current_rules(desk.clinic.id)
    other = RuleSet(**{**vars_of(rules), "min_talk_seconds": 45})
    services.set_rules(clinic_id=desk.clinic.id, rules=other, now=ago(days=3))
    page = text(owner.get(SHOW))
    assert "Version 2 is in force" in page
    assert "45 s" in page
    assert "20 s → 45 s" in page
    assert "from the beginning" in page
    assert "20 Nov, 12:00" in page


def vars_of(rules: RuleSet) -> dict[str, Any]:
    return {name: getattr(rules, name) for name in rules.__slots__}


def test_the_form_is_filled_in_with_what_is_in_force(owner: Client) -> None:
    form = owner.get(SHOW).context["form"]
    shown = {name: form[name].value() for name in form.fields}
    assert {name: str(value) for name, value in shown.items() if not isinstance(value, bool)} == {
        name: value for name, value in DEFAULTS.items() if name != "voicemail_is_missed"
    }
    assert (shown["voicemail_is_missed"], shown["caller_returned_counts"]) == (True, False)


def test_the_preview_shows_both_and_saves_nothing(desk: Desk, owner: Client) -> None:
    desk.call(ago(days=2), AMBER)
    desk.call_back(ago(days=2, hours=-1), AMBER, talk_seconds=30)
    desk.book(ago(days=1), AMBER)
    desk.call(ago(days=2), BRAMBLE, Outcome.VOICEMAIL)
    desk.attribute()
    page = text(owner.get(PREVIEW, {**DEFAULTS, "min_talk_seconds": "60", "voicemail_is_missed": ""}))
    assert "20 s</td><td><strong>1 minute" in page  # shown as what would be different
    figures = page[page.index('id="figures"') :]
    assert '2</td><td class="num"><strong>1</strong></td><td class="num delta">−1' in figures
    assert '£85</td><td class="num"><strong>£0</strong></td><td class="num delta">−£85' in figures
    assert "<strong>1</strong> appointment would be counted that is not" in figures
    assert "Recovered by a callback" in figures
    assert len(services.list_rules(desk.clinic.id)) == 1
    assert trail(desk, "rules_changed") == []


def test_what_was_previewed_is_put_in_force_from_now_on(desk: Desk, owner: Client) -> None:
    shown = owner.get(PREVIEW, {**DEFAULTS, "callback_window": "24", "caller_returned_counts": "on"})
    form = shown.context["form"]
    hidden = {name: str(form[name].value()) for name in form.fields}
    response = owner.post(CHANGE, hidden)
    assert (response.status_code, response.headers["Location"]) == (303, SHOW)
    first, second = services.list_rules(desk.clinic.id)
    assert (first.in_force_from, second.in_force_from, second.version) == (EPOCH, NOW, 2)
    assert (second.callback_window, second.caller_returned_counts) == (timedelta(hours=24), True)
    assert (second.voicemail_is_missed, second.booking_window) == (True, timedelta(days=7))
    [(_, target, details)] = trail(desk, "rules_changed")
    assert target == "version 2"
    assert details["before"] == {"callback_window": "2 days, 0:00:00", "caller_returned_counts": False}
    assert details["after"] == {"callback_window": "1 day, 0:00:00", "caller_returned_counts": True}


def test_a_box_that_was_cleared_stays_cleared_on_its_way(desk: Desk, owner: Client) -> None:
    asked = {name: value for name, value in DEFAULTS.items() if name != "voicemail_is_missed"}
    shown = text(owner.get(PREVIEW, asked))
    assert '<input type="hidden" name="voicemail_is_missed" value="False"' in shown
    assert owner.post(CHANGE, asked | {"voicemail_is_missed": "False"}).status_code == 303
    assert services.current_rules(desk.clinic.id).voicemail_is_missed is False


def test_the_same_rules_make_no_version_and_leave_no_trace(desk: Desk, owner: Client) -> None:
    assert "nothing would change" in text(owner.get(PREVIEW, DEFAULTS))
    response = owner.post(CHANGE, DEFAULTS, follow=True)
    assert "Nothing to change." in text(response)
    with as_clinic(desk.clinic.id):
        assert not RulesVersion.objects.exists()
    assert trail(desk, "rules_changed") == []


def test_who_was_slower_is_told_and_overwrites_nothing(desk: Desk, owner: Client) -> None:
    manager = client_with(desk.clinic, Role.MANAGER)
    assert manager.post(CHANGE, DEFAULTS | {"min_ring_seconds": "9"}).status_code == 303
    refused = owner.post(CHANGE, DEFAULTS | {"min_talk_seconds": "99"})
    page = text(refused)
    assert refused.status_code == 409
    assert "Somebody else has put other rules in force meanwhile" in page
    assert "9 s" in page
    assert 'value="99"' in page
    assert services.current_rules(desk.clinic.id).min_talk_seconds == 20
    assert len(trail(desk, "rules_changed")) == 1
    # The preview of the same values carries the version that they have seen now.
    again = owner.get(PREVIEW, DEFAULTS | {"version": "2", "min_talk_seconds": "99", "min_ring_seconds": "9"})
    form = again.context["form"]
    assert owner.post(CHANGE, {name: str(form[name].value()) for name in form.fields}).status_code == 303
    assert services.current_rules(desk.clinic.id).version == 3


def test_a_conflict_leads_on_by_way_of_the_preview(desk: Desk, owner: Client) -> None:
    client_with(desk.clinic, Role.MANAGER).post(CHANGE, DEFAULTS | {"min_ring_seconds": "9"})
    refused = owner.post(CHANGE, DEFAULTS | {"min_talk_seconds": "99"})
    assert '<input type="hidden" name="version" value="2"' in text(refused)


BAD = [
    ("min_ring_seconds", "61"), ("min_ring_seconds", "-1"), ("min_ring_seconds", ""), ("min_ring_seconds", "3.5"),
    ("min_talk_seconds", "301"), ("min_talk_seconds", "NaN"), ("min_talk_seconds", "1e2"),
    ("callback_window", "0"), ("callback_window", "337"), ("callback_window", "9" * 400),
    ("booking_window", "0"), ("booking_window", "31"), ("booking_window", "721"),
    ("booking_unit", "weeks"), ("booking_unit", ""),
    ("clock_tolerance", "31"), ("clock_tolerance", "x"),
    ("version", ""), ("version", "0"), ("version", "x"), ("version", "9" * 30),
]  # fmt: skip


@pytest.mark.parametrize(("field", "value"), BAD)
def test_it_refuses_what_is_out_of_range_beside_the_field(desk: Desk, owner: Client, field: str, value: str) -> None:
    for response in (owner.get(PREVIEW, {**DEFAULTS, field: value}), owner.post(CHANGE, {**DEFAULTS, field: value})):
        assert response.status_code == 400
        assert field in response.context["form"].errors
    assert len(services.list_rules(desk.clinic.id)) == 1


@pytest.mark.parametrize(
    ("count", "unit", "status"), [("720", "hours", 200), ("721", "hours", 400), ("30", "days", 200)]
)
def test_the_booking_window_is_in_hours_or_days(owner: Client, count: str, unit: str, status: int) -> None:
    assert owner.get(PREVIEW, {**DEFAULTS, "booking_window": count, "booking_unit": unit}).status_code == status


def test_a_preview_that_takes_too_long_says_so(owner: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def take_long(**_: Any) -> None:
        raise services.PreviewTooSlow

    monkeypatch.setattr(services, "preview_rules", take_long)
    page = text(owner.get(PREVIEW, {**DEFAULTS, "min_talk_seconds": "60"}))
    assert "took too long" in page
    assert "Put in force from now on" in page


def test_the_auditor_reads_and_changes_nothing(desk: Desk) -> None:
    auditor = client_with(desk.clinic, Role.AUDITOR)
    page = auditor.get(SHOW)
    assert page.status_code == 200
    assert PREVIEW not in text(page)
    assert auditor.get(PREVIEW, DEFAULTS).status_code == 403
    assert auditor.post(CHANGE, DEFAULTS).status_code == 403


def test_the_front_desk_sees_no_rules(desk: Desk) -> None:
    bob = client_with(desk.clinic, Role.RECEPTIONIST)
    statuses = [bob.get(SHOW).status_code, bob.get(PREVIEW).status_code, bob.post(CHANGE).status_code]
    assert statuses == [403, 403, 403]


def test_each_clinic_has_rules_of_its_own(desk: Desk, owner: Client) -> None:
    other = make_desk("Oak Street")
    owner.post(CHANGE, DEFAULTS | {"min_talk_seconds": "99"})
    assert services.current_rules(other.clinic.id).min_talk_seconds == 20
    charlie = client_of(User.objects.get(email=f"alice@{other.clinic.slug}.example"), other.clinic)
    assert "99 s" not in text(charlie.get(SHOW))


def test_signed_out_and_wrong_methods(owner: Client, client: Client) -> None:
    for path in (SHOW, PREVIEW):
        assert client.get(path).headers["Location"].startswith("/account/login/")
    assert (owner.post(SHOW).status_code, owner.post(PREVIEW).status_code, owner.get(CHANGE).status_code) == (405,) * 3


def test_the_pages_ask_little_of_the_database(desk: Desk, owner: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(30):
        owner.get(SHOW)
    with django_assert_max_num_queries(45):
        owner.get(PREVIEW, {**DEFAULTS, "min_talk_seconds": "60"})


def test_rules_read_as_people_say_them() -> None:
    rules = RuleSet(1, EPOCH, callback_window=timedelta(hours=1), booking_window=timedelta(minutes=90))
    said = {line.name: line.text for line in describe(rules)}
    assert said == {
        "voicemail_is_missed": "yes", "min_ring_seconds": "3 s", "min_talk_seconds": "20 s",
        "callback_window": "1 hour", "booking_window": "90 minutes", "clock_tolerance": "5 minutes",
        "caller_returned_counts": "no",
    }  # fmt: skip
    [one] = differences(RuleSet(1, EPOCH), RuleSet(2, NOW, callback_window=timedelta(days=3)))
    assert (one.before, one.after) == ("48 hours", "3 days")
