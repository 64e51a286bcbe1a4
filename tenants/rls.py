"""Migration operations that make a table a tenant table; the only place that writes a policy."""

from dataclasses import dataclass

from django.conf import settings
from django.db import migrations

# NULLIF: after a transaction that set it, the setting is '' and not null.
CURRENT_CLINIC = "NULLIF(current_setting('app.clinic_id', true), '')::uuid"
CURRENT_LOOKUP = "NULLIF(current_setting('app.lookup', true), '')"


def app_role() -> str:
    """The role of the application, quoted: the one that `DATABASE_URL` signs in with."""
    name: str = settings.DATABASES["default"]["USER"]
    return '"' + name.replace('"', '""') + '"'


def grant(target: str, rights: str) -> migrations.RunSQL:
    """Gives the application's role these rights; it owns nothing and has no others."""
    return migrations.RunSQL(_grant_sql(target, rights), migrations.RunSQL.noop)


def _grant_sql(target: str, rights: str) -> str:
    return f"GRANT {rights} ON {target} TO {app_role()};\n"


@dataclass(frozen=True, slots=True)
class TenantTable:
    """A table with a `clinic_id`. `lookup` is an SQL condition under which a row can also be *seen* before the
    clinic is known, by naming exactly that row's credential in `app.lookup`."""

    name: str
    rights: str = "SELECT, INSERT, UPDATE, DELETE"
    lookup: str | None = None

    def operation(self) -> migrations.RunSQL:
        """Row security, forced, with a policy on the clinic; grants to the application's role."""
        return migrations.RunSQL("".join(self._statements()), migrations.RunSQL.noop)

    def _statements(self) -> list[str]:
        statements = [
            f"ALTER TABLE {self.name} ENABLE ROW LEVEL SECURITY;\n",
            f"ALTER TABLE {self.name} FORCE ROW LEVEL SECURITY;\n",
            f"CREATE POLICY same_clinic ON {self.name} USING (clinic_id = {CURRENT_CLINIC})"
            f" WITH CHECK (clinic_id = {CURRENT_CLINIC});\n",
        ]
        if self.lookup:
            statements.append(
                f"CREATE POLICY by_credential ON {self.name} FOR SELECT USING ({self.lookup} = {CURRENT_LOOKUP});\n"
            )
        return [*statements, _grant_sql(self.name, self.rights)]
