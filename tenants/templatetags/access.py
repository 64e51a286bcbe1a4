"""What the frame around every page shows of access."""

from datetime import datetime

from django import template
from django.template.context import Context
from django.utils import timezone

register = template.Library()


@register.simple_tag(takes_context=True)
def open_support(context: Context) -> datetime | None:
    """Until when the platform's support can see the visited clinic; None when it can't."""
    clinic = getattr(context["request"], "clinic", None)
    until = clinic.support_until if clinic else None
    return until if until and until > timezone.now() else None
