"""The floor of what happened on the phone."""

from django.apps import AppConfig


class CallsConfig(AppConfig):
    name = "calls"
