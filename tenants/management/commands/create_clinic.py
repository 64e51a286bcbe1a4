"""Makes a clinic, its owner and an API key; shows the key and the owner's activation link once, on standard output."""

import json
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from tenants.activation import activation_path
from tenants.services import BadInput, ClinicDetails, create_clinic


class Command(BaseCommand):
    help = "Makes a clinic, its owner and an API key. The clinic can take calls at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("name")
        parser.add_argument("--slug", required=True, help="the clinic's name in addresses and commands")
        parser.add_argument("--timezone", required=True, help="such as Europe/London")
        parser.add_argument("--region", required=True, help="where numbers without a country code are read, such as GB")
        parser.add_argument("--currency", required=True, help="three letters, such as GBP")
        parser.add_argument("--owner-email", required=True)
        parser.add_argument("--json", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        named = {name: options[name] for name in ("name", "slug", "timezone", "region", "currency")}
        details = ClinicDetails(**named, guide_open=True)
        try:
            made = create_clinic(details=details, owner_email=options["owner_email"], now=timezone.now())
        except BadInput as error:
            raise CommandError(str(error)) from error
        path = activation_path(made.owner_id)
        told = {
            "clinic_id": str(made.clinic_id),
            "slug": details.slug,
            "api_key": made.api_key,
            "owner_email": options["owner_email"].strip().lower(),
            "owner_activation_url": path and settings.PUBLIC_URL + path,
        }
        self.stdout.write(json.dumps(told) if options["json"] else _as_text(told))
        self.stderr.write("The API key and the link are shown only now. The link works once, for two hours.")


def _as_text(told: dict[str, str | None]) -> str:
    return "\n".join(f"{name}: {value or 'not needed: the person has a password'}" for name, value in told.items())
