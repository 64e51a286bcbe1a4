"""What every service here says of input that can't be stored."""

from django.core.exceptions import ValidationError
from django.db import models


class BadInput(ValueError):
    """What was asked for can't be stored; the message says which field and why."""


def require_valid(instance: models.Model) -> None:
    """Raises `BadInput` about the first field that its model refuses."""
    try:
        instance.full_clean(validate_unique=False, validate_constraints=False)
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise BadInput(f"{field}: {messages[0]}") from error
