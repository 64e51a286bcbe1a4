"""Adds a phone-system connection to a clinic; shows its address and the secret that we made once, on stdout."""

import json
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from calls.providers import PROVIDERS
from calls.services import BadName, NewConnection, UnknownProvider, add_connection
from tenants.selectors import UnknownClinic, get_clinic_by_slug

MAX_SECRET = 500
MAX_NAME = 80


class Command(BaseCommand):
    help = "Adds a phone-system connection: an address that the phone system calls, and the secret that it signs with."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the clinic")
        parser.add_argument("provider", help=", ".join(sorted(PROVIDERS)))
        parser.add_argument("--name", required=True, help="as people of the clinic call it")
        parser.add_argument(
            "--secret-stdin", action="store_true", help="read the provider's secret (an auth token) from standard input"
        )
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        provider = options["provider"]
        try:
            made = self._add(options)
        except (UnknownClinic, UnknownProvider) as error:
            raise CommandError(str(error)) from error
        except BadName as error:
            raise CommandError(f"--name: {error}") from error
        told = {
            "connection_id": str(made.id),
            "webhook_url": f"{settings.PUBLIC_URL}/hooks/{provider}/{made.token}",
            **({"secret": made.secret} if made.secret else {}),
        }
        self.stdout.write(json.dumps(told) if options["json"] else "\n".join(f"{k}: {v}" for k, v in told.items()))
        self.stderr.write("The address is shown only now; who knows it and the secret can send calls.")

    def _add(self, options: dict[str, Any]) -> NewConnection:
        clinic = get_clinic_by_slug(options["slug"])
        name = options["name"].strip()
        if not name or len(name) > MAX_NAME or not name.isprintable():
            raise CommandError(f"--name must have 1 to {MAX_NAME} printable characters.")
        secret = _read_secret(options["provider"], options["secret_stdin"])
        return add_connection(
            clinic_id=clinic.id, provider=options["provider"], name=name, secret=secret, now=timezone.now()
        )


def _read_secret(provider: str, is_given: bool) -> str | None:
    """What the provider signs with; None where we make it. Never an argument: those are seen by every process."""
    known = PROVIDERS.get(provider)
    if not is_given:
        if known is not None and not known.MAKES_SECRET:
            raise CommandError(f"{known.TITLE} makes the secret: pass it on standard input, with --secret-stdin.")
        return None
    secret = sys.stdin.readline(MAX_SECRET + 2).strip()
    if not secret or len(secret) > MAX_SECRET:
        raise CommandError(f"Standard input must hold the secret, one line of 1 to {MAX_SECRET} characters.")
    return secret
