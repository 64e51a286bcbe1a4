"""One-time links by which a person sets a first password; sends nothing and sets nothing."""

import uuid

from allauth.account import app_settings
from allauth.account.utils import user_pk_to_url_str
from django.urls import reverse

from tenants.models import User


def activation_path(user_id: uuid.UUID) -> str | None:
    """The path of a link that works once, for `PASSWORD_RESET_TIMEOUT`; None for a person who has a password.

    It is the password-reset link of allauth: setting the password, or signing in, makes it worthless.
    """
    user = User.objects.get(pk=user_id)
    if user.has_usable_password():
        return None
    token = app_settings.PASSWORD_RESET_TOKEN_GENERATOR().make_token(user)
    return reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": token})
