"""Makes the wiring known to Django: our checks, and error reports where they are wanted."""

from django.apps import AppConfig
from django.conf import settings


class WiringConfig(AppConfig):
    name = "config"
    verbose_name = "Wiring"

    def ready(self) -> None:
        from config import checks  # noqa: F401, PLC0415 - importing registers them

        if settings.SENTRY_DSN:
            from config import error_reports  # noqa: PLC0415 - and the library is not loaded where it is off

            error_reports.start(settings.SENTRY_DSN, settings.ENVIRONMENT, settings.VERSION)
