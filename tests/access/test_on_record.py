"""Whoever changes something leaves exactly one row in the clinic's audit trail: who, what, nothing personal."""

import re
from urllib.parse import urlencode

import pytest
from django.http import HttpResponse

from tenants.models import AuditEvent
from tenants.scope import as_clinic
from tests.access.doors import AUDITED, BODIES, CLINIC_DOORS, NOT_AUDITED, PAGES_BEFORE
from tests.access.forms import read_form
from tests.access.ours import fill_in
from tests.access.people import ROLES, Town, found_town
from tests.access.test_matrix import ADDRESSES, knock

pytestmark = pytest.mark.django_db
CHANGING = [
    (name, method) for name, door in CLINIC_DOORS.items() for method in door.methods if method not in ("GET", "HEAD")
]


@pytest.fixture
def town() -> Town:
    return found_town()


def trail(town: Town) -> list[AuditEvent]:
    with as_clinic(town.clinic.id):
        return list(AuditEvent.objects.filter(clinic_id=town.clinic.id).order_by("seq"))


def is_impersonal(target: str) -> bool:
    """An id, the prefix of an API key or a code: no address of a person, no number."""
    is_id = re.fullmatch(r"[0-9a-f-]{36}|[0-9a-f]{12}", target) is not None
    return is_id or ("@" not in target and not re.search(r"\d{7}", target))


def do_it(name: str, method: str, town: Town, who: str) -> HttpResponse:
    """Opens the page with the form, changes what the matrix says, and sends it."""
    client, path, body = town.client(who), fill_in(ADDRESSES[name], town), BODIES.get((name, method), {})
    pages = [fill_in(ADDRESSES[page], town) for page in PAGES_BEFORE.get(name, ())] or [path]
    fields: dict[str, str] = {}
    for page, goes_to in zip(pages, [*pages[1:], path], strict=True):
        shown = knock(client, "GET", f"{page}?{urlencode({**fields, **body})}" if fields else page)
        fields = read_form(shown.content.decode(), goes_to) if shown.status_code == 200 else {}
    return knock(client, method, path, {**fields, **body})


def test_every_door_that_changes_something_is_in_the_table() -> None:
    assert set(CHANGING) == AUDITED.keys() | NOT_AUDITED.keys()


@pytest.mark.parametrize(("name", "method"), AUDITED)
def test_a_change_leaves_one_row(name: str, method: str, town: Town) -> None:
    before = {row.seq for row in trail(town)}
    answer = do_it(name, method, town, "admin")
    assert answer.status_code in (200, 302, 303), answer.content[:500]
    rows = [row for row in trail(town) if row.seq not in before]
    assert [row.action for row in rows] == [AUDITED[name, method]]
    assert rows[0].actor_id == town.people["admin"].id
    assert rows[0].actor_kind == "person"
    assert is_impersonal(rows[0].target)


@pytest.mark.parametrize(("name", "method"), AUDITED)
def test_what_is_refused_changes_nothing(name: str, method: str, town: Town) -> None:
    before = {row.seq for row in trail(town)}
    unfit = sorted(set(ROLES) - CLINIC_DOORS[name].methods[method])[0]
    assert do_it(name, method, town, unfit).status_code == 403
    assert {row.action for row in trail(town) if row.seq not in before} <= {"access_refused"}
