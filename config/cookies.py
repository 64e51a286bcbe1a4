"""Every cookie that the product sets: the cookies page is made from this, and a test compares it with a browser."""

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True, slots=True)
class Cookie:
    name: str
    purpose: str
    life: str


def list_cookies() -> tuple[Cookie, ...]:
    """Both are needed for what people ask of the site, so nobody is asked for consent."""
    return (
        Cookie(
            settings.SESSION_COOKIE_NAME,
            "Keeps you signed in. A random number: it says nothing about you and means nothing to anybody else.",
            "Until you close the browser or sign out; at most 24 hours after your last click.",
        ),
        Cookie(
            settings.CSRF_COOKIE_NAME,
            "Proves that a form which reaches us was sent from our own page. A random number, set with the first form.",
            "Until you close the browser.",
        ),
    )
