"""Brings both databases up to date as the owner role and, on request, makes the demo clinic; one process, one start.

`python -m config.embedded.prepare [--demo]`, with all addresses in the environment. Standard output gets the demo
sign-ins and nothing else.
"""

import io
import os
import sys

import django
from django.core.management import CommandError, call_command
from django.db import DatabaseError

OWNER_ALIASES = ("owner", "keystore_owner")


def main(arguments: list[str]) -> int:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    django.setup()
    try:
        for alias in OWNER_ALIASES:
            migrate(alias)
        call_command("make_weeks", stdout=io.StringIO())  # the first call must find its week
        if "--demo" in arguments:
            call_command("make_demo_clinic")  # from the second time on it only says how to sign in
    except (CommandError, DatabaseError) as error:
        sys.stderr.write(f"error: {str(error).strip().splitlines()[0]}\n")
        return 1
    return 0


def migrate(alias: str) -> None:
    """A line on standard error when there was something to do."""
    output = io.StringIO()
    call_command("migrate", database=alias, interactive=False, skip_checks=True, no_color=True, stdout=output)
    if applied := output.getvalue().count("Applying "):
        sys.stderr.write(f"{applied} migrations applied as {alias}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
