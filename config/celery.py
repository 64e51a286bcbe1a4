"""The Celery application: finds tasks and takes its settings from Django; decides nothing."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("ringback")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
