"""The clinic's details: who may look, who may change, what is refused, and what is told to whom who was slower."""

import uuid
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from attribution.models import DayChange
from tenants import selectors
from tenants.domain import ClinicFacts, Role
from tenants.events import Event
from tenants.places import CURRENCIES, REGIONS, zones_by_area
from tenants.scope import as_clinic
from tests.tenants.factories import alice, bright_smile, charlie, oak_street
from tests.tenants.sign_in import client_of, client_with
from tests.tenants.trail import details, events

pytestmark = pytest.mark.django_db
SHOW, CHANGE = "/settings/", "/settings/change/"


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


@pytest.fixture
def owner(clinic: ClinicFacts) -> Client:
    return client_of(alice(), clinic)


def filled_in(client: Client, **changes: str) -> dict[str, str]:
    """The form as the page gives it out, with other values in some fields."""
    form = client.get(CHANGE).context["form"]
    return {name: str(form.initial[name]) for name in form.fields} | changes


def trail(clinic: ClinicFacts, action: str = "clinic_changed") -> list[dict[str, Any]]:
    return [details(row) for row in events(clinic.id, Event(action))]


def fresh(clinic: ClinicFacts) -> ClinicFacts:
    return selectors.get_clinic(clinic.id)


def test_it_shows_the_details_and_what_is_not_changed_here(owner: Client) -> None:
    page = owner.get(SHOW).content.decode()
    for text in ("Bright Smile", "Europe/London", "United Kingdom", "Pound sterling", "£85", "bright-smile", "90 days"):
        assert text in page
    assert f'href="{CHANGE}"' in page


def test_it_changes_the_details_and_says_so_once_in_the_trail(owner: Client, clinic: ClinicFacts) -> None:
    wanted = filled_in(owner, name="Brighter Smile", callback_goal="30", default_value="92.50", region="IE")
    response = owner.post(CHANGE, wanted)
    assert (response.status_code, response.headers["Location"]) == (303, SHOW)
    now = fresh(clinic)
    assert (now.name, now.callback_goal, now.default_value, now.region) == (
        "Brighter Smile", timedelta(minutes=30), Decimal("92.50"), "IE",
    )  # fmt: skip
    [row] = trail(clinic)
    assert row["before"] == {
        "name": "Bright Smile",
        "callback_goal": "1:00:00",
        "default_value": "85.00",
        "region": "GB",
    }
    assert row["after"] == {
        "name": "Brighter Smile", "callback_goal": "0:30:00", "default_value": "92.50", "region": "IE",
    }  # fmt: skip


def test_nothing_changed_leaves_no_trace(owner: Client, clinic: ClinicFacts) -> None:
    response = owner.post(CHANGE, filled_in(owner), follow=True)
    assert "Nothing to change" in response.content.decode()
    assert trail(clinic) == []


def test_who_was_slower_is_told_and_overwrites_nothing(owner: Client, clinic: ClinicFacts) -> None:
    colleague = client_with(clinic, Role.MANAGER)
    mine, theirs = filled_in(owner, name="Mine"), filled_in(colleague, default_value="99")
    assert colleague.post(CHANGE, theirs).status_code == 303
    refused = owner.post(CHANGE, mine)
    page = refused.content.decode()
    assert refused.status_code == 409
    assert "Somebody else has changed this meanwhile" in page
    assert "£99" in page
    assert 'value="Mine"' in page
    assert fresh(clinic).name == "Bright Smile"
    assert len(trail(clinic)) == 1
    # Now that they have seen it, saving again means it.
    again = mine | {"seen": refused.context["form"].data["seen"]}
    assert owner.post(CHANGE, again).status_code == 303
    assert (fresh(clinic).name, fresh(clinic).default_value) == ("Mine", Decimal(85))


@pytest.mark.parametrize("seen", ["", "0" * 16, "made-up"])
def test_without_the_mark_of_what_was_seen_nothing_is_overwritten(
    owner: Client, clinic: ClinicFacts, seen: str
) -> None:
    assert owner.post(CHANGE, filled_in(owner, name="Other", seen=seen)).status_code == 409
    assert fresh(clinic).name == "Bright Smile"


def test_another_currency_must_be_meant(owner: Client, clinic: ClinicFacts) -> None:
    wanted = filled_in(owner, currency="EUR")
    asked = owner.post(CHANGE, wanted)
    assert asked.status_code == 400
    assert "Amounts are not converted. Tick this" in asked.content.decode()
    assert fresh(clinic).currency == "GBP"
    assert owner.post(CHANGE, wanted | {"confirm_currency": "on"}).status_code == 303
    assert (fresh(clinic).currency, fresh(clinic).default_value) == ("EUR", Decimal(85))
    assert trail(clinic)[0]["after"] == {"currency": "EUR"}


def test_another_zone_has_the_open_days_counted_again(owner: Client, clinic: ClinicFacts) -> None:
    assert owner.post(CHANGE, filled_in(owner, timezone="America/New_York")).status_code == 303
    with as_clinic(clinic.id):
        days = DayChange.objects.filter(clinic_id=clinic.id).count()
    assert days == 62  # 60 behind today, today, and tomorrow: it may have begun where the clinic was
    assert fresh(clinic).timezone == "America/New_York"


def test_a_zone_is_not_saved_without_what_follows_from_it(
    owner: Client, clinic: ClinicFacts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise ConnectionError

    monkeypatch.setattr("attribution.services.recount_open_days", fail)
    with pytest.raises(ConnectionError):
        owner.post(CHANGE, filled_in(owner, timezone="America/New_York"))
    assert (fresh(clinic), trail(clinic)) == (clinic, [])


def test_the_same_zone_has_nothing_counted_again(owner: Client, clinic: ClinicFacts) -> None:
    assert owner.post(CHANGE, filled_in(owner, name="Other")).status_code == 303
    with as_clinic(clinic.id):
        assert not DayChange.objects.filter(clinic_id=clinic.id).exists()


BAD: list[tuple[str, str, str]] = [
    ("name", "", "required"),
    ("name", "x" * 121, "at most 120"),
    ("name", "two\nlines", "one line"),
    ("timezone", "Mars/Olympus", "valid choice"),
    ("timezone", "", "required"),
    ("region", "XX", "valid choice"),
    ("region", "gb", "valid choice"),
    ("currency", "XYZ", "valid choice"),
    ("callback_goal", "4", "greater than or equal to 5"),
    ("callback_goal", "2881", "less than or equal to 2880"),
    ("callback_goal", "an hour", "whole number"),
    ("callback_goal", "1e9", "whole number"),
    ("default_value", "", "required"),
    ("default_value", "NaN", "Write an amount like"),
    ("default_value", "Infinity", "Write an amount like"),
    ("default_value", "1e30", "Write an amount like"),
    ("default_value", "1,000.00", "Write an amount like"),
    ("default_value", "85.999", "Write an amount like"),
    ("default_value", "٨٥", "Write an amount like"),
    ("default_value", "£85", "Write an amount like"),
    ("default_value", "-1", "below nought"),
    ("default_value", "10000000", "At most 9,999,999.99"),
    ("default_value", "9" * 41, "at most 40"),
]


@pytest.mark.parametrize(("field", "value", "reason"), BAD)
def test_it_refuses_what_cannot_be_beside_the_field(
    owner: Client, clinic: ClinicFacts, field: str, value: str, reason: str
) -> None:
    response = owner.post(CHANGE, filled_in(owner, **{field: value}))
    assert response.status_code == 400
    [error, *_] = response.context["form"].errors[field]
    assert reason in error
    assert error in response.content.decode().replace("&#x27;", "'")
    assert (fresh(clinic), trail(clinic)) == (clinic, [])


def test_nobody_can_assign_what_is_not_in_the_form(owner: Client, clinic: ClinicFacts) -> None:
    smuggled = filled_in(owner, name="Other") | {
        "slug": "other", "retention_days": "30", "require_two_factors": "on", "id": str(uuid.uuid4()),
        "clinic_id": str(uuid.uuid4()), "support_allowed": "", "min_password_length": "64",
    }  # fmt: skip
    assert owner.post(CHANGE, smuggled).status_code == 303
    now = fresh(clinic)
    assert (now.slug, now.retention_days, now.require_two_factors, now.min_password_length, now.support_allowed) == (
        clinic.slug, 90, False, 12, True,
    )  # fmt: skip


def test_the_auditor_reads_and_changes_nothing(clinic: ClinicFacts) -> None:
    auditor = client_with(clinic, Role.AUDITOR)
    shown = auditor.get(SHOW)
    assert shown.status_code == 200
    assert CHANGE not in shown.content.decode()
    assert auditor.get(CHANGE).status_code == 403
    assert auditor.post(CHANGE, {"name": "Other"}).status_code == 403


def test_the_front_desk_sees_no_settings(clinic: ClinicFacts) -> None:
    desk = client_with(clinic, Role.RECEPTIONIST)
    assert [desk.get(SHOW).status_code, desk.get(CHANGE).status_code, desk.post(CHANGE).status_code] == [403, 403, 403]
    assert f'href="{SHOW}"' not in desk.get("/worklist/").content.decode()


def test_the_other_clinic_stays_as_it_is(clinic: ClinicFacts) -> None:
    other = oak_street()
    stranger = client_of(charlie(), other)
    assert "Bright Smile" not in stranger.get(SHOW).content.decode()
    assert stranger.post(CHANGE, filled_in(stranger, name="Oak Avenue")).status_code == 303
    assert (fresh(clinic), fresh(other).name) == (clinic, "Oak Avenue")


def test_signed_out_it_asks_for_a_sign_in(clinic: ClinicFacts, client: Client) -> None:
    for path in (SHOW, CHANGE):
        assert client.get(path).headers["Location"].startswith("/account/login/")


def test_the_wrong_method_is_refused(owner: Client) -> None:
    assert (owner.post(SHOW).status_code, owner.put(CHANGE).status_code) == (405, 405)


def test_the_lists_to_choose_from_are_whole() -> None:
    assert REGIONS["GB"] == "United Kingdom"
    assert [code for code, name in REGIONS.items() if code == name] == []
    assert all(len(code) == 3 for code in CURRENCIES)
    assert [*zones_by_area()][0] == "Europe"
    assert "Europe/London" in zones_by_area()["Europe"]


def test_a_clinic_keeps_what_is_in_no_list(owner: Client, clinic: ClinicFacts) -> None:
    """Older clinics may have a currency or a zone that is not offered any more."""
    from tenants.models import Clinic  # noqa: PLC0415

    Clinic.objects.filter(pk=clinic.id).update(currency="JPY", timezone="GB")
    assert owner.post(CHANGE, filled_in(owner, name="Other")).status_code == 303
    assert (fresh(clinic).currency, fresh(clinic).timezone) == ("JPY", "GB")


def test_the_pages_ask_little_of_the_database(owner: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(17):
        owner.get(SHOW)
    with django_assert_max_num_queries(17):
        owner.get(CHANGE)
