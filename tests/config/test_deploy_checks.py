"""`check --deploy` finds secrets that are none and names that nobody filled in."""

import base64
import os
import re
import secrets
import subprocess
import sys
from collections.abc import Iterator

import pytest
from pytest_django import Settings

from config import checks
from config.embedded.home import PROJECT

GOOD = {
    "LEGAL_NAME": "Smile Software Ltd",
    "LEGAL_ADDRESS": "1 High Street, Leeds LS1 1AA",
    "ICO_REGISTRATION": "ZA123456",
    "SUPPORT_EMAIL": "support@smile-software.test",
    "PRIVACY_EMAIL": "privacy@smile-software.test",
    "SECURITY_EMAIL": "security@smile-software.test",
}


@pytest.fixture
def production(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    settings.SECRET_KEY = secrets.token_urlsafe(50)
    settings.KEY_ENCRYPTION_KEY = base64.b64encode(secrets.token_bytes(32)).decode()
    # In place: for a replaced setting Django would drop its connections.
    monkeypatch.setitem(settings.DATABASES["default"], "HOST", "db")
    monkeypatch.setitem(settings.DATABASES["default"], "PASSWORD", secrets.token_hex(24))
    monkeypatch.delitem(settings.DATABASES, "keystore")
    settings.AUDIT_SIGNING_KEY = base64.b64encode(secrets.token_bytes(32)).decode()
    settings.TWO_FACTORS_REQUIRED = True
    settings.PRIVATE_HOSTS = ["db"]
    settings.REDIS_URL = "unix:///run/valkey.sock"
    for name, value in GOOD.items():
        setattr(settings, name, value)
    yield settings


def found() -> set[str | None]:
    made = [
        *checks.check_secrets(None), *checks.check_contacts(None), *checks.check_two_factors(None),
        *checks.check_links(None),
    ]  # fmt: skip
    return {message.id for message in made}


def test_what_is_filled_in_passes(production: Settings) -> None:
    assert found() == set()


def test_a_database_over_a_shared_network_needs_verified_tls(
    production: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    production.PRIVATE_HOSTS = []
    for sslmode in ("require", "verify-ca", ""):
        monkeypatch.setitem(production.DATABASES["default"], "OPTIONS", {"sslmode": sslmode})
        assert found() == {"config.E006"}
    monkeypatch.setitem(production.DATABASES["default"], "OPTIONS", {"sslmode": "verify-full"})
    assert found() == set()


def test_a_broker_over_a_shared_network_needs_tls(production: Settings) -> None:
    production.REDIS_URL = "redis://:secret@broker:6379/0"
    assert found() == {"config.E006"}
    for url in ("rediss://:secret@broker:6379/0", "redis://127.0.0.1:6379/0", "redis://db:6379"):
        production.REDIS_URL = url
        assert found() == set()


# Not made anew by each worker: they have to find the same tests.
HEX = "9d083fe7204d5d690c832f7a4e7a705baa8cc8f5dd00b817031ad3094352f287"


@pytest.mark.parametrize("name", ["SECRET_KEY", "KEY_ENCRYPTION_KEY", "AUDIT_SIGNING_KEY"])
@pytest.mark.parametrize(
    "secret", ["short", "change-me" + "abcdefghijklmnopqrstuvwxyz" * 3, "insecure-" + HEX[:60],
               "a" * 100, "0123456789" * 2, "A" * 43 + "="],
)  # fmt: skip
def test_a_secret_that_can_be_guessed(production: Settings, name: str, secret: str) -> None:
    setattr(production, name, secret)
    assert "config.E001" in found()


def test_a_password_of_a_database_that_can_be_guessed(production: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(production.DATABASES["default"], "PASSWORD", "postgres")
    assert found() == {"config.E001"}


def test_a_socket_needs_no_password(production: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(production.DATABASES["default"], "HOST", "/run/postgresql")
    monkeypatch.setitem(production.DATABASES["default"], "PASSWORD", "")
    assert found() == set()


def test_equal_secrets(production: Settings) -> None:
    production.SECRET_KEY = production.KEY_ENCRYPTION_KEY
    assert found() == {"config.E002"}
    production.SECRET_KEY = production.DATABASES["default"]["PASSWORD"]
    assert found() == {"config.E002"}


def test_both_databases_may_have_one_password_for_one_role(
    production: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(production.DATABASES, "keystore", production.DATABASES["default"])
    assert found() == set()


@pytest.mark.parametrize("key", [HEX, base64.b64encode(bytes.fromhex(HEX)[:24]).decode(), "ä" * 40])
def test_a_key_that_is_none(production: Settings, key: str) -> None:
    production.KEY_ENCRYPTION_KEY = key
    assert "config.E003" in found()


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("value", ["", " ", "[insert name]", "me@example.com", "change-me", "x@ringback.example"])
def test_a_name_that_nobody_filled_in(production: Settings, name: str, value: str) -> None:
    setattr(production, name, value)
    assert found() == {"config.E004"}


@pytest.mark.parametrize("value", ["support", "support@", "@ringback.test", "a b@ringback.test", "support@localhost"])
def test_an_address_that_is_none(production: Settings, value: str) -> None:
    production.SUPPORT_EMAIL = value
    assert found() == {"config.E004"}


def test_the_demonstration_would_not_pass(settings: Settings) -> None:
    assert "config.E004" in found()


def test_production_without_second_factors(production: Settings) -> None:
    production.TWO_FACTORS_REQUIRED = False
    assert found() == {"config.E005"}


@pytest.mark.slow
def test_the_command_runs_them() -> None:
    """In a process of its own, with an environment as the example has it: everything is there, nothing is filled in."""
    example = re.findall(r"^([A-Z_]+)=(.*)$", (PROJECT / ".env.example").read_text(), re.MULTILINE)
    environ = {
        **{name: value for name, value in os.environ.items() if not name.endswith("_URL")},
        **dict(example),
        "SECRET_KEY": secrets.token_urlsafe(50),
        "KEY_ENCRYPTION_KEY": base64.b64encode(secrets.token_bytes(32)).decode(),
        "DATABASE_URL": "postgresql://app:short@db/ringback",
        "KEYSTORE_DATABASE_URL": "postgresql://app:short@db/keys",
        "REDIS_URL": "unix:///unused",
        "EMAIL_URL": "smtp://mail.test",
        "TWO_FACTORS_REQUIRED": "false",
    }
    done = subprocess.run(
        [sys.executable, "manage.py", "check", "--deploy"], cwd=PROJECT, env=environ, capture_output=True, text=True
    )
    assert done.returncode == 1
    for problem in ("config.E001", "config.E004", "config.E005"):
        assert problem in done.stderr
    assert "short" not in done.stderr
