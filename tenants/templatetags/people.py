"""What the pages of people and keys call roles and scopes; it formats what it is given and looks nothing up."""

from collections.abc import Mapping

from django import template

from tenants.domain import Role, Scope
from tenants.permissions import ROLE_WORDS

register = template.Library()

_SCOPE_WORDS: Mapping[Scope, str] = {
    Scope.CALLS_WRITE: "Send calls.",
    Scope.APPOINTMENTS_WRITE: "Send and change appointments.",
    Scope.READ: "Read calls, opportunities, appointments and metrics; look up a caller.",
}


@register.filter
def role_words(value: str) -> str:
    """What somebody of this role may do."""
    return ROLE_WORDS[Role(value)]


@register.filter
def scope_words(value: str) -> str:
    """What a key of this scope may do."""
    return _SCOPE_WORDS[Scope(value)]


@register.filter
def choice_words(value: str) -> str:
    """The words beside one choice of a form, whether it is a role or a scope."""
    return role_words(value) if value in set(Role) else scope_words(value)
