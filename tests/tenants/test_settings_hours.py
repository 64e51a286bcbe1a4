"""Opening hours: a week with up to two spans a day, errors beside the day, and nobody overwritten unseen."""

from typing import Any

import pytest
from django.test import Client

from tenants.domain import DEFAULT_OPENING_HOURS, ClinicFacts, Role
from tenants.models import Clinic
from tests.tenants.factories import alice, bright_smile, charlie, oak_street
from tests.tenants.sign_in import client_of, client_with
from tests.tenants.test_settings_clinic import fresh, trail

pytestmark = pytest.mark.django_db
SHOW, CHANGE = "/settings/hours/", "/settings/hours/change/"


@pytest.fixture
def clinic() -> ClinicFacts:
    return bright_smile()


@pytest.fixture
def owner(clinic: ClinicFacts) -> Client:
    return client_of(alice(), clinic)


def filled_in(client: Client, **changes: str) -> dict[str, str]:
    form = client.get(CHANGE).context["form"]
    return {name: str(form[name].value() or "") for name in form.fields} | changes


def test_it_shows_the_week(owner: Client, clinic: ClinicFacts) -> None:
    Clinic.objects.filter(pk=clinic.id).update(opening_hours={"mon": [["09:00", "12:30"], ["13:30", "18:00"]]})
    page = owner.get(SHOW).content.decode()
    assert "09:00 to 12:30, 13:30 to 18:00" in page
    assert page.count("closed") == 6
    assert "Europe/London" in page


def test_it_changes_the_week_and_says_which_days_in_the_trail(owner: Client, clinic: ClinicFacts) -> None:
    wanted = filled_in(
        owner, mon_1_closes="12:30", mon_2_opens="13:30", mon_2_closes="18:00", fri_1_opens="", fri_1_closes="",
        sat_2_opens="09:00", sat_2_closes="12:00",
    )  # fmt: skip
    response = owner.post(CHANGE, wanted)
    assert (response.status_code, response.headers["Location"]) == (303, SHOW)
    hours = fresh(clinic).opening_hours
    assert hours == {
        **{day: DEFAULT_OPENING_HOURS[day] for day in ("tue", "wed", "thu")},
        "mon": [["08:30", "12:30"], ["13:30", "18:00"]],
        "fri": [],
        "sat": [["09:00", "12:00"]],  # whichever of the two spans it was written into
        "sun": [],
    }
    [row] = trail(clinic, "hours_changed")
    assert row["before"] == {"mon": [["08:30", "17:30"]], "fri": [["08:30", "17:30"]], "sat": []}
    assert row["after"] == {"mon": [["08:30", "12:30"], ["13:30", "18:00"]], "fri": [], "sat": [["09:00", "12:00"]]}


def test_what_the_form_gives_out_it_takes_back_unchanged(owner: Client, clinic: ClinicFacts) -> None:
    response = owner.post(CHANGE, filled_in(owner), follow=True)
    assert "Nothing to change" in response.content.decode()
    assert trail(clinic, "hours_changed") == []


def test_a_week_that_is_closed_is_a_week(owner: Client, clinic: ClinicFacts) -> None:
    wanted = dict.fromkeys(filled_in(owner), "") | {"seen": filled_in(owner)["seen"]}
    assert owner.post(CHANGE, wanted).status_code == 303
    assert not any(fresh(clinic).opening_hours.values())
    assert owner.get(SHOW).content.decode().count("closed") == 7


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"tue_1_closes": ""}, "Say when Tuesday opens and when it closes"),
        ({"tue_1_opens": ""}, "Say when Tuesday opens and when it closes"),
        ({"tue_2_opens": "18:00"}, "Say when Tuesday opens and when it closes"),
        ({"tue_1_opens": "17:30"}, "Tuesday closes before it opens"),
        ({"tue_1_closes": "00:00"}, "Tuesday closes before it opens"),
        ({"tue_2_opens": "17:00", "tue_2_closes": "18:00"}, "begins before the first one ends"),
        ({"tue_2_opens": "06:00", "tue_2_closes": "07:00"}, "begins before the first one ends"),
        ({"tue_1_opens": "8.30"}, "Write a time like 08:30"),
        ({"tue_1_opens": "25:00"}, "Write a time like 08:30"),
        ({"tue_1_opens": "24:00"}, "Write a time like 08:30"),
        ({"tue_1_opens": "٠٨:٣٠x"}, "Write a time like 08:30"),
        ({"tue_2_closes": "NaN"}, "Write a time like 08:30"),
    ],
)
def test_it_refuses_what_cannot_be_beside_the_day(
    owner: Client, clinic: ClinicFacts, fields: dict[str, str], reason: str
) -> None:
    response = owner.post(CHANGE, filled_in(owner, **fields))
    assert response.status_code == 400
    days = {day.code: day.errors for day in response.context["form"].days}
    assert [day for day, errors in days.items() if errors] == ["tue"]
    assert reason in days["tue"][0]
    assert fresh(clinic) == clinic
    assert trail(clinic, "hours_changed") == []


def test_who_was_slower_is_told_and_overwrites_nothing(owner: Client, clinic: ClinicFacts) -> None:
    colleague = client_with(clinic, Role.MANAGER)
    mine, theirs = filled_in(owner, mon_1_opens="10:00"), filled_in(colleague, mon_1_opens="07:00")
    assert colleague.post(CHANGE, theirs).status_code == 303
    refused = owner.post(CHANGE, mine)
    page = refused.content.decode()
    assert refused.status_code == 409
    assert "07:00 to 17:30" in page
    assert 'value="10:00"' in page
    assert fresh(clinic).opening_hours["mon"] == [["07:00", "17:30"]]
    assert owner.post(CHANGE, mine | {"seen": refused.context["form"].data["seen"]}).status_code == 303
    assert fresh(clinic).opening_hours["mon"] == [["10:00", "17:30"]]


def test_the_auditor_reads_the_front_desk_does_not_and_neither_changes(clinic: ClinicFacts) -> None:
    auditor, desk = client_with(clinic, Role.AUDITOR), client_with(clinic, Role.RECEPTIONIST)
    assert CHANGE not in auditor.get(SHOW).content.decode()
    assert [auditor.get(SHOW).status_code, desk.get(SHOW).status_code] == [200, 403]
    for client in (auditor, desk):
        assert [client.get(CHANGE).status_code, client.post(CHANGE, {}).status_code] == [403, 403]


def test_the_other_clinic_stays_as_it_is(clinic: ClinicFacts) -> None:
    other = oak_street()
    stranger = client_of(charlie(), other)
    assert stranger.post(CHANGE, filled_in(stranger, mon_1_opens="06:00")).status_code == 303
    assert fresh(clinic) == clinic


def test_signed_out_and_wrong_methods(owner: Client, client: Client) -> None:
    assert client.get(CHANGE).headers["Location"].startswith("/account/login/")
    assert (owner.post(SHOW).status_code, owner.delete(CHANGE).status_code) == (405, 405)


def test_the_pages_ask_little_of_the_database(owner: Client, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(18):
        owner.get(SHOW)
    with django_assert_max_num_queries(17):
        owner.get(CHANGE)
