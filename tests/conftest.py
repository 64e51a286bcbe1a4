"""What every test can ask for; databases come up when the first test needs them, not before."""

import atexit
import os
from collections.abc import Iterator
from contextlib import ExitStack

import django
import psycopg
import pytest
from pytest_django import DjangoDbBlocker

from tests.database import RUN_VARIABLE, connect_superuser, find_run, own_databases, renew, whole_run

# Settings are read when Django is set up, and conftest files below this one import models: both before any hook of
# pytest runs, so the environment is made here and DJANGO_SETTINGS_MODULE is not in pyproject.toml.
_IS_FIRST_PROCESS = RUN_VARIABLE not in os.environ
DATABASE_RUN = find_run(os.environ)
_until_the_end = ExitStack()
if _IS_FIRST_PROCESS:
    _until_the_end.enter_context(whole_run(DATABASE_RUN))
    # No hook of pytest runs when the lines below fail, or an import of a test does.
    atexit.register(_until_the_end.close)
os.environ.update(DATABASE_RUN.environ())
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()
# Handed down to a worker, it would make pytest-django read the settings there with this process's databases.
del os.environ["DJANGO_SETTINGS_MODULE"]

from django.db import connections  # noqa: E402 - only after the set-up above

pytest_plugins = ["tests.caches", "tests.stack"]
DATABASES = ["default", "keystore"]


def pytest_unconfigure(config: pytest.Config) -> None:
    _until_the_end.close()


@pytest.hookimpl(tryfirst=True)  # before xdist reads the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    # The leak sweep reads all that the served product has written: much less before the pages are walked than after.
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)
    for item in items:
        marker = item.get_closest_marker("django_db")
        if marker is not None:
            _open_both_databases(item, marker)
        if "stack" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("stack"))  # one served product for all journeys, not one a worker


def _open_both_databases(item: pytest.Item, marker: pytest.Mark) -> None:
    """Plain `django_db` means both databases. Its `transaction=True` would flush as a role that may not."""
    if marker.kwargs.get("transaction"):
        raise pytest.UsageError(f"{item.nodeid}: use the fixture committed_db for data that is really committed.")
    if "databases" not in marker.kwargs:
        item.add_marker(pytest.mark.django_db(**marker.kwargs, databases=DATABASES), append=False)


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """Clones of a template that the real migrations made; tests work in them as the application's restricted role."""
    with own_databases(DATABASE_RUN):
        yield
        _disconnect()


@pytest.fixture
def committed_db(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """For threads and concurrency: no transaction around the test; new databases after it."""
    with django_db_blocker.unblock():
        yield
        _disconnect()
    renew(DATABASE_RUN)


@pytest.fixture
def superuser_sql(django_db_setup: None) -> Iterator[psycopg.Connection]:
    """The worker's database as the server's superuser; sees what is committed, and the catalogue."""
    with connect_superuser(DATABASE_RUN) as connection:
        yield connection


def _disconnect() -> None:
    for connection in connections.all(initialized_only=True):
        connection.close()
        if hasattr(connection, "close_pool"):
            connection.close_pool()
