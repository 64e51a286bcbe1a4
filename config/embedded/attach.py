"""Gives a command the databases and the broker of this folder before settings are read; overrides nothing that is set.

What is missing in the environment is filled in: addresses of the embedded servers, which are started when they do not
run and stop when their last user has gone, and the secrets of this installation. Production gets nothing from here.
"""

from collections.abc import Mapping, MutableMapping, Sequence
from dataclasses import dataclass, field

from config.embedded.home import CannotStart, Home, find_home, open_home, read_secrets, read_signing_key
from config.embedded.leases import Lease, join
from config.embedded.postgres import postgres_server, postgres_url
from config.embedded.provision import DatabaseUrls, Names, derive_urls, is_superuser, provision
from config.embedded.valkey import valkey_server, valkey_url

DEFAULT_ADDRESS = "http://127.0.0.1:8000"
# These look at code and files only: no server is started for them.
WITHOUT_SERVERS = {"", "help", "--help", "-h", "version", "--version", "collectstatic", "compilemessages"}
NEEDED = ("DATABASE_URL", "KEYSTORE_DATABASE_URL", "REDIS_URL", "SECRET_KEY", "KEY_ENCRYPTION_KEY")
OWNED_URLS = ("DATABASE_OWNER_URL", "KEYSTORE_DATABASE_URL", "KEYSTORE_OWNER_URL")


@dataclass
class Attachment:
    """The servers that this process uses, in the order in which they were started."""

    leases: list[Lease] = field(default_factory=list)

    def release(self) -> None:
        """Give all up and do not wait; what happens at the end of the process in any case."""
        for lease in self.leases:
            lease.users.close()

    def leave(self) -> list[str]:
        """Give all up, the last one first; the names of those that run on because others use them."""
        return [lease.name for lease in reversed(self.leases) if not lease.leave()]


def attach(environ: MutableMapping[str, str]) -> Attachment:
    """Fill in what is missing; raises CannotStart with one clear line."""
    attachment = Attachment()
    if environ.get("ENVIRONMENT") == "production" or all(environ.get(name) for name in NEEDED):
        return attachment
    home = find_home(environ)
    open_home(home)
    urls = _database_urls(environ, home, attachment)
    if urls is not None:
        environ.update(urls.as_environ())
    if not environ.get("REDIS_URL"):
        attachment.leases.append(join(home, valkey_server(home)))
    _fill_in(environ, _defaults(home))
    return attachment


def attach_for(arguments: Sequence[str], environ: MutableMapping[str, str]) -> Attachment:
    """The same for `manage.py`, which has commands that need no server."""
    command = arguments[1] if len(arguments) > 1 else ""
    if command not in WITHOUT_SERVERS and not {"--help", "-h"} & set(arguments):
        return attach(environ)
    if environ.get("ENVIRONMENT") != "production":
        home = find_home(environ)
        open_home(home)
        _fill_in(environ, derive_urls(postgres_url(home), Names(), read_secrets(home)).as_environ() | _defaults(home))
    return Attachment()


def _database_urls(environ: Mapping[str, str], home: Home, attachment: Attachment) -> DatabaseUrls | None:
    """The addresses to add; None when the environment has all that there is to be had."""
    url = environ.get("DATABASE_URL")
    if not url:
        if extra := [name for name in OWNED_URLS if environ.get(name)]:
            raise CannotStart(f"{extra[0]} is set and DATABASE_URL is not: set all of them, or none.")
        attachment.leases.append(join(home, postgres_server(home)))
        return provision(postgres_url(home), Names(), read_secrets(home))
    if environ.get("KEYSTORE_DATABASE_URL"):
        return None
    if environ.get("DATABASE_OWNER_URL") or not is_superuser(url):
        raise CannotStart(
            "DATABASE_URL is not a superuser's: set DATABASE_OWNER_URL, KEYSTORE_DATABASE_URL, KEYSTORE_OWNER_URL too."
        )
    return provision(url, Names(), read_secrets(home))


def _defaults(home: Home) -> dict[str, str]:
    secrets = read_secrets(home)
    return {
        "ENVIRONMENT": "development",
        "SECRET_KEY": secrets.secret_key,
        "KEY_ENCRYPTION_KEY": secrets.key_encryption_key,
        "AUDIT_SIGNING_KEY": read_signing_key(home),
        "AUDIT_CHECKPOINT_FILE": str(home.checkpoints_file),
        "REDIS_URL": valkey_url(home),
        "PUBLIC_URL": _address(home),
    }


def _address(home: Home) -> str:
    """Where `make run` of this folder serves, or served last."""
    try:
        return home.address_file.read_text().strip() or DEFAULT_ADDRESS
    except OSError:
        return DEFAULT_ADDRESS


def _fill_in(environ: MutableMapping[str, str], values: Mapping[str, str]) -> None:
    for name, value in values.items():
        if not environ.get(name):
            environ[name] = value
