"""The floor of clinics, people and keys."""

from django.apps import AppConfig


class TenantsConfig(AppConfig):
    name = "tenants"

    def ready(self) -> None:
        from tenants import checks  # noqa: F401, PLC0415 - checks register themselves once models are there
