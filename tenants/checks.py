"""Refuses to serve when the database role could see past the policies; looks at roles, never at rows."""

from collections.abc import Sequence
from typing import Any

from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections
from django.db.utils import OperationalError

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
