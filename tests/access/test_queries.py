"""No page asks the database more than its pin, however much the clinic has; pages are found in the matrix of doors."""

import contextlib

import pytest
from django.db import IntegrityError, connections, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tenants.scope import as_clinic
from tests.access.doors import CLINIC_DOORS
from tests.access.ours import fill_in
from tests.access.people import Town, found_town
from tests.access.queries import MOST_QUERIES
from tests.access.test_matrix import ADDRESSES, knock
from tests.tenants.tenant_tables import BY_FUNCTION, build_row, tenant_models

pytestmark = pytest.mark.django_db
PAGES = [name for name, door in CLINIC_DOORS.items() if "GET" in door.methods]
NOW = ("started_at", "booked_at", "opened_at", "created_at", "at")
NO_QUERIES = ("SAVEPOINT", "RELEASE SAVEPOINT", "ROLLBACK TO SAVEPOINT", "SELECT set_config")
OF_EACH = 4  # a page that asks once for each row of a list is three above its pin at the least


def furnish(town: Town) -> None:
    """Rows of every table of a clinic, of these days where they have a time."""
    for model in tenant_models():
        if model._meta.db_table in BY_FUNCTION:
            continue
        with contextlib.suppress(IntegrityError), transaction.atomic(), as_clinic(town.clinic.id):
            row = build_row(model, town.clinic.id)
            for name in NOW:
                if hasattr(row, name):
                    setattr(row, name, timezone.now())
            row.save(force_insert=True)  # refused where a clinic has one a day, and has it


def count_queries(client: Client, path: str) -> int:
    """Of the second visit: what a process keeps it asks for once."""
    knock(client, "GET", path)
    with CaptureQueriesContext(connections["default"]) as data, CaptureQueriesContext(connections["keystore"]) as keys:
        answer = knock(client, "GET", path)
        if answer.streaming:
            b"".join(answer)
    assert answer.status_code < 500, path
    return sum(not query["sql"].startswith(NO_QUERIES) for query in [*data, *keys])


def test_every_page_has_a_pin_and_nothing_else_has() -> None:
    assert MOST_QUERIES.keys() == set(PAGES)


def test_no_page_asks_more_than_its_pin() -> None:
    town, counted = found_town(), {}
    client = town.client("admin")
    for _ in range(OF_EACH):
        furnish(town)
    for name in PAGES:
        with transaction.atomic():  # what one page needs is not in the way of the next
            counted[name] = count_queries(client, fill_in(ADDRESSES[name], town))
            transaction.set_rollback(True)
    over = {name: (count, MOST_QUERIES[name]) for name, count in counted.items() if count > MOST_QUERIES[name]}
    assert not over, f"asked and allowed: {over}; all: {counted}"
