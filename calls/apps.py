"""The floor of what happened on the phone."""

from django.apps import AppConfig


class CallsConfig(AppConfig):
    name = "calls"
    verbose_name = "Phone systems"  # as the admin pages, which show no call, head theirs
