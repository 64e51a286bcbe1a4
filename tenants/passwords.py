"""What a password must be: long enough for every clinic of the person. No rules about what it is composed of.

Django's own list of common passwords and the likeness to the person's address are checked beside it.
"""

from django.contrib.auth.base_user import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.utils import timezone

from tenants import selectors

MIN_LENGTH = 12
MAX_LENGTH = 128  # of characters; a limit, because hashing takes time


class LongEnough:
    """Twelve characters, or what the strictest clinic of the person asks for; at most 128."""

    def validate(self, password: str, user: AbstractBaseUser | None = None) -> None:
        needed = required_length(user)
        if len(password) < needed:
            raise ValidationError(f"Use at least {needed} characters; a few plain words make a good password.")
        if len(password) > MAX_LENGTH:
            raise ValidationError(f"Use at most {MAX_LENGTH} characters.")

    def get_help_text(self) -> str:
        return f"At least {MIN_LENGTH} characters, more if your clinic asks for it; a few plain words make a good one."


def required_length(user: AbstractBaseUser | None) -> int:
    """How long the person's password must be; 12 for somebody who is not known yet."""
    if user is None or user.pk is None:
        return MIN_LENGTH
    return max(MIN_LENGTH, selectors.longest_password_rule(user.pk, timezone.now()))
