"""Embedded installations for tests: each in a folder with spaces in its name, each removed with all that it started."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config.embedded.home import Home, open_home
from config.embedded.leases import is_kept
from config.embedded.servers import wait_until


@contextmanager
def temporary_home() -> Iterator[Home]:
    folder = Path(tempfile.mkdtemp(prefix="ringback home "))
    home = Home(folder / "in a folder" / "with spaces")
    try:
        open_home(home)
        yield home
        assert wait_until(lambda: not any(is_kept(home, name) for name in ("postgres", "valkey")), 30), "still running"
    finally:
        for path in (home.servers, home.root / "sockets", folder):
            shutil.rmtree(path.resolve(), ignore_errors=True)
