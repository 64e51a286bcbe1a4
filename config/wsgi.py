"""The WSGI entry point of the web server; serves nothing when the database role could see past the policies."""

import io
import os

from django.core.management import call_command
from django.core.wsgi import get_wsgi_application

from config.bodies import with_lengths

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = with_lengths(get_wsgi_application())
# A web server runs no system checks by itself. With the database away this finds nothing: `/readyz` looks again.
call_command("check", databases=["default"], stdout=io.StringIO())
