"""Refuses to serve when the database role could see past the policies, or the audit trail could be changed.

It looks at roles and triggers, never at rows.
"""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.db.utils import OperationalError

from tenants.ledger import list_missing_triggers

_ROLE_SQL = """
SELECT rolsuper OR rolbypassrls,
       EXISTS (SELECT FROM pg_class WHERE relowner = pg_roles.oid AND relkind IN ('r', 'p')
               AND relnamespace = 'public'::regnamespace)
FROM pg_roles WHERE rolname = current_user
"""


@register(Tags.database)
def check_application_role(
    app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """`tenants.E001`: the role bypasses policies. `tenants.E002`: it owns tables, and an owner can drop policies."""
    if "default" not in (databases or []):
        return []
    try:
        return role_errors()
    except OperationalError:
        return []  # an unreachable database is not this check's to report


def role_errors() -> list[CheckMessage]:
    """What is wrong with the role that we are connected as."""
    with connections["default"].cursor() as cursor:
        cursor.execute(_ROLE_SQL)  # index: pg_authid by name
        bypasses, owns = cursor.fetchone()
    errors: list[CheckMessage] = []
    if bypasses:
        errors.append(
            Error(
                "The application's database role bypasses row-level security.",
                hint="DATABASE_URL must sign in as a role without SUPERUSER and BYPASSRLS.",
                id="tenants.E001",
            )
        )
    if owns:
        errors.append(
            Error(
                "The application's database role owns tables.",
                hint="Only DATABASE_OWNER_URL's role may own tables; DATABASE_URL needs another one.",
                id="tenants.E002",
            )
        )
    return errors


@register(Tags.database)
def check_audit_triggers(app_configs: Any, databases: Sequence[str] | None = None, **kwargs: Any) -> list[CheckMessage]:
    """`tenants.E003`: a trigger that keeps the audit trail from being changed is missing or off."""
    if "default" not in (databases or []):
        return []
    try:
        return trigger_errors()
    except OperationalError:
        return []


def trigger_errors() -> list[CheckMessage]:
    """Which triggers are missing or off, of those that keep trails as they are."""
    return [
        Error(
            f"The audit trail can be changed: the trigger {name} is missing or off.",
            hint="ALTER TABLE … ENABLE TRIGGER …, then run verify_audit with the checkpoints kept elsewhere.",
            id="tenants.E003",
        )
        for name in list_missing_triggers()
    ]
