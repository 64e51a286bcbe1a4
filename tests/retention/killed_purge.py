"""Runs the purge and kills its own process without warning at the nth statement: `killed_purge.py N NOW`."""

import os
import signal
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import django

sys.path.insert(0, str(Path(__file__).parents[2]))
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
django.setup()

from django.db import connection  # noqa: E402 - after the set-up

from retention import services  # noqa: E402


class Countdown:
    def __init__(self, number: int) -> None:
        self.left = number

    def __call__(self, execute: Callable[..., Any], *statement: Any) -> Any:
        self.left -= 1
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return execute(*statement)


with connection.execute_wrapper(Countdown(int(sys.argv[1]))):
    services.purge_expired(now=datetime.fromisoformat(sys.argv[2]))
