"""The floor of what a call was worth."""

from importlib import import_module

from django.apps import AppConfig


class AttributionConfig(AppConfig):
    name = "attribution"

    def ready(self) -> None:
        """Models are there only now."""
        import_module("attribution.receivers")
