"""Makes this week and those ahead; run after every migration, before the first call comes in. Prints what it made."""

from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from calls import partitions


class Command(BaseCommand):
    help = "Makes the weekly partitions of calls for this week and the next four."

    def handle(self, *args: Any, **options: Any) -> None:
        for monday in partitions.make_weeks_ahead(now=timezone.now()):
            self.stdout.write(str(monday))
