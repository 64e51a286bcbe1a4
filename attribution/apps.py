"""The floor of what a call was worth."""

from django.apps import AppConfig


class AttributionConfig(AppConfig):
    name = "attribution"
