"""What must be right before the public can come: secrets that are none, names that nobody filled in. Warns of nothing.

For `manage.py check --deploy`, which the start of production runs. The database role is looked at by `tenants.checks`.
"""

import base64
import binascii
from collections import Counter
from itertools import combinations
from math import log2
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

PLACEHOLDERS = ("[insert", "[your", "example.", ".example", "change-me", "changeme", "insecure", "demonstration")
LEAST_BITS = 128
KEY_BYTES = 32
LOOPBACK = ("localhost", "127.0.0.1", "::1")
LEGAL = ("LEGAL_NAME", "LEGAL_ADDRESS", "ICO_REGISTRATION")
MAIL = ("SUPPORT_EMAIL", "PRIVACY_EMAIL", "SECURITY_EMAIL")


@register(Tags.security, deploy=True)
def check_secrets(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """`config.E001`: a secret of few bits. `config.E002`: two are the same. `config.E003`: no AES-256 key."""
    found = {"SECRET_KEY": settings.SECRET_KEY, "KEY_ENCRYPTION_KEY": settings.KEY_ENCRYPTION_KEY}
    if settings.AUDIT_SIGNING_KEY:  # only the worker has it
        found["AUDIT_SIGNING_KEY"] = settings.AUDIT_SIGNING_KEY
    found |= {f"the password of {name}": str(database.get("PASSWORD") or "") for name, database in _databases()}
    errors: list[CheckMessage] = [
        Error(f"{name} can be guessed.", hint="Make a random one; .env.example says how.", id="config.E001")
        for name, secret in found.items()
        if is_guessable(secret)
    ]
    errors += [
        Error(f"{one} and {other} are the same.", hint="Each secret is made for one use.", id="config.E002")
        for one, other in combinations(found, 2)
        if found[one] == found[other] and not (one.startswith("the") and other.startswith("the"))
    ]
    if not is_key(settings.KEY_ENCRYPTION_KEY):
        errors.append(Error("KEY_ENCRYPTION_KEY is not base64 of 32 bytes.", id="config.E003"))
    return errors


@register(Tags.security, deploy=True)
def check_contacts(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """`config.E004`: the public pages would name nobody who can be reached."""
    missing = [name for name in (*LEGAL, *MAIL) if is_placeholder(getattr(settings, name))]
    missing += [name for name in MAIL if name not in missing and not is_mail_address(getattr(settings, name))]
    hint = "The privacy notice, the security page and security.txt show it; set it in the environment."
    return [Error(f"{name} is empty or a placeholder.", hint=hint, id="config.E004") for name in missing]


@register(Tags.security, deploy=True)
def check_two_factors(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """`config.E005`: administrators could sign in with a password alone."""
    if settings.TWO_FACTORS_REQUIRED:
        return []
    return [Error("TWO_FACTORS_REQUIRED is off.", hint="Only the demonstration does without.", id="config.E005")]


@register(Tags.security, deploy=True)
def check_links(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """`config.E006`: a database or the broker is reached over a shared network without verified TLS."""
    links = [
        (f"The database {name}", str(one["HOST"]), one.get("OPTIONS", {}).get("sslmode") == "verify-full")
        for name, one in _databases()
    ]
    broker = urlsplit(settings.REDIS_URL)
    links.append(("The broker", broker.hostname or "", broker.scheme == "rediss"))
    hint = "Use sslmode=verify-full and rediss://, or name the host in PRIVATE_HOSTS if nobody else is on its network."
    return [
        Error(f"{what} is reached without verified TLS.", hint=hint, id="config.E006")
        for what, host, is_safe in links
        if host and not is_safe and host not in {*LOOPBACK, *settings.PRIVATE_HOSTS}
    ]


def is_guessable(secret: str) -> bool:
    return bits_of(secret) < LEAST_BITS or any(word in secret.lower() for word in ("change-me", "insecure", "[insert"))


def bits_of(secret: str) -> float:
    """How much the secret can hold at the most, of how often it uses which character: all the same is nothing."""
    counts = Counter(secret).values()
    return sum(-count * log2(count / len(secret)) for count in counts)


def is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == KEY_BYTES
    except (binascii.Error, ValueError):
        return False


def is_placeholder(text: str) -> bool:
    return not text.strip() or any(word in text.lower() for word in PLACEHOLDERS)


def is_mail_address(text: str) -> bool:
    name, at, host = text.partition("@")
    return bool(name and at and "." in host) and not any(character.isspace() for character in text)


def _databases() -> list[tuple[str, dict[str, Any]]]:
    """Those that are reached over a network: a socket lets people in by who they are."""
    return [(name, one) for name, one in settings.DATABASES.items() if one["HOST"] and not one["HOST"].startswith("/")]
