"""Summaries by e-mail: when they are due, of which days, what they say to whom, once, and never lost."""

import smtplib
import uuid
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.db import connection
from django.test.utils import CaptureQueriesContext

from attribution import services, tasks
from attribution.models import DigestChoice
from attribution.schedules import DigestKind, Span, next_due, span_before, span_of
from calls.locks import turn_lock
from tenants.domain import Role
from tenants.events import SYSTEM
from tenants.mail import Letter, send_letter
from tenants.models import Membership, User
from tenants.scope import as_clinic
from tenants.services import add_member, remove_member
from tests.attribution.clinics import BRAMBLE, Desk, make_desk

LONDON, KATHMANDU = ZoneInfo("Europe/London"), ZoneInfo("Asia/Kathmandu")
DAILY, WEEKLY, MONTHLY = DigestKind.DAILY, DigestKind.WEEKLY, DigestKind.MONTHLY
EIGHT = datetime(2026, 7, 1, 7, 0, tzinfo=UTC)  # a Wednesday and the 1st, 8:00 in London


@pytest.mark.parametrize(
    ("kind", "now", "due"),
    [
        (DAILY, "2026-03-28T12:00", "2026-03-29T07:00"),  # the clocks went forward that night
        (DAILY, "2026-03-27T12:00", "2026-03-28T08:00"),
        (DAILY, "2026-10-24T12:00", "2026-10-25T08:00"),  # and back
        (DAILY, "2026-10-24T06:59", "2026-10-24T07:00"),
        (DAILY, "2026-07-01T07:00", "2026-07-02T07:00"),  # at the moment itself: the next one
        (WEEKLY, "2026-07-01T12:00", "2026-07-06T07:00"),
        (MONTHLY, "2026-07-01T06:00", "2026-07-01T07:00"),
        (MONTHLY, "2026-07-01T07:00", "2026-08-01T07:00"),
        (MONTHLY, "2026-12-15T00:00", "2027-01-01T08:00"),
    ],
)
def test_it_is_eight_on_the_clinics_clock(kind: DigestKind, now: str, due: str) -> None:
    at = next_due(kind, datetime.fromisoformat(now).replace(tzinfo=UTC), LONDON)
    assert at.astimezone(UTC).isoformat()[:16] == due


def test_a_zone_with_odd_minutes() -> None:
    assert next_due(DAILY, EIGHT, KATHMANDU).astimezone(UTC).isoformat()[11:16] == "02:15"


@pytest.mark.parametrize(
    ("kind", "first", "last", "before"),
    [
        (DAILY, date(2026, 6, 30), date(2026, 6, 30), date(2026, 6, 29)),
        (WEEKLY, date(2026, 6, 22), date(2026, 6, 28), date(2026, 6, 15)),
        (MONTHLY, date(2026, 6, 1), date(2026, 6, 30), date(2026, 5, 1)),
    ],
)
def test_it_is_of_the_last_whole_days(kind: DigestKind, first: date, last: date, before: date) -> None:
    span = span_of(kind, EIGHT, LONDON)
    assert span == Span(first, last)
    assert span_before(kind, span).first == before
    assert span_before(kind, span).last == first - timedelta(days=1)


@pytest.fixture
def desk(db: None) -> Desk:
    return open_desk()


def open_desk() -> Desk:
    """Alice wants a summary each morning; yesterday one caller was missed and won back, another one waits."""
    desk = make_desk(now=EIGHT)
    choose(desk, alice(desk), DAILY, at=EIGHT - timedelta(hours=12))
    yesterday = EIGHT - timedelta(hours=20)
    desk.call(yesterday)
    desk.call_back(yesterday + timedelta(minutes=10))
    desk.book(yesterday + timedelta(minutes=20), value="85.00")
    desk.call(yesterday + timedelta(hours=1), BRAMBLE)
    desk.attribute()
    return desk


def alice(desk: Desk) -> User:
    return User.objects.get(email=f"alice@{desk.clinic.slug}.example")


def member(desk: Desk, role: Role) -> User:
    email = f"{role.value}-{uuid.uuid4().hex[:6]}@{desk.clinic.slug}.example"
    add_member(clinic_id=desk.clinic.id, email=email, role=role)
    return User.objects.get(email=email)


def choose(desk: Desk, user: User, *kinds: DigestKind, at: datetime) -> None:
    services.choose_digests(clinic_id=desk.clinic.id, user_id=user.id, kinds=kinds, now=at, actor=SYSTEM)


def post(desk: Desk, at: datetime = EIGHT) -> int:
    return services.mail_digests(clinic_id=desk.clinic.id, now=at)


def rows(desk: Desk) -> list[DigestChoice]:
    with as_clinic(desk.clinic.id):
        return list(DigestChoice.objects.order_by("kind"))


def html_of(letter: Any) -> str:
    [(content, kind)] = letter.alternatives
    assert kind == "text/html"
    return str(content)


def test_it_says_what_yesterday_was(desk: Desk) -> None:
    assert post(desk) == 1
    [letter] = mail.outbox
    assert letter.to == [alice(desk).email]
    assert letter.subject == "Bright Smile, Tuesday 30 June 2026: 2 missed, 1 still waiting"
    for line in ("1 caller still waits", "Missed calls: 2 (before: 0)", "Called back: 1 (50 %)", "£85", "/worklist/"):
        assert line in str(letter.body).replace("\u00a0", " "), letter.body
    html = html_of(letter)
    assert "£85" in html
    assert "<img" not in html
    assert "src=" not in html


def test_nothing_of_a_caller_is_in_it(desk: Desk) -> None:
    post(desk)
    sent = mail.outbox[0].message().as_string()
    for row in desk.opportunities():
        assert str(row.caller) not in sent
        assert str(row.id) not in sent


def test_the_front_desk_gets_no_money(desk: Desk) -> None:
    bob = member(desk, Role.RECEPTIONIST)
    choose(desk, bob, DAILY, at=EIGHT - timedelta(hours=1))
    assert post(desk) == 2
    [letter] = [one for one in mail.outbox if one.to == [bob.email]]
    sent = letter.message().as_string()
    assert "Missed calls" in sent
    for word in ("£", "=C2=A3", "85", "evenue", "ecovered", "before:"):
        assert word not in str(letter.body), word
        assert word not in html_of(letter), word


def test_it_is_not_sent_before_eight_and_not_twice(desk: Desk) -> None:
    assert post(desk, EIGHT - timedelta(seconds=1)) == 0
    assert [post(desk), post(desk), post(desk, EIGHT + timedelta(hours=5))] == [1, 0, 0]
    assert post(desk, EIGHT + timedelta(days=1)) == 1


def test_after_a_night_without_power_each_day_is_still_sent_once(desk: Desk) -> None:
    """Sent late, past midnight, it is of the day that is over then, and the morning does not repeat it."""
    late = EIGHT + timedelta(hours=17)
    assert post(desk, late) == 1
    assert "Wednesday 1 July" in mail.outbox[0].subject
    assert post(desk, EIGHT + timedelta(days=1)) == 0
    assert post(desk, EIGHT + timedelta(days=2)) == 1


def test_choosing_again_does_not_send_it_again(desk: Desk) -> None:
    post(desk)
    choose(desk, alice(desk), at=EIGHT + timedelta(minutes=1))
    choose(desk, alice(desk), DAILY, at=EIGHT + timedelta(minutes=2))
    assert post(desk, EIGHT + timedelta(minutes=3)) == 0


def test_a_mail_that_fails_comes_later_and_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any) -> int:
        raise smtplib.SMTPServerDisconnected

    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", refuse)
        assert post(desk) == 0
        assert post(desk, EIGHT + timedelta(minutes=1)) == 0  # rests
    assert [post(desk, EIGHT + timedelta(minutes=minutes)) for minutes in (4, 6, 12)] == [0, 1, 0]
    assert "Tuesday 30 June" in mail.outbox[0].subject


def test_one_address_that_breaks_keeps_nobody_waiting(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(2):
        choose(desk, member(desk, Role.MANAGER), DAILY, at=EIGHT - timedelta(hours=1))
    real = EmailBackend.send_messages

    def send(self: EmailBackend, letters: Any) -> int:
        if letters[0].to[0].startswith("alice"):
            raise ValueError("an address that nobody can write to")
        return int(real(self, letters))

    monkeypatch.setattr(EmailBackend, "send_messages", send)
    assert post(desk) == 2


def test_who_has_left_and_closed_accounts_get_nothing(desk: Desk) -> None:
    gone, closed = member(desk, Role.MANAGER), member(desk, Role.MANAGER)
    for user in (gone, closed):
        choose(desk, user, DAILY, at=EIGHT - timedelta(hours=1))
    remove_member(clinic_id=desk.clinic.id, user_id=gone.id, now=EIGHT, actor=SYSTEM)
    User.objects.filter(pk=closed.pk).update(is_active=False)
    assert post(desk) == 1
    assert [letter.to for letter in mail.outbox] == [[alice(desk).email]]
    assert [row.user_id for row in rows(desk)] == [alice(desk).id]


def test_a_role_that_was_taken_away_counts_at_sending(desk: Desk) -> None:
    with as_clinic(desk.clinic.id):
        Membership.objects.filter(user=alice(desk)).update(role=Role.RECEPTIONIST)
    post(desk)
    assert "evenue" not in mail.outbox[0].body


def test_a_day_on_which_nothing_could_happen_is_not_mailed(desk: Desk) -> None:
    sunday = datetime(2026, 7, 5, 7, tzinfo=UTC)  # about Saturday
    post(desk, datetime(2026, 7, 4, 7, tzinfo=UTC))
    assert len(mail.outbox) == 1  # Friday was open, though nobody rang
    assert post(desk, sunday) == 0
    desk.now = sunday + timedelta(days=1)
    desk.call(sunday + timedelta(hours=4))  # on a Sunday
    desk.attribute()
    assert post(desk, sunday + timedelta(days=1)) == 1


def test_weekly_and_monthly_ones_have_their_days(desk: Desk) -> None:
    choose(desk, alice(desk), WEEKLY, MONTHLY, at=EIGHT - timedelta(hours=1))
    assert post(desk) == 1
    assert mail.outbox[0].subject.startswith("Bright Smile, June 2026")
    assert post(desk, EIGHT + timedelta(days=5)) == 1
    assert "week from" in mail.outbox[1].subject


def test_the_links_in_it_end_one_kind(desk: Desk) -> None:
    choose(desk, alice(desk), DAILY, WEEKLY, at=EIGHT - timedelta(hours=1))
    post(desk)
    headers = mail.outbox[0].extra_headers
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    token = headers["List-Unsubscribe"].strip("<>").rstrip("/").rpartition("/")[2]
    services.stop_digest(token=token)
    services.stop_digest(token=token)
    assert [row.kind for row in rows(desk)] == ["weekly"]
    for wrong in (token[:-1], token + "x", "x", ""):
        with pytest.raises(services.BadStopLink):
            services.stop_digest(token=wrong)


def test_summaries_follow_the_clinics_zone(desk: Desk) -> None:
    desk.set(timezone="America/New_York")
    services.recount_open_days(clinic_id=desk.clinic.id, now=EIGHT - timedelta(hours=1))
    assert [row.due_at for row in rows(desk)] == [EIGHT + timedelta(hours=5)]


def test_the_sweep_mails_what_is_due(desk: Desk) -> None:
    with time_machine.travel(EIGHT, tick=False):
        tasks.send_digests()
        tasks.send_digests()
    assert len(mail.outbox) == 1


def test_while_a_worker_mails_the_next_one_does_not(desk: Desk) -> None:
    """Or a slow mail server would keep all workers busy."""
    with time_machine.travel(EIGHT, tick=False):
        with turn_lock("summaries"):
            tasks.send_digests()
            assert mail.outbox == []
        tasks.send_digests()
    assert len(mail.outbox) == 1


def test_when_nothing_is_due_many_clinics_cost_no_more_than_one(desk: Desk) -> None:
    def count() -> int:
        with time_machine.travel(EIGHT - timedelta(hours=3), tick=False), CaptureQueriesContext(connection) as seen:
            tasks.send_digests()
        return len(seen)

    alone = count()
    for _ in range(5):
        other = make_desk(now=EIGHT)
        choose(other, alice(other), DAILY, at=EIGHT - timedelta(hours=12))
    assert count() == alone <= 10


@pytest.mark.django_db
def test_a_slow_mail_server_makes_nobody_get_a_mail_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    """While the first mail goes out another worker comes by, when a lease of all four would have run out."""
    desk = open_desk()
    for _ in range(3):
        choose(desk, member(desk, Role.RECEPTIONIST), DAILY, at=EIGHT - timedelta(hours=1))
    real = send_letter
    sent: list[str] = []

    def send_slowly(letter: Letter, *, to: str) -> bool:
        sent.append(to)
        if len(sent) == 1:
            services.mail_digests(clinic_id=desk.clinic.id, now=EIGHT + services.digests.LEASE - timedelta(seconds=1))
        return real(letter, to=to)

    monkeypatch.setattr("attribution.services.digests.send_letter", send_slowly)
    services.mail_digests(clinic_id=desk.clinic.id, now=EIGHT)
    assert len(sent) == len(set(sent)) >= 3
