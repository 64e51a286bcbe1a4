"""The two roles: the owner owns, the application's role may use what it is granted and nothing else."""

from collections.abc import Iterator

import psycopg
import pytest

from config.embedded.home import CannotStart, Home, Secrets, read_secrets
from config.embedded.leases import join
from config.embedded.postgres import postgres_server, postgres_url
from config.embedded.provision import DatabaseUrls, Names, is_superuser, provision, replace_database, replace_login
from tests.config.homes import temporary_home


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    with temporary_home() as made:
        lease = join(made, postgres_server(made, is_durable=False))
        yield made
        lease.leave()


@pytest.fixture(scope="module")
def urls(home: Home) -> DatabaseUrls:
    return provision(postgres_url(home), Names(), read_secrets(home))


def test_the_roles_have_no_rights_over_the_server(home: Home, urls: DatabaseUrls) -> None:
    columns = "rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication"
    with psycopg.connect(postgres_url(home)) as admin:
        query = f"SELECT rolname, rolcanlogin, {columns} FROM pg_roles WHERE rolname LIKE 'ringback_%' ORDER BY 1"
        rows = admin.execute(query).fetchall()
    rights = [row for row in rows if row[0] in {"ringback_app", "ringback_owner"}]
    assert rights == [(name, True, *[False] * 5) for name in ("ringback_app", "ringback_owner")]


@pytest.mark.parametrize("database", ["default", "keystore"])
@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE mine (id int)",
        "CREATE TEMPORARY TABLE mine (id int)",
        "CREATE SCHEMA mine",
        "CREATE DATABASE mine",
        "CREATE ROLE mine",
        "ALTER ROLE ringback_app BYPASSRLS",
        "SET ROLE ringback_owner",
        "ALTER TABLE secret DISABLE ROW LEVEL SECURITY",
        "SELECT * FROM secret",
    ],
)
def test_the_application_may_not(urls: DatabaseUrls, database: str, statement: str) -> None:
    owner, app = {"default": (urls.owner, urls.default), "keystore": (urls.keystore_owner, urls.keystore)}[database]
    with psycopg.connect(owner) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS secret (id int)")
    with psycopg.connect(app, autocommit=True) as connection, pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute(statement)


def test_policies_bind_the_application(urls: DatabaseUrls) -> None:
    with psycopg.connect(urls.owner) as connection:
        connection.execute("CREATE TABLE rooms (clinic int)")
        connection.execute("INSERT INTO rooms VALUES (1), (2)")
        connection.execute("ALTER TABLE rooms ENABLE ROW LEVEL SECURITY")
        connection.execute("CREATE POLICY one ON rooms USING (clinic = 1)")
        connection.execute("GRANT SELECT ON rooms TO ringback_app")
    with psycopg.connect(urls.default) as connection:
        assert connection.execute("SELECT clinic FROM rooms").fetchall() == [(1,)]
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("SET row_security = off; SELECT clinic FROM rooms")


def test_a_second_time_changes_nothing(home: Home, urls: DatabaseUrls) -> None:
    assert provision(postgres_url(home), Names(), read_secrets(home)) == urls


def test_it_makes_good_what_an_interrupted_first_time_has_left_out(home: Home) -> None:
    names = Names().with_suffix("half")
    with psycopg.connect(postgres_url(home), autocommit=True) as admin:
        admin.execute("CREATE DATABASE ringback_half")
    urls = provision(postgres_url(home), names, read_secrets(home))
    for url in (urls.default, urls.keystore):
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT has_schema_privilege('public', 'CREATE')").fetchone() == (False,)


def test_it_knows_a_superuser_and_says_when_nobody_answers(home: Home, urls: DatabaseUrls) -> None:
    assert is_superuser(postgres_url(home))
    assert not is_superuser(urls.owner)
    with pytest.raises(CannotStart, match="DATABASE_URL does not answer"):
        is_superuser("postgresql://nobody@127.0.0.1:1/nothing")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("postgres://me:pw@db:5433/postgres?sslmode=require", "postgresql://r:p%40%2F@db:5433/d?sslmode=require"),
        ("postgresql://db/postgres", "postgresql://r:p%40%2F@db/d"),
        ("postgresql://me@/postgres?host=%2Fa%20b", "postgresql://r:p%40%2F@/d?host=%2Fa%20b"),
        ("postgresql://me@%2Fa%20b/postgres", "postgresql://r:p%40%2F@%2Fa%20b/d"),
        ("postgresql://me@[::1]:5432/postgres", "postgresql://r:p%40%2F@[::1]:5432/d"),
    ],
)
def test_addresses_keep_their_server_and_options(url: str, expected: str) -> None:
    assert replace_login(url, "r", "p@/", "d") == expected
    assert replace_database(expected, "other") == expected.replace("/d", "/other")


def test_every_database_of_a_pair_gets_the_suffix() -> None:
    assert Names().with_suffix("gw0") == Names("ringback_gw0", "ringback_keys_gw0")
    assert Secrets("a", "b", "c", "d").owner_password == "c"
