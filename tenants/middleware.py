"""Keeps pages of signed-in people out of every cache; touches nothing else."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse


class NoStoreWhenSignedIn:
    """A shared practice PC must not show the worklist after sign-out by its back button."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if request.user.is_authenticated:
            response.headers.setdefault("Cache-Control", "no-store")
        return response
