"""How mail leaves: by the address of a mail server, or by a provider's API with its key; decides nothing else.

One variable chooses the provider, one holds its key. What each of them calls its key is written here.
"""

from collections.abc import Mapping
from types import MappingProxyType

from django.core.exceptions import ImproperlyConfigured

# Name -> the setting of django-anymail that holds its key.
PROVIDERS: Mapping[str, str] = MappingProxyType(
    {
        "brevo": "BREVO_API_KEY",
        "mailersend": "MAILERSEND_API_TOKEN",
        "mailgun": "MAILGUN_API_KEY",
        "mandrill": "MANDRILL_API_KEY",
        "postmark": "POSTMARK_SERVER_TOKEN",
        "resend": "RESEND_API_KEY",
        "sendgrid": "SENDGRID_API_KEY",
        "sparkpost": "SPARKPOST_API_KEY",
    }
)


def provider_settings(name: str, key: str, api_url: str = "") -> dict[str, object]:
    """The settings by which Django sends through this provider. `api_url` is for one that has several, by region.

    Raises `ImproperlyConfigured` for an unknown one and for a missing key.
    """
    if name not in PROVIDERS:
        raise ImproperlyConfigured(f"MAIL_PROVIDER must be one of {', '.join(sorted(PROVIDERS))}, or empty.")
    if not key:
        raise ImproperlyConfigured("MAIL_PROVIDER_KEY is not set, and MAIL_PROVIDER is.")
    options: dict[str, object] = {PROVIDERS[name]: key, "REQUESTS_TIMEOUT": 10}
    if api_url:
        options[f"{name.upper()}_API_URL"] = api_url
    return {"EMAIL_BACKEND": f"anymail.backends.{name}.EmailBackend", "ANYMAIL": options}
