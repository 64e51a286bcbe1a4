"""The Celery application: finds tasks and takes its settings from Django; decides nothing."""

import logging.config
import os
from typing import Any

from celery import Celery
from celery.signals import celeryd_init, setup_logging
from django.conf import settings

from config.worker_watch import watch_worker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("ringback")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()


@celeryd_init.connect
def watch_over(**kwargs: Any) -> None:
    """Only a worker says so: a web process and beat have nothing to watch."""
    watch_worker(app)


@setup_logging.connect
def use_our_chain(**kwargs: Any) -> None:
    """Celery would give its loggers handlers of its own, past the masks."""
    logging.config.dictConfig(settings.LOGGING)
