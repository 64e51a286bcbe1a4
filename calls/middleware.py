"""Answers webhooks before anything that only browsers need; decides nothing about them."""

import re
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from calls.webhooks import receive_webhook

_HOOK = re.compile(r"^/hooks/([a-z0-9_-]{1,20})/([A-Za-z0-9_-]{16,64})/?$")


class WebhookFirst:
    """A provider's message has no session and no CSRF token and reads no header of ours."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        hook = _HOOK.match(request.path_info)
        if hook is None:
            return self.get_response(request)
        return receive_webhook(request, hook[1], hook[2])
