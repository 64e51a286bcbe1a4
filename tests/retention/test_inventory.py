"""No column comes in unseen, and none stays on the list that is gone."""

import re
from collections import Counter
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection, models

from retention.inventory import TABLES, Kind, list_columns

# Free text stands near no caller: these hold what the clinic or the platform names, and answers of our own.
FREE_TEXT = {"answer", "value", "object_id", "change_message", "session_data", "cache_key", "details"}


def modelled() -> set[tuple[str, str]]:
    return {
        (model._meta.db_table, field.column)
        for model in apps.get_models(include_auto_created=True)
        for field in model._meta.concrete_fields
        if field.column
    }


def listed() -> set[tuple[str, str]]:
    return {(column.table, column.name) for column in list_columns()}


def test_every_column_of_every_model_is_listed() -> None:
    assert modelled() - listed() == set()


def test_nothing_is_listed_that_is_gone() -> None:
    without_model = {"tenants_cache", "django_migrations"}
    assert {pair for pair in listed() - modelled() if pair[0] not in without_model} == set()


def test_no_column_is_listed_twice() -> None:
    assert [pair for pair, count in Counter((c.table, c.name) for c in list_columns()).items() if count > 1] == []


@pytest.mark.django_db
def test_the_database_has_these_columns_and_no_others() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname::text, a.attname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition"
            " AND a.attnum > 0 AND NOT a.attisdropped"
        )
        in_database = set(cursor.fetchall())
    assert in_database == {pair for pair in listed() if pair[0] != "calls_callerkey"}


def test_every_column_says_why_how_long_and_who_erases_it() -> None:
    assert all(column.purpose and column.retention and column.eraser for column in list_columns())


def test_what_is_about_staff_or_secret_has_a_reason_of_its_own() -> None:
    personal = [column for column in list_columns() if column.kind in (Kind.STAFF, Kind.SECRET)]
    assert [column for column in personal if column.purpose == TABLES[column.table].purpose] == []


def test_whatever_is_about_a_caller_is_erased_by_the_purge() -> None:
    pseudonyms = [column for column in list_columns() if column.kind is Kind.PSEUDONYM]
    assert pseudonyms
    assert [column for column in pseudonyms if "purge_expired" not in column.eraser] == []


def test_every_column_named_after_a_caller_is_a_pseudonym() -> None:
    about = [column for column in list_columns() if re.fullmatch("callers?|caller_hash", column.name)]
    assert len(about) > 5
    assert {column.kind for column in about} == {Kind.PSEUDONYM}


def test_there_is_no_free_text_near_a_caller() -> None:
    free = {
        field.column
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, models.TextField)
    }
    assert free <= FREE_TEXT


def test_the_page_about_privacy_names_every_table_about_callers() -> None:
    page = (Path(__file__).parents[2] / "docs" / "privacy.md").read_text()
    tables = {column.table for column in list_columns() if column.kind is Kind.PSEUDONYM}
    assert {table for table in tables if f"`{table}`" not in page} == set()
