"""How sign-in behaves where allauth leaves it to us: nobody signs up by himself."""

from allauth.account.adapter import DefaultAccountAdapter
from django.http import HttpRequest


class ClosedSignup(DefaultAccountAdapter):  # type: ignore[misc]
    """Accounts are made by the platform or by an invitation."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False
