"""Which English the work at hand is done in: Django's active language carries it, for each thread and request its own.

The gate of the pages and the writers of mails open it for their clinic; whoever makes words asks. Where nobody has
opened one it is British: for programs, for pages before a clinic is known, and in logs.
"""

from contextlib import AbstractContextManager

from django.utils import translation

from tenants.domain import ClinicFacts
from tenants.english import English, english_called


def in_language_of(clinic: ClinicFacts) -> AbstractContextManager[None]:
    """Words made within are in the clinic's English, and what people type is read by its customs."""
    return translation.override(clinic.english.code)


def current_english() -> English:
    """The one that is open."""
    return english_called(translation.get_language())
