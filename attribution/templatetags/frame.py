"""What the frame around every page shows of attribution: how many callers wait."""

from django import template
from django.template.context import Context
from django.utils import timezone

from attribution import selectors

register = template.Library()


@register.simple_tag(takes_context=True)
def count_waiting(context: Context) -> int:
    """Of the worklist where the page shows it, so that its figures agree; else of the visited clinic."""
    if "worklist" in context:
        return int(context["worklist"].waiting_count)
    return selectors.count_waiting(context["request"].clinic, timezone.now())
