"""The folder that holds everything of one embedded installation, and its secrets; starts nothing."""

import base64
import hashlib
import json
import os
import secrets
import stat
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from config.embedded.accounts import Account, can_enter, server_account

PROJECT = Path(__file__).resolve().parent.parent.parent
SHARED_STATE = Path("/var/lib/ringback")
# A socket's path is limited to 104 bytes (macOS) or 108; this leaves room for our folder and the socket's name.
LONGEST_TEMP_DIR = 50


class CannotStart(Exception):
    """Something that the person at the keyboard can mend; its text is one line and says how."""


@dataclass(frozen=True)
class Secrets:
    """What one installation makes up once and keeps."""

    secret_key: str
    key_encryption_key: str
    owner_password: str
    app_password: str


@dataclass(frozen=True)
class Home:
    """The places of one installation; all paths hang from `root`."""

    root: Path

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def locks(self) -> Path:
        return self.root / "locks"

    @property
    def servers(self) -> Path:
        """What belongs to the servers' account. Resolved: it may be a link, in a folder that account cannot enter."""
        return self.servers_link.resolve()

    @property
    def servers_link(self) -> Path:
        return self.root / "servers"

    @property
    def address_file(self) -> Path:
        return self.root / "address"

    @property
    def checkpoints_file(self) -> Path:
        return self.root / "checkpoints.jsonl"


def find_home(environ: Mapping[str, str]) -> Home:
    """The home that the environment names, or `.local` in the project."""
    return Home(Path(environ.get("RINGBACK_HOME") or PROJECT / ".local").absolute())


def open_home(home: Home) -> None:
    """Make the folders that are missing; nobody but us (and, as root, the servers' account) may look inside."""
    account = server_account()
    try:
        home.root.mkdir(parents=True, exist_ok=True)
        if home.root.stat().st_uid != os.geteuid():
            raise CannotStart(f"{home.root} belongs to another user: remove it, or set RINGBACK_HOME.")
        home.root.chmod(0o711 if account else 0o700)
        for folder in (home.logs, home.locks):
            folder.mkdir(mode=0o700, exist_ok=True)
        _make_servers_folder(home, account)
    except OSError as error:
        raise CannotStart(f"cannot use {home.root}: {error.strerror}.") from error


def _make_servers_folder(home: Home, account: Account | None) -> None:
    if not home.servers_link.exists():
        if account is None or can_enter(account, home.root):
            home.servers_link.mkdir(mode=0o700, exist_ok=True)
        else:
            # Named at random, not after the project's path: a new clone in an old place must not find old data.
            place = SHARED_STATE / secrets.token_hex(8)
            place.mkdir(mode=0o700, parents=True)
            home.servers_link.unlink(missing_ok=True)
            home.servers_link.symlink_to(place)
    if account is not None:
        os.chown(home.servers, account.uid, account.gid)


def read_secrets(home: Home) -> Secrets:
    """The installation's secrets, made up at the first call."""
    path = home.root / "secrets.json"
    if not path.exists():
        _write_secrets(path)
    try:
        known = json.loads(path.read_text())
        return Secrets(**{field.name: known[field.name] for field in fields(Secrets)})
    except (OSError, ValueError, KeyError) as error:
        raise CannotStart(f"{path} is not readable or not whole: restore it, or remove {home.root}.") from error


def read_signing_key(home: Home) -> str:
    """What signs the checkpoints of the audit trails, made up at the first call. In a file of its own: installations
    that are older than audit trails have their secrets already."""
    path = home.root / "audit-signing-key"
    if not path.exists():
        _write_once(path, f"{base64.b64encode(secrets.token_bytes(32)).decode()}\n")
    try:
        return path.read_text().strip()
    except OSError as error:
        raise CannotStart(f"{path} is not readable: restore it, or remove {home.root}.") from error


def _write_secrets(path: Path) -> None:
    made = {
        "secret_key": secrets.token_urlsafe(50),
        "key_encryption_key": base64.b64encode(secrets.token_bytes(32)).decode(),
        "owner_password": secrets.token_urlsafe(24),
        "app_password": secrets.token_urlsafe(24),
    }
    _write_once(path, json.dumps(made, indent=1) + "\n")


def _write_once(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    try:
        os.link(draft, path)  # unlike rename it never replaces the secrets of a process that was faster
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def open_sockets(home: Home) -> Path:
    """A short folder for the servers' sockets that only their account (and root) can enter."""
    account = server_account()
    owner = account.uid if account else os.geteuid()
    link = home.root / "sockets"
    # The link remembers the place: another shell may have another TMPDIR.
    folder = link.readlink() if link.is_symlink() else _sockets_folder(home, owner)
    try:
        folder.mkdir(mode=0o700)
        if account is not None:
            os.chown(folder, account.uid, account.gid)
    except FileExistsError:
        pass
    _require_private(folder, owner)
    if not link.is_symlink():
        link.symlink_to(folder)
    return folder


def _sockets_folder(home: Home, owner: int) -> Path:
    base = tempfile.gettempdir()
    if len(os.fsencode(base)) > LONGEST_TEMP_DIR:
        base = "/tmp"  # noqa: S108 - our folder in it is made by us alone, its owner and mode are checked
    digest = hashlib.sha256(os.fsencode(home.root)).hexdigest()[:12]
    return Path(base) / f"ringback-{owner}-{digest}"


def _require_private(folder: Path, owner: int) -> None:
    found = folder.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
        raise CannotStart(f"{folder} must be a folder that only its owner can enter: remove it and start again.")
