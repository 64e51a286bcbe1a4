"""The world of a benchmark: an embedded installation of its own, a clinic, and a line of JSON at the end.

It never touches the installation of `make run`.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from config.embedded.attach import attach

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".local" / "bench"


@contextlib.contextmanager
def world() -> Iterator[None]:
    """Servers, an up-to-date database, Django set up; the data of earlier runs is still there."""
    os.environ.setdefault("RINGBACK_HOME", str(HOME))
    os.environ["ENVIRONMENT"] = "test"
    attachment = attach(os.environ)
    try:
        subprocess.run([sys.executable, "-m", "config.embedded.prepare"], check=True, cwd=ROOT)
        os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
        import django  # noqa: PLC0415 - the settings want the environment

        django.setup()
        yield
    finally:
        attachment.leave()


@contextlib.contextmanager
def served(port: int) -> Iterator[str]:
    """The web server as `make run` starts it, on this port of the loopback."""
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", "127.0.0.1", "--port", str(port),
        "--workers", "2", "--blocking-threads", "4", "--backpressure", "64", "--no-access-log", "--log-level", "warning", "config.wsgi:application",
    ]  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "PUBLIC_URL": url})
    try:
        _wait_for(url + "/healthz")
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _wait_for(url: str) -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(url, timeout=1)  # the loopback
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise TimeoutError(url)


def report(name: str, **figures: Any) -> None:
    """One line of JSON: the figures that were measured and their ratio."""
    rounded = {key: round(value, 4) if isinstance(value, float) else value for key, value in figures.items()}
    print(json.dumps({"bench": name, **rounded}), flush=True)
