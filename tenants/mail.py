"""Sends the mails of tenancy, in the words of `templates/tenants/mail/`; says whether the mail server took one.

It refuses to say to whom in a log: an address is about a person.
"""

import logging
from typing import Any

from django.core.mail import send_mail
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)


def send(name: str, *, to: str, **values: Any) -> bool:
    """Sends the mail of this name, as text. False when it did not go out; that is in the log, without the address."""
    subject, text = (render_to_string(f"tenants/mail/{name}_{part}.txt", values) for part in ("subject", "text"))
    try:
        send_mail(" ".join(subject.split()), text, None, [to])
    except OSError as error:  # what `smtplib` and sockets raise
        logger.warning("The mail %s did not go out: %s", name, type(error).__name__)
        return False
    return True
