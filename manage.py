#!/usr/bin/env python
"""Runs one management command on the databases of this folder, or of the environment; holds no logic of its own."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line
from django.db import OperationalError

from config.embedded.attach import attach_for
from config.embedded.home import CannotStart


def main() -> int:
    """0, or 1 after one line on standard error. What is not expected keeps its traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        attachment = attach_for(sys.argv, os.environ)
        execute_from_command_line(sys.argv)
    except (CannotStart, ImproperlyConfigured, OperationalError) as error:
        sys.stderr.write(f"error: {str(error).strip().splitlines()[0]}\n")
        return 1
    except KeyboardInterrupt:
        return 130
    # The servers are ours until here; when nobody else uses them their keeper now stops them.
    attachment.release()
    return 0


if __name__ == "__main__":
    sys.exit(main())
