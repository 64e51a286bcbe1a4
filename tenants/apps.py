"""The floor of clinics, people and keys."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "tenants"

    def ready(self) -> None:
        # Checks and receivers register themselves once models are there.
        from tenants import checks, receivers  # noqa: F401, PLC0415
