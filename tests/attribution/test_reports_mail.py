"""The report by e-mail on the 1st: to those who want it and may see figures, once a month, with the PDF."""

import io
import smtplib
from datetime import UTC, date, datetime, timedelta

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from pypdf import PdfReader

from attribution import services
from attribution.models import DigestChoice
from attribution.reports import Report, report_pdf
from attribution.schedules import DigestKind, next_due
from attribution.services import report_mail
from tenants.domain import Role
from tenants.events import SYSTEM
from tenants.models import Membership, User
from tenants.scope import as_clinic
from tenants.services import add_member
from tests.attribution.clinics import Desk, make_desk
from tests.attribution.test_worker import run_at_once
from tests.tenants.sign_in import client_with

EIGHT = datetime(2026, 11, 1, 8, tzinfo=UTC)  # the 1st, a week after the clocks went back
REPORT = DigestKind.REPORT


def open_desk() -> Desk:
    """Alice wants the report; a caller was won back in October."""
    desk = make_desk(now=EIGHT)
    choose(desk, alice(desk), EIGHT - timedelta(days=10))
    at = EIGHT - timedelta(days=4)
    desk.call(at)
    desk.call_back(at + timedelta(minutes=10))
    desk.book(at + timedelta(minutes=15), value=85)
    desk.attribute()
    return desk


@pytest.fixture
def desk(db: None) -> Desk:
    return open_desk()


def alice(desk: Desk) -> User:
    return User.objects.get(email=f"alice@{desk.clinic.slug}.example")


def choose(desk: Desk, user: User, at: datetime, *kinds: DigestKind) -> None:
    services.choose_digests(clinic_id=desk.clinic.id, user_id=user.id, kinds=kinds or [REPORT], now=at, actor=SYSTEM)


def post(desk: Desk, now: datetime = EIGHT) -> int:
    return services.mail_digests(clinic_id=desk.clinic.id, now=now)


def manager(desk: Desk) -> User:
    email = f"maria@{desk.clinic.slug}.example"
    add_member(clinic_id=desk.clinic.id, email=email, role=Role.MANAGER)
    return User.objects.get(email=email)


@pytest.mark.parametrize(
    ("now", "due"),
    [
        ("2026-03-20T12:00", "2026-04-01T07:00"),  # the clocks went forward on the 29th
        ("2026-10-20T12:00", "2026-11-01T08:00"),  # and back on the 25th
        ("2026-11-01T08:00", "2026-12-01T08:00"),
        ("2026-12-31T23:59", "2027-01-01T08:00"),
    ],
)
def test_it_is_due_on_the_first_at_eight_there(desk: Desk, now: str, due: str) -> None:
    at = next_due(REPORT, datetime.fromisoformat(now).replace(tzinfo=UTC), desk.clinic.zone)
    assert at.astimezone(UTC).isoformat()[:16] == due


def test_it_brings_the_pdf_of_the_month_that_is_over_once(desk: Desk) -> None:
    assert post(desk, EIGHT - timedelta(minutes=1)) == 0
    assert post(desk) == 1
    assert [post(desk, EIGHT + timedelta(days=days)) for days in (0, 1, 15, 29)] == [0, 0, 0, 0]
    [letter] = mail.outbox
    assert letter.to == [alice(desk).email]
    assert letter.subject == "Bright Smile: report for October 2026"
    assert "£85" in letter.body
    assert "List-Unsubscribe" in letter.extra_headers
    [(name, content, kind)] = letter.attachments
    assert (name, kind) == (f"{desk.clinic.slug}-2026-10.pdf", "application/pdf")
    assert isinstance(content, bytes)
    said = PdfReader(io.BytesIO(content)).pages[0].extract_text()
    assert "October 2026" in said
    assert "£85" in said
    assert "so far" not in said
    assert post(desk, EIGHT + timedelta(days=30)) == 1  # November's


def test_one_report_is_made_for_all_who_want_it(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Report] = []

    def watched(report: Report) -> bytes:
        made.append(report)
        return report_pdf(report)

    monkeypatch.setattr(report_mail, "report_pdf", watched)
    choose(desk, manager(desk), EIGHT - timedelta(days=1))
    assert post(desk) == 2
    assert len(made) == 1


def test_a_mail_that_did_not_go_out_is_tried_again_and_comes_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> int:
        raise smtplib.SMTPServerDisconnected

    with monkeypatch.context() as broken:
        broken.setattr(EmailBackend, "send_messages", fail)
        assert post(desk) == 0
    assert [post(desk, EIGHT + timedelta(minutes=minutes)) for minutes in (1, 6, 12)] == [0, 1, 0]


def test_who_may_not_see_figures_cannot_choose_it(desk: Desk) -> None:
    email = f"bob@{desk.clinic.slug}.example"
    add_member(clinic_id=desk.clinic.id, email=email, role=Role.RECEPTIONIST)
    with pytest.raises(services.NotForThisRole):
        choose(desk, User.objects.get(email=email), EIGHT)
    client = client_with(desk.clinic, Role.RECEPTIONIST)
    assert 'value="report"' not in client.get("/summaries/").content.decode()
    assert client.post("/summaries/", {"kinds": ["report"]}).status_code == 400
    auditor = client_with(desk.clinic, Role.AUDITOR)
    assert 'value="report"' in auditor.get("/summaries/").content.decode()
    assert auditor.post("/summaries/", {"kinds": ["report", "daily"]}).status_code == 303


def test_a_role_that_was_taken_away_gets_none(desk: Desk) -> None:
    with as_clinic(desk.clinic.id):
        Membership.objects.filter(user=alice(desk)).update(role=Role.RECEPTIONIST)
    assert post(desk) == 0
    assert not mail.outbox


def test_a_clinic_that_began_this_month_sends_none(db: None) -> None:
    desk = make_desk(now=EIGHT)
    desk.call(EIGHT - timedelta(hours=1))
    desk.attribute()
    choose(desk, alice(desk), EIGHT - timedelta(hours=2))
    assert [post(desk), post(desk, EIGHT + timedelta(days=1))] == [0, 0]
    assert post(desk, EIGHT + timedelta(days=30)) == 1


def test_it_comes_beside_the_monthly_summary(desk: Desk) -> None:
    choose(desk, alice(desk), EIGHT - timedelta(days=1), REPORT, DigestKind.MONTHLY)
    assert post(desk) == 2
    assert sorted(len(letter.attachments) for letter in mail.outbox) == [0, 1]


def test_two_workers_send_one_report(committed_db: None) -> None:
    desk = open_desk()
    assert sorted(int(str(sent)) for sent in run_at_once(*[lambda: post(desk)] * 4)) == [0, 0, 0, 1]
    assert len(mail.outbox) == 1
    with as_clinic(desk.clinic.id):
        assert DigestChoice.objects.get().sent_of == date(2026, 10, 1)
