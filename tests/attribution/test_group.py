"""All clinics of a person beside each other: only those whose figures they may see, each read in its own scope."""

import re
import uuid
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from attribution import selectors
from attribution.models import DailyMetrics
from attribution.selectors import daily_metrics, get_group, group
from tenants.domain import Role
from tenants.models import RefusedCount, User
from tenants.scope import as_clinic
from tenants.services import add_member
from tests.attribution.clinics import NOW, Desk, ago, make_desk
from tests.tenants.sign_in import add_second_factor, client_of

pytestmark = pytest.mark.django_db
GROUP = "/group/"
OWNER = "grace@group.example"


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def found(name: str, role: Role = Role.MANAGER, **fields: Any) -> Desk:
    """A clinic in which Grace has a role."""
    desk = make_desk(name, **fields)
    add_member(clinic_id=desk.clinic.id, email=OWNER, role=role)
    return desk


def grace(desk: Desk | None = None) -> Client:
    return client_of(User.objects.get(email=OWNER), desk.clinic if desk else None)


def write(desk: Desk, on: Any, **figures: Any) -> None:
    with as_clinic(desk.clinic.id):
        DailyMetrics.objects.create(clinic_id=desk.clinic.id, on=on, **{"recovered_value": Decimal(0), **figures})


def rows(response: Any) -> list[tuple[str, int, list[Decimal]]]:
    return [(row.name, row.waiting, [one.value for one in row.figures]) for row in response.context["group"].rows]


def test_it_shows_each_clinic_with_the_month_before_and_sums_by_currency(db: None) -> None:
    oak, elm = found("Oak"), found("Elm")
    ash = found("Ash", currency="EUR")
    today, before = NOW.date(), NOW.date().replace(month=10, day=5)
    write(oak, today, missed=10, called_back=8, reached=6, recovered_appointments=3, recovered_value=Decimal("255"))
    write(oak, before, missed=12, recovered_value=Decimal("300"))
    write(oak, before.replace(day=30), missed=100)  # after the 23rd: not as many days
    write(elm, today, missed=5, recovered_appointments=1, recovered_value=Decimal("85.50"))
    write(ash, today, missed=7, recovered_appointments=2, recovered_value=Decimal("90"))
    oak.call(ago(hours=2))
    oak.attribute()
    write_again = oak.day(NOW)  # the day was rolled up anew, with the one call
    assert write_again["missed"] == 1
    response = grace(oak).get(GROUP)
    page = response.content.decode()
    assert [name for name, *_ in rows(response)] == ["Ash", "Elm", "Oak"]
    assert rows(response)[1] == ("Elm", 0, [Decimal(5), 0, 0, 1, Decimal("85.50")])
    assert rows(response)[2][1] == 1
    previous = {one.key: one.previous for one in response.context["group"].rows[2].figures}
    assert previous["missed"] == 12
    assert previous["revenue"] == Decimal(300)
    totals = {row.currency: row for row in response.context["group"].totals}
    assert (totals["GBP"].clinics, totals["EUR"].clinics) == (2, 1)
    assert totals["GBP"].figures[-1].value == Decimal("85.50")
    assert totals["GBP"].waiting == 1
    assert "€90" in page
    assert "£300 less" in page


def test_a_clinic_whose_figures_one_may_not_see_is_not_there(db: None) -> None:
    oak, _, elm = found("Oak"), found("Elm", Role.AUDITOR), found("Desk only", Role.RECEPTIONIST)
    write(elm, NOW.date(), missed=4711)
    page = grace(oak).get(GROUP)
    assert [name for name, *_ in rows(page)] == ["Elm", "Oak"]
    assert "4,711" not in page.content.decode()
    totals = page.context["group"].totals
    assert [(row.currency, row.clinics) for row in totals] == [("GBP", 2)]


def test_it_opens_from_a_clinic_in_which_one_only_answers_the_phone(db: None) -> None:
    found("Oak"), found("Elm")
    desk = found("Desk only", Role.RECEPTIONIST)
    assert [name for name, *_ in rows(grace(desk).get(GROUP))] == ["Elm", "Oak"]


@pytest.mark.parametrize("roles", [[Role.ADMIN], [Role.MANAGER, Role.RECEPTIONIST], [Role.RECEPTIONIST] * 3])
def test_who_sees_the_figures_of_one_clinic_or_none_finds_nothing(db: None, roles: list[Role]) -> None:
    for number, role in enumerate(roles):
        found(f"Clinic {number}", role)
    assert grace().get(GROUP).status_code == 404
    assert f'href="{GROUP}"' not in grace().get("/worklist/").content.decode()


def test_the_menu_leads_there(db: None) -> None:
    found("Oak"), found("Elm")
    assert f'href="{GROUP}"' in grace().get("/worklist/").content.decode()


def test_a_clinic_that_asks_for_a_second_factor_is_shut_without_one(db: None) -> None:
    oak, elm = found("Oak"), found("Elm", require_two_factors=True)
    write(elm, NOW.date(), missed=4711)
    page = grace(oak).get(GROUP)
    assert [name for name, *_ in rows(page)] == ["Oak"]
    assert "4,711" not in page.content.decode()
    assert "Not shown, because it asks you for a second factor: Elm." in page.content.decode()
    add_second_factor(User.objects.get(email=OWNER))
    assert [name for name, *_ in rows(grace(oak).get(GROUP))] == ["Elm", "Oak"]


def test_a_role_that_was_taken_away_is_gone_with_the_next_request(db: None) -> None:
    oak, elm, _ = found("Oak"), found("Elm"), found("Ash")
    client = grace(oak)
    assert len(rows(client.get(GROUP))) == 3
    add_member(clinic_id=elm.clinic.id, email=OWNER, role=Role.RECEPTIONIST)
    assert [name for name, *_ in rows(client.get(GROUP))] == ["Ash", "Oak"]


@pytest.mark.parametrize(
    ("sort", "expected"),
    [
        ("name", ["ash", "Elm", "Oak"]),
        ("-name", ["Oak", "Elm", "ash"]),
        ("-missed", ["Elm", "ash", "Oak"]),
        ("missed", ["Oak", "ash", "Elm"]),
        ("waiting", ["ash", "Elm", "Oak"]),
        ("-revenue", ["Oak", "ash", "Elm"]),
    ],
)
def test_it_sorts_by_a_column(db: None, sort: str, expected: list[str]) -> None:
    for name, missed, value in (("Oak", 1, 9), ("Elm", 3, 0), ("ash", 2, 5)):
        write(found(name), NOW.date(), missed=missed, recovered_value=Decimal(value))
    page = grace().get(GROUP, {"sort": sort})
    assert [name for name, *_ in rows(page)] == expected
    state = "descending" if sort.startswith("-") else "ascending"
    assert page.content.decode().count(f'aria-sort="{state}"') == 1


@pytest.mark.parametrize("sort", ["value", "--name", "name;", "'", "\x00", "x" * 5000])
def test_a_column_that_there_is_not_is_refused(db: None, sort: str) -> None:
    found("Oak"), found("Elm")
    assert grace().get(GROUP, {"sort": sort}).status_code == 400


def test_the_name_of_a_clinic_leads_into_it(db: None) -> None:
    oak, elm = found("Oak"), found("Elm")
    client = grace(oak)
    page = client.get(GROUP).content.decode()
    slugs = re.findall(r'name="clinic" value="([^"]+)"><button', page)
    assert slugs == [elm.clinic.slug, oak.clinic.slug]
    response = client.post("/clinic/", {"clinic": elm.clinic.slug})
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert client.get("/worklist/").context["clinic"].id == elm.clinic.id


@pytest.mark.parametrize(
    ("page", "role", "lands"),
    [
        ("calls", Role.RECEPTIONIST, "/calls/"),
        ("worklist", Role.MANAGER, "/worklist/"),
        ("settings_rules", Role.MANAGER, "/settings/rules/"),
        ("settings_rules_preview", Role.AUDITOR, "/settings/rules/"),
        ("settings_rules_change", Role.MANAGER, "/settings/rules/"),
        ("settings_values_change", Role.MANAGER, "/settings/values/"),
        ("settings_rules", Role.RECEPTIONIST, "/"),
        ("settings_clinic", Role.RECEPTIONIST, "/"),
        ("group", Role.MANAGER, "/group/"),
        ("act", Role.MANAGER, "/"),
        ("account_logout", Role.MANAGER, "/"),
        ("https://evil.example/", Role.MANAGER, "/"),
        ("//evil.example", Role.MANAGER, "/"),
        ("", Role.MANAGER, "/"),
    ],
)
def test_switching_stays_on_the_same_kind_of_page_where_one_may(db: None, page: str, role: Role, lands: str) -> None:
    oak, elm = found("Oak"), found("Elm", role)
    response = grace(oak).post("/clinic/", {"clinic": elm.clinic.slug, "page": page})
    assert (response.status_code, response.headers["Location"]) == (302, lands)


def test_a_clinic_of_which_one_is_no_member_is_not_there_and_is_counted(db: None) -> None:
    oak, other = found("Oak"), make_desk("Other")
    client = grace(oak)
    for slug in (other.clinic.slug, "nothing", ""):
        assert client.post("/clinic/", {"clinic": slug, "page": "calls"}).status_code == 404
    with as_clinic(uuid.UUID(int=0)):
        assert RefusedCount.objects.get(what="not_here").count == 3
    assert client.get("/worklist/").context["clinic"].id == oak.clinic.id


def test_signed_out_and_wrong_methods(db: None, client: Client) -> None:
    found("Oak"), found("Elm")
    assert client.get(GROUP).headers["Location"].startswith("/account/login/")
    assert grace().post(GROUP).status_code == 405


def test_it_asks_the_same_for_every_further_clinic_and_never_more(db: None) -> None:
    counts = []
    for number in range(5):
        desk = found(f"Clinic {number}")
        write(desk, NOW.date(), missed=number)
        if number >= 1:
            with CaptureQueriesContext(connection) as asked:
                assert grace().get(GROUP).status_code == 200
            counts.append(len(asked))
    steps = {after - before for before, after in zip(counts, counts[1:], strict=False)}
    assert len(steps) == 1, counts
    assert (steps.pop(), counts[0]) <= (14, 60), counts


def test_each_clinic_is_read_in_its_own_scope_and_the_pages_own_is_put_back(
    db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    oak, elm = found("Oak"), found("Elm")
    read: list[tuple[uuid.UUID, str]] = []

    def watched(clinic_id: uuid.UUID, *span: Any) -> Any:
        read.append((clinic_id, scope()))
        return daily_metrics(clinic_id, *span)

    def watched_after(*args: Any, **more: Any) -> Any:
        made = get_group(*args, **more)
        read.append((oak.clinic.id, scope()))
        return made

    monkeypatch.setattr(group, "daily_metrics", watched)
    monkeypatch.setattr(selectors, "get_group", watched_after)
    grace(oak).get(GROUP)
    assert [one for one, _ in read] == [elm.clinic.id, oak.clinic.id, oak.clinic.id]
    assert all(str(one) == in_scope for one, in_scope in read)


def scope() -> str:
    """The clinic whose rows the database shows right now."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('app.clinic_id')")
        return str(cursor.fetchone()[0])


def test_long_names_and_large_figures_are_shown_whole(db: None) -> None:
    name = "The Royal Borough Family Dental Practice and Orthodontic Centre of Llanfairpwllgwyngyll"
    long = found("Long")
    long.set(name=name)
    write(long, NOW.date(), missed=1_000_000, recovered_value=Decimal("9999999.99"))
    found("Elm")
    page = grace().get(GROUP).content.decode()
    assert name in page
    assert "1,000,000" in page
    assert "£10,000,000" in page
