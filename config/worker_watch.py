"""Ends a worker that has stopped taking work, so that whoever runs it starts it anew; looks at nothing but the queue.

A worker can lose its place at the broker and never notice, or have all its processes hang. It looks alive and does
nothing, and no call gets onto a worklist. Nothing is lost by ending it: PostgreSQL holds the work. The supervisor of
`make run` and the containers start a worker again that has ended.
"""

import logging
import os
import signal
import threading
import time
from typing import Any

from celery import Celery
from celery.signals import task_received, worker_ready
from django.conf import settings
from kombu import Queue

logger = logging.getLogger(__name__)
QUEUE = "celery"
LOOK_EVERY = 2.0  # seconds
FAREWELL_SECONDS = 10.0  # from being asked to end to being ended


class Watch:
    """When the worker last took a task, and whether it should have taken another since."""

    def __init__(self, app: Celery, quiet_seconds: float) -> None:
        self._app, self._quiet_seconds = app, quiet_seconds
        self._taken_at = time.monotonic()

    def note_task(self, **kwargs: Any) -> None:
        self._taken_at = time.monotonic()

    def is_stuck(self) -> bool:
        """Nothing taken for so long although something waits. Beat adds a task every two seconds, and a broker that is
        away is no reason to end: there is nothing to take."""
        quiet = time.monotonic() - self._taken_at
        return quiet > self._quiet_seconds and self._count_waiting() > 0

    def run(self) -> None:
        while not self.is_stuck():
            time.sleep(LOOK_EVERY)
        logger.error("no task was taken for %d s although some wait: this worker ends", self._quiet_seconds)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(FAREWELL_SECONDS)
        os._exit(os.EX_TEMPFAIL)  # what hangs does not hear a signal

    def _count_waiting(self) -> int:
        try:
            with self._app.connection_for_read() as connection:
                told: Any = Queue(QUEUE, channel=connection.default_channel).queue_declare(passive=True)
                return int(told.message_count)
        except Exception as error:
            logger.debug("the broker did not say what waits: %s", type(error).__name__)
            return 0


def watch_worker(app: Celery) -> None:
    """Begins with each worker of this process: its signals are heard in the process that takes tasks in."""
    watch = Watch(app, settings.WORKER_QUIET_SECONDS)
    task_received.connect(watch.note_task, weak=False)

    @worker_ready.connect(weak=False)
    def begin(**kwargs: Any) -> None:
        watch.note_task()
        threading.Thread(target=watch.run, name="worker-watch", daemon=True).start()
