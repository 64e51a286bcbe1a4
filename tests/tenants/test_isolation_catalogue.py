"""What the database itself must say about every tenant table, those of tomorrow included."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection
from django.utils import timezone

from calls.partitions import list_weeks, make_week, make_weeks_ahead, week_of
from tests.tenants.tenant_tables import tenant_models

pytestmark = pytest.mark.django_db

# Unique without the clinic, because whoever knows the value proves by it who he is: random tokens of 48 bits and more,
# and ids that are random or counted by the database and never chosen by a clinic.
RANDOM_AND_UNIQUE = {
    ("tenants_apikey", ("prefix",)),
    ("calls_connection", ("token_hash",)),
    ("tenants_invitation", ("token_hash",)),
    ("attribution_bookingsystem", ("token_hash",)),
}
OWNERS_FUNCTIONS = {
    "ringback_make_week", "ringback_drop_week", "ringback_append_audit", "ringback_forget_audit_details",
}  # fmt: skip
AUDIT_TABLES = {"tenants_auditevent", "tenants_auditdetail", "tenants_auditcheckpoint", "tenants_auditanchor"}


def rows(sql: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return list(cursor.fetchall())


def names(sql: str, *params: Any) -> set[str]:
    return {name for (name,) in rows(sql, *params)}


WITH_CLINIC = """
    SELECT c.relname::text FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'clinic_id'
    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
"""


@pytest.fixture(autouse=True)
def weeks() -> None:
    """Partitions, so that what is said of every table is said of them, too: old ones and new ones."""
    make_weeks_ahead(now=timezone.now())
    make_week(week_of(timezone.now() - timedelta(days=70)))


def test_the_tests_know_every_tenant_table() -> None:
    in_database = names(WITH_CLINIC + " AND NOT c.relispartition")
    assert in_database == {model._meta.db_table for model in tenant_models()}


def test_every_table_with_a_clinic_has_row_security_enabled_and_forced() -> None:
    assert names(WITH_CLINIC + " AND NOT (c.relrowsecurity AND c.relforcerowsecurity)") == set()


def test_every_tenant_table_has_the_policy_of_its_clinic_for_all_commands() -> None:
    policies = rows(
        "SELECT tablename::text, cmd, permissive, roles::text, qual, with_check FROM pg_policies"
        " WHERE policyname = 'same_clinic'"
    )
    assert {table for table, *_ in policies} == names(WITH_CLINIC + " AND NOT c.relispartition")
    condition = "(clinic_id = (NULLIF(current_setting('app.clinic_id'::text, true), ''::text))::uuid)"
    assert {tuple(policy[1:]) for policy in policies} == {("ALL", "PERMISSIVE", "{public}", condition, condition)}


def test_every_other_policy_only_lets_see_and_names_a_credential() -> None:
    others = rows("SELECT policyname::text, cmd, qual, with_check FROM pg_policies WHERE policyname <> 'same_clinic'")
    assert others
    for name, command, condition, check in others:
        assert (name, command, check) == ("by_credential", "SELECT", None)
        assert re.fullmatch(r"\(.+ = NULLIF\(current_setting\('app\.lookup'::text, true\), ''::text\)\)", condition), (
            condition
        )


def test_the_role_of_the_application_owns_nothing_and_bypasses_nothing() -> None:
    assert names("SELECT relname::text FROM pg_class WHERE pg_get_userbyid(relowner) = current_user") == set()
    assert names("SELECT proname::text FROM pg_proc WHERE pg_get_userbyid(proowner) = current_user") == set()
    assert names("SELECT nspname::text FROM pg_namespace WHERE pg_get_userbyid(nspowner) = current_user") == set()
    assert rows(
        "SELECT rolsuper, rolbypassrls, rolcreaterole, rolcreatedb FROM pg_roles WHERE rolname = current_user"
    ) == [(False, False, False, False)]
    assert (
        names("SELECT rolname::text FROM pg_roles WHERE pg_has_role(rolname, 'member') AND rolname <> current_user")
        == set()
    )


def test_the_role_of_the_application_can_make_nothing() -> None:
    assert rows(
        "SELECT has_schema_privilege('public', 'CREATE'), has_database_privilege(current_database(), 'CREATE')"
    ) == [(False, False)]


def test_no_right_is_granted_on_a_partition() -> None:
    assert len(list_weeks()) == 6
    rights = "SELECT, INSERT, UPDATE, DELETE, TRUNCATE, REFERENCES, TRIGGER"
    partitions = names("SELECT relname::text FROM pg_class WHERE relispartition AND relkind = 'r'")
    assert len(partitions) == 12
    allowed = names(
        "SELECT relname::text FROM pg_class WHERE relispartition AND relkind = 'r' AND has_table_privilege(oid, %s)",
        rights,
    )
    assert allowed == set()


@pytest.mark.parametrize("right", ["TRUNCATE", "REFERENCES", "TRIGGER"])
def test_rights_that_go_round_the_policies_are_granted_nowhere(right: str) -> None:
    tables = "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
    assert names(f"{tables} AND has_table_privilege(oid, %s)", right) == set()


def test_nobody_but_the_application_and_the_owner_has_rights() -> None:
    grantees = names(
        "SELECT DISTINCT coalesce(nullif(a.grantee, 0)::regrole::text, 'PUBLIC')"
        " FROM pg_class c, aclexplode(c.relacl) a WHERE c.relnamespace = 'public'::regnamespace"
    )
    owner = names("SELECT DISTINCT pg_get_userbyid(relowner)::text FROM pg_class WHERE relname = 'tenants_clinic'")
    assert {name.strip('"') for name in grantees} == {settings.DATABASES["default"]["USER"]} | owner


def test_the_log_and_the_rules_can_only_grow() -> None:
    for table in ("retention_deletionlog", "attribution_rulesversion", *AUDIT_TABLES):
        assert rows("SELECT has_table_privilege(%s, 'UPDATE'), has_table_privilege(%s, 'DELETE')", table, table) == [
            (False, False)
        ]


def test_sequences_tell_no_volumes() -> None:
    allowed = "CASE WHEN relkind = 'S' THEN has_sequence_privilege(oid, 'SELECT') ELSE false END"
    assert names(f"SELECT relname::text FROM pg_class WHERE {allowed}") == set()


def test_there_is_no_view() -> None:
    assert (
        names(
            "SELECT relname::text FROM pg_class WHERE relkind IN ('v', 'm', 'f')"
            " AND relnamespace = 'public'::regnamespace"
        )
        == set()
    )


def test_only_the_functions_of_weeks_and_trails_run_as_their_owner() -> None:
    functions = dict(
        rows("SELECT proname::text, proconfig FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace")
    )
    assert set(functions) == OWNERS_FUNCTIONS
    assert {tuple(config) for config in functions.values()} == {("search_path=pg_catalog, public, pg_temp",)}
    assert rows(
        "SELECT count(*) FROM pg_proc, aclexplode(proacl) WHERE prosecdef AND pronamespace = 'public'::regnamespace"
        " AND grantee = 0"
    ) == [(0,)]


def test_there_is_no_other_function_and_no_other_trigger() -> None:
    functions = names("SELECT proname::text FROM pg_proc WHERE pronamespace = 'public'::regnamespace")
    assert functions == OWNERS_FUNCTIONS | {"ringback_refuse_change"}
    triggers = rows("SELECT tgrelid::regclass::text, tgname::text, tgenabled FROM pg_trigger WHERE NOT tgisinternal")
    expected = {(table, name, "O") for table in AUDIT_TABLES for name in ("append_only", "never_empty")}
    assert {(table, name, str(on)) for table, name, on in triggers} == expected


def test_a_row_of_a_trail_comes_by_its_function_only() -> None:
    for table in ("tenants_auditevent", "tenants_auditdetail"):
        assert rows("SELECT has_table_privilege(%s, 'INSERT')", table) == [(False,)]
        assert rows("SELECT has_any_column_privilege(%s, 'INSERT')", table) == [(False,)]


def test_unique_constraints_of_tenant_tables_name_the_clinic() -> None:
    indexes = rows(
        """
        SELECT c.relname::text,
            array(SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum = ANY(i.indkey)
                ORDER BY a.attnum),
            i.indisprimary
        FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid
        WHERE i.indisunique AND NOT c.relispartition AND c.relname = ANY(%s)
        """,
        [model._meta.db_table for model in tenant_models()],
    )
    assert len(indexes) > 10
    without = {
        (table, tuple(columns))
        for table, columns, is_primary in indexes
        if "clinic_id" not in columns and not (is_primary and columns == ["id"])
    }
    assert without == RANDOM_AND_UNIQUE


def test_foreign_keys_between_tenant_tables_name_the_clinic_on_both_sides() -> None:
    tables = [model._meta.db_table for model in tenant_models()]
    keys = rows(
        """
        SELECT con.conname::text,
            array(SELECT attname::text FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY(conkey)),
            array(SELECT attname::text FROM pg_attribute WHERE attrelid = confrelid AND attnum = ANY(confkey))
        FROM pg_constraint con
        WHERE contype = 'f' AND conrelid = ANY(%s::regclass[]) AND confrelid = ANY(%s::regclass[])
        """,
        tables,
        tables,
    )
    assert keys
    for name, columns, referenced in keys:
        assert "clinic_id" in columns, name
        assert "clinic_id" in referenced, name


def test_nothing_points_at_calls() -> None:
    assert (
        names("SELECT conname::text FROM pg_constraint WHERE contype = 'f' AND confrelid = 'calls_call'::regclass")
        == set()
    )


def test_what_tells_callers_apart_is_in_no_statistics() -> None:
    kept = rows(
        """
        SELECT c.relname::text, a.attname::text FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
        WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p')
            AND (c.relname LIKE 'calls\\_call%%' OR c.relname LIKE 'calls\\_callerhash%%')
            AND a.attname IN ('caller', 'caller_hash', 'provider_call_id') AND a.attstattarget IS DISTINCT FROM 0
        """
    )
    assert kept == []


def test_every_table_has_a_model_or_is_known() -> None:
    modelled = {model._meta.db_table for model in apps.get_models(include_auto_created=True)}
    in_database = names(
        "SELECT relname::text FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')"
        " AND NOT relispartition"
    )
    assert in_database - modelled == {"tenants_cache", "django_migrations"}
