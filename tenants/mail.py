"""Sends the mails of the house, in the words of `templates/<floor>/mail/`; says whether the mail server took one.

It refuses to say to whom in a log: an address is about a person.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from anymail.exceptions import AnymailError
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes with a mail."""

    name: str
    content: bytes = field(repr=False)
    kind: str  # "application/pdf"


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail that is written. `html` may be empty; `headers` are beside the usual ones."""

    name: str  # of its kind, for the log
    subject: str = field(repr=False)
    text: str = field(repr=False)
    html: str = field(default="", repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    attachments: Sequence[Attachment] = ()


def send(name: str, *, to: str, floor: str = "tenants", **values: Any) -> bool:
    """Sends the mail of this name, as text. False when it did not go out; that is in the log, without the address."""
    subject, text = (render_to_string(f"{floor}/mail/{name}_{part}.txt", values) for part in ("subject", "text"))
    return send_letter(Letter(name, subject, text), to=to)


def send_letter(letter: Letter, *, to: str) -> bool:
    """The same for one that is written already."""
    subject = " ".join(letter.subject.split())
    mail = EmailMultiAlternatives(subject, letter.text, None, [to], headers=dict(letter.headers))
    if letter.html:
        mail.attach_alternative(letter.html, "text/html")
    for attached in letter.attachments:
        mail.attach(attached.name, attached.content, attached.kind)
    try:
        mail.send()
    except (OSError, AnymailError) as error:  # what `smtplib`, sockets and the mail providers raise
        logger.warning("The mail %s did not go out: %s", letter.name, type(error).__name__)
        return False
    return True
