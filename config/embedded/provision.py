"""Makes the two roles and the two databases, as a superuser and nothing more: tables and grants are for migrations.

The owner role owns the databases and runs migrations. The application's role owns nothing, creates nothing and cannot
bypass a policy.
"""

from dataclasses import dataclass
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql

from config.embedded.home import CannotStart, Secrets

OWNER_ROLE = "ringback_owner"
APP_ROLE = "ringback_app"
RESTRICTED = sql.SQL("LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS")
PROVISION_LOCK = 7_264_225_001  # a number of our own among the server's advisory locks


@dataclass(frozen=True)
class Names:
    """The two databases; tests have pairs of their own. The roles are the server's, and so the same for all."""

    database: str = "ringback"
    keystore: str = "ringback_keys"

    def with_suffix(self, suffix: str) -> "Names":
        return Names(f"{self.database}_{suffix}", f"{self.keystore}_{suffix}")


@dataclass(frozen=True)
class DatabaseUrls:
    """What settings read; one address for each pair of role and database."""

    default: str
    owner: str
    keystore: str
    keystore_owner: str

    def as_environ(self) -> dict[str, str]:
        return {
            "DATABASE_URL": self.default,
            "DATABASE_OWNER_URL": self.owner,
            "KEYSTORE_DATABASE_URL": self.keystore,
            "KEYSTORE_OWNER_URL": self.keystore_owner,
        }


def derive_urls(admin_url: str, names: Names, secrets: Secrets) -> DatabaseUrls:
    """The same server and options as the administrator's address, with our roles and databases."""
    owner, app = (OWNER_ROLE, secrets.owner_password), (APP_ROLE, secrets.app_password)
    return DatabaseUrls(
        default=replace_login(admin_url, *app, names.database),
        owner=replace_login(admin_url, *owner, names.database),
        keystore=replace_login(admin_url, *app, names.keystore),
        keystore_owner=replace_login(admin_url, *owner, names.keystore),
    )


def replace_login(url: str, role: str, password: str, database: str) -> str:
    parts = urlsplit(url)
    place = parts.netloc.rpartition("@")[2]
    login = f"{quote(role, safe='')}:{quote(password, safe='')}"
    # Spelled out: urlunsplit would drop the empty authority's slashes for schemes that it does not know.
    return f"postgresql://{login}@{place}/{quote(database)}" + (f"?{parts.query}" if parts.query else "")


def provision(admin_url: str, names: Names, secrets: Secrets) -> DatabaseUrls:
    """Make whatever is missing; the second time costs two look-ups."""
    urls = derive_urls(admin_url, names, secrets)
    if not is_provisioned(urls):
        with psycopg.connect(admin_url, autocommit=True) as admin:
            admin.execute("SELECT pg_advisory_lock(%s)", [PROVISION_LOCK])
            make_role(admin, OWNER_ROLE, secrets.owner_password)
            make_role(admin, APP_ROLE, secrets.app_password)
            for database in (names.database, names.keystore):
                make_database(admin, database)
        for database in (names.database, names.keystore):
            restrict_schema(replace_database(admin_url, database))
            allow_connections(admin_url, database)
    return urls


def is_provisioned(urls: DatabaseUrls) -> bool:
    """The last step lets the application's role in; the first gives the roles their passwords."""
    try:
        for url in (urls.owner, urls.default, urls.keystore_owner, urls.keystore):
            psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True


def is_superuser(url: str) -> bool:
    """Raises CannotStart when the address does not answer."""
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            row = connection.execute("SELECT rolsuper FROM pg_roles WHERE rolname = current_user").fetchone()
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[-1]
        raise CannotStart(f"DATABASE_URL does not answer: {reason}") from error
    return bool(row and row[0])


def replace_database(url: str, database: str) -> str:
    parts = urlsplit(url)
    return f"postgresql://{parts.netloc}/{quote(database)}" + (f"?{parts.query}" if parts.query else "")


def make_role(admin: psycopg.Connection, role: str, password: str) -> None:
    exists = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone()
    statement = sql.SQL("{verb} ROLE {role} {rights} PASSWORD {password}").format(
        verb=sql.SQL("ALTER" if exists else "CREATE"),
        role=sql.Identifier(role),
        rights=RESTRICTED,
        password=sql.Literal(password),
    )
    admin.execute(statement)


def make_database(admin: psycopg.Connection, database: str, template: str | None = None) -> None:
    """Closed at first: only its owner, and no member of PUBLIC, may connect or make temporary tables."""
    if admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", [database]).fetchone():
        return
    name = sql.Identifier(database)
    model = sql.Identifier(template) if template else sql.SQL("template0 ENCODING 'UTF8'")
    owner = sql.Identifier(OWNER_ROLE)
    admin.execute(sql.SQL("CREATE DATABASE {} OWNER {} TEMPLATE {}").format(name, owner, model))
    admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))


def restrict_schema(url: str) -> None:
    with psycopg.connect(url, autocommit=True) as admin:
        owner, app = sql.Identifier(OWNER_ROLE), sql.Identifier(APP_ROLE)
        admin.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        admin.execute(sql.SQL("GRANT USAGE, CREATE ON SCHEMA public TO {}").format(owner))
        admin.execute(sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(app))


def allow_connections(admin_url: str, database: str) -> None:
    with psycopg.connect(admin_url, autocommit=True) as admin:
        statement = sql.SQL("GRANT CONNECT ON DATABASE {} TO {}")
        admin.execute(statement.format(sql.Identifier(database), sql.Identifier(APP_ROLE)))
