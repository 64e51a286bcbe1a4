"""What the pages of the work show of connections: which have fallen silent; nothing for who may not see them."""

from collections.abc import Sequence

from django import template
from django.template.context import Context

from calls.selectors import ConnectionLine, list_silent
from tenants.permissions import Permission

register = template.Library()


@register.simple_tag(takes_context=True)
def silent_connections(context: Context) -> Sequence[ConnectionLine]:
    """Of the visited clinic."""
    visit = context["request"].visit
    return list_silent(visit.clinic) if Permission.SEE_CONNECTIONS in visit.may else ()
