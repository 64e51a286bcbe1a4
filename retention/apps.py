"""The floor of what must go, and of the proof that it went."""

from django.apps import AppConfig


class RetentionConfig(AppConfig):
    name = "retention"
