"""Summaries: chosen by each person, sent by e-mail when they are due, and told to outgoing webhooks each morning.

A row a person, clinic and kind says up to which days it was sent: claimed with a lease, so two workers send one mail. A
mail that does not go out is tried again. Only a process that is killed between the mail server's yes and the note of it
makes a mail come twice.
"""

import functools
import logging
import time
import uuid
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db.models import Q
from django.template.loader import render_to_string

from attribution.deliveries import OutgoingEvent
from attribution.models import DigestChoice, OutgoingMessage, OutgoingTarget
from attribution.schedules import DigestKind, next_due
from attribution.selectors.digests import Digest, is_worth_sending, read_digest
from attribution.services.messages import digest_body
from attribution.services.report_mail import read_attachment, write_report
from tenants import audit
from tenants.domain import ClinicFacts
from tenants.events import Actor, ActorKind, Event
from tenants.language import in_language_of
from tenants.mail import Attachment, Letter, send_letter
from tenants.permissions import Permission, may
from tenants.scope import as_clinic
from tenants.selectors import MemberFacts, get_clinic, list_active_members

logger = logging.getLogger(__name__)

TURN_SECONDS = 60  # then it is other clinics' turn; far less than a lease, which counts from the beginning of the turn
LEASE = timedelta(minutes=5)  # also how long a mail rests that did not go out
_SALT = "digests.stop"
_Report = Callable[[], Attachment | None]


class NoMember(LookupError):
    """Summaries are for a clinic's members; support looks in and is none."""


class NotForThisRole(ValueError):
    """A report holds what only those see who may see figures."""


class BadStopLink(ValueError):
    """Not a link of ours."""


@dataclass(frozen=True, slots=True)
class StopLink:
    """Whose summaries of which kind and clinic it ends."""

    clinic_id: uuid.UUID
    user_id: uuid.UUID
    kind: DigestKind


def choose_digests(
    *, clinic_id: uuid.UUID, user_id: uuid.UUID, kinds: Collection[DigestKind], now: datetime, actor: Actor
) -> bool:
    """Exactly these from now on; False when that is so already. Raises `NoMember`, `NotForThisRole`."""
    member = next((one for one in list_active_members(clinic_id) if one.user_id == user_id), None)
    if member is None:
        raise NoMember
    if not all(_may_have(member, kind) for kind in kinds):
        raise NotForThisRole
    zone = get_clinic(clinic_id).zone
    with as_clinic(clinic_id):
        rows = DigestChoice.objects.filter(clinic_id=clinic_id, user_id=user_id)
        known = {DigestKind(row.kind) for row in rows.select_for_update()}
        if known == set(kinds):
            return False
        rows.exclude(kind__in=kinds).delete()
        DigestChoice.objects.bulk_create(
            [
                DigestChoice(
                    clinic_id=clinic_id, user_id=user_id, kind=kind, chosen_at=now, due_at=next_due(kind, now, zone)
                )
                for kind in kinds
            ],
            ignore_conflicts=True,
        )
        audit.record(Event.DIGESTS_CHOSEN, actor=actor, clinic_id=clinic_id, target=user_id, kinds=sorted(kinds))
    return True


def stop_digest(*, token: str) -> StopLink:
    """What a link in a mail asks for, whoever opens it; done twice it is done. Raises `BadStopLink`."""
    link = read_stop_link(token)
    actor = Actor(ActorKind.PERSON, link.user_id)
    with as_clinic(link.clinic_id):
        rows = DigestChoice.objects.filter(clinic_id=link.clinic_id, user_id=link.user_id)
        left = set(rows.select_for_update().values_list("kind", flat=True)) - {link.kind.value}
        if rows.filter(kind=link.kind).delete()[0]:
            audit.record(
                Event.DIGESTS_CHOSEN, actor=actor, clinic_id=link.clinic_id, target=link.user_id, kinds=sorted(left)
            )
    return link


def make_stop_link(link: StopLink) -> str:
    """The token of a link that ends one kind of summary; it stays good as long as SECRET_KEY."""
    return signing.dumps([link.clinic_id.hex, link.user_id.hex, link.kind.value], salt=_SALT)


def read_stop_link(token: str) -> StopLink:
    """Raises `BadStopLink`."""
    try:
        clinic, user, kind = signing.loads(token, salt=_SALT)
        return StopLink(uuid.UUID(clinic), uuid.UUID(user), DigestKind(kind))
    except (signing.BadSignature, ValueError, TypeError) as error:
        raise BadStopLink from error


def reschedule_digests(*, clinic_id: uuid.UUID, now: datetime) -> None:
    """The clinic's mornings begin at another instant than they did."""
    zone = get_clinic(clinic_id).zone
    with as_clinic(clinic_id):
        for kind in DigestKind:
            rows = DigestChoice.objects.filter(clinic_id=clinic_id, kind=kind, due_at__gt=now)
            rows.update(due_at=next_due(kind, now, zone))
        targets = OutgoingTarget.objects.filter(clinic_id=clinic_id, digest_at__gt=now)
        targets.update(digest_at=next_due(DigestKind.DAILY, now, zone))


def tell_digests(*, clinic_id: uuid.UUID, now: datetime) -> int:
    """Leaves yesterday's counts for the targets of a clinic that want them, once; returns for how many."""
    with as_clinic(clinic_id):
        due = OutgoingTarget.objects.select_for_update(skip_locked=True).filter(clinic_id=clinic_id, digest_at__lte=now)
        targets = list(due)
        if not targets:
            return 0
        clinic = get_clinic(clinic_id)
        digest = read_digest(clinic, DigestKind.DAILY, now)
        body = digest_body(clinic, digest, now)
        OutgoingMessage.objects.bulk_create(
            [
                OutgoingMessage(
                    clinic_id=clinic_id, target=target, event=OutgoingEvent.DIGEST, body=body, created_at=now,
                    subject=digest.span.first.isoformat(), not_before=now,
                )
                for target in targets
            ],
            ignore_conflicts=True,
        )  # fmt: skip
        next_at = next_due(DigestKind.DAILY, now, clinic.zone)
        OutgoingTarget.objects.filter(pk__in=[target.pk for target in targets]).update(digest_at=next_at)
    return len(targets)


def mail_digests(*, clinic_id: uuid.UUID, now: datetime) -> int:
    """Sends the summaries of a clinic that are due; returns how many mails went out.

    One is claimed when the one before it is done, and nobody is at it for as long as a lease: however slow the mail
    server is, no lease runs out while its mail waits in a row.
    """
    clinic = get_clinic(clinic_id)
    members = {member.user_id: member for member in list_active_members(clinic_id)}
    read = functools.cache(lambda kind: read_digest(clinic, kind, now))
    read_report = functools.cache(lambda: read_attachment(clinic, read(DigestKind.REPORT), now))  # once for all
    sent, until = 0, time.monotonic() + TURN_SECONDS
    while time.monotonic() < until and (row := _claim(clinic_id, now)) is not None:
        try:
            with in_language_of(clinic):
                sent += _mail(clinic, row, members.get(row.user_id), read(DigestKind(row.kind)), now, read_report)
        except Exception as error:  # nobody's mail keeps somebody else's back
            logger.error("a summary could not be sent: %s", type(error).__name__)
    return sent


def _mail(
    clinic: ClinicFacts,
    row: DigestChoice,
    member: MemberFacts | None,
    digest: Digest,
    now: datetime,
    read_report: _Report,
) -> bool:
    """Whether a mail went out. One that should have and did not rests until its lease has run out."""
    if member is None:  # has left: so do the wishes
        with as_clinic(clinic.id):
            _rows(row).delete()
        return False
    is_wanted = _may_have(member, digest.kind) and is_worth_sending(clinic, digest)
    attachment = read_report() if is_wanted and digest.kind is DigestKind.REPORT else None
    lacks_report = digest.kind is DigestKind.REPORT and attachment is None
    if row.sent_of == digest.span.first or not is_wanted or lacks_report:
        _note_sent(clinic, row, digest, now, is_mailed=False)
        return False
    if not send_letter(_write(clinic, member, digest, attachment), to=member.email):
        return False
    _note_sent(clinic, row, digest, now, is_mailed=True)
    return True


def _claim(clinic_id: uuid.UUID, now: datetime) -> DigestChoice | None:
    free = Q(leased_until=None) | Q(leased_until__lte=now)
    with as_clinic(clinic_id):
        due = DigestChoice.objects.select_for_update(skip_locked=True).filter(
            free, clinic_id=clinic_id, due_at__lte=now
        )
        row = due.order_by("due_at").first()
        if row is not None:
            _rows(row).update(leased_until=now + LEASE)
    return row


def _may_have(member: MemberFacts, kind: DigestKind) -> bool:
    return kind is not DigestKind.REPORT or may(member.role, Permission.SEE_FIGURES)


def _write(clinic: ClinicFacts, member: MemberFacts, digest: Digest, attachment: Attachment | None) -> Letter:
    """Text and plain HTML, without images. Who may not see figures gets what the worklist shows, and no money."""
    stop = f"{settings.PUBLIC_URL}/summaries/stop/{make_stop_link(StopLink(clinic.id, member.user_id, digest.kind))}/"
    values = {
        "clinic": clinic,
        "digest": digest,
        "figures": digest.figures,
        "before": digest.before,
        "sees_figures": may(member.role, Permission.SEE_FIGURES),
        "worklist": f"{settings.PUBLIC_URL}/worklist/",
        "reports": f"{settings.PUBLIC_URL}/reports/",
        "choices": f"{settings.PUBLIC_URL}/summaries/",
        "stop": stop,
    }
    headers = {"List-Unsubscribe": f"<{stop}>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
    if attachment is not None:
        return write_report(attachment, values, headers)
    subject, text, html = (
        render_to_string(f"attribution/mail/digest{part}", values) for part in ("_subject.txt", "_text.txt", ".html")
    )
    return Letter("digest", subject, text, html, headers)


def _note_sent(clinic: ClinicFacts, row: DigestChoice, digest: Digest, now: datetime, *, is_mailed: bool) -> None:
    changes: dict[str, Any] = {"sent_of": digest.span.first, "leased_until": None}
    if is_mailed:
        changes["sent_at"] = now
    with as_clinic(clinic.id):
        _rows(row).update(**changes, due_at=next_due(digest.kind, now, clinic.zone))


def _rows(row: DigestChoice) -> Any:
    return DigestChoice.objects.filter(clinic_id=row.clinic_id, user_id=row.user_id, kind=row.kind)
