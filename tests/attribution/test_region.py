"""British and American pages: each clinic reads its own words, days, hours and money, on every page and in mails."""

import html
import re
import uuid
from collections.abc import Iterator
from datetime import date, time, timedelta

import pytest
import time_machine
from django.core import mail
from django.test import Client
from django.urls import reverse

from attribution.domain import ActionKind, AppointmentStatus, ContactKind, OpportunityStatus
from attribution.explanations import Story, explain_opportunity
from attribution.models import DigestChoice
from attribution.schedules import DigestKind
from attribution.services import mail_digests
from attribution.spans import SpanKind, span_of, span_words
from calls.domain import Outcome
from tenants.english import AMERICAN, BRITISH, BRITISH_ONLY, MONTHS, english_of, language_tag
from tenants.language import current_english, in_language_of
from tenants.models import User
from tenants.scope import as_clinic
from tests.attribution.clinics import AMBER, BRAMBLE, COPPER, NOW, Desk, ago, make_desk

pytestmark = pytest.mark.django_db
STATES = {"region": "US", "currency": "USD", "timezone": "America/New_York"}
PAGES = (
    "dashboard", "worklist", "calls", "appointments", "opportunities", "search", "about", "summaries", "reports",
    "settings_clinic", "settings_clinic_change", "settings_hours", "settings_hours_change", "settings_rules",
    "settings_values", "settings_values_add", "settings_goals", "settings_connections", "settings_bookings",
    "settings_webhooks", "settings_import", "settings_people", "settings_keys", "settings_security", "settings_audit",
    "start",
)  # fmt: skip
AMERICAN_ONLY = ("canceled", "called back unprompted", "license", "organization", "cell phone", "color", "a.m.", "p.m.")
DAY_CLOCK = re.compile(r"(?<![\d:])(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?![\d:])(?!\s*[AP]M)")
HALF_DAYS = re.compile(r"\d\s*[AP]M\b")
MONTH = f"(?:{'|'.join([*MONTHS, *(name[:3] for name in MONTHS)])})"
BRITISH_DAY = re.compile(rf"\b\d{{1,2}} {MONTH}\b")
AMERICAN_DAY = re.compile(rf"\b{MONTH} \d{{1,2}}\b")


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def make_busy(**fields: str) -> Desk:
    """A clinic in which everything has happened that has a word of its own."""
    desk = make_desk()
    desk.set(**fields)
    for hours, caller in ((29, AMBER), (5, BRAMBLE), (4, COPPER)):
        desk.call(ago(hours=hours), caller, line="New patients")
    desk.call_back(ago(hours=28), AMBER)
    desk.book(ago(hours=27), AMBER, key="WON")
    desk.call(ago(hours=3), BRAMBLE, Outcome.ANSWERED, talk_seconds=90)
    desk.book(ago(hours=2), BRAMBLE, key="LOST")
    desk.book(ago(hours=1), uuid.uuid5(uuid.NAMESPACE_DNS, "gone"), key="GONE", status=AppointmentStatus.CANCELLED)
    desk.act(ago(hours=1), COPPER, ActionKind.CALLED_BACK, False, "")
    desk.attribute()
    return desk


def sign_in(desk: Desk) -> Client:
    client = Client()
    client.force_login(User.objects.get(email=f"alice@{desk.clinic.slug}.example"))
    return client


def visible(page: str) -> str:
    """What is read on a page, titles and labels of its elements included."""
    body = re.sub(r"<(script|style|code|pre)\b.*?</\1>", " ", page, flags=re.DOTALL)
    said = re.findall(r'\b(?:title|aria-label|placeholder)="([^"]*)"', body)
    return html.unescape(" ".join([re.sub(r"<[^>]+>", " ", body), *said])).replace("\u00a0", " ")


def read(client: Client, path: str) -> tuple[str, str]:
    response = client.get(path)
    assert response.status_code == 200, path
    page = response.content.decode()
    return page, visible(page)


def paths(desk: Desk) -> list[str]:
    return [*map(reverse, PAGES), reverse("caller", args=[AMBER]), reverse("caller", args=[BRAMBLE])]


def foreign(words: tuple[str, ...], text: str) -> list[str]:
    return [word for word in words if re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE)]


def test_an_american_clinic_reads_no_british_word_day_or_hour() -> None:
    desk = make_busy(**STATES)
    client, faults = sign_in(desk), []
    for path in paths(desk):
        page, text = read(client, path)
        said = [*foreign(BRITISH_ONLY, text), *DAY_CLOCK.findall(text), *BRITISH_DAY.findall(text)]
        said += [sign for sign in ("£", 'lang="en-GB"') if sign in text + page]
        faults += [f"{path}: {one}" for one in said]
    assert faults == []


def test_a_british_clinic_reads_no_american_word_day_or_hour() -> None:
    desk = make_busy()
    client, faults = sign_in(desk), []
    for path in paths(desk):
        page, text = read(client, path)
        said = [*foreign(AMERICAN_ONLY, text), *HALF_DAYS.findall(text), *AMERICAN_DAY.findall(text)]
        said += [sign for sign in ("$", 'lang="en-US"') if sign in text + page]
        faults += [f"{path}: {one}" for one in said]
    assert faults == []


def test_the_same_moments_look_as_each_is_used_to() -> None:
    british, american = make_busy(timezone="UTC"), make_desk("oak-street")
    american.set(region="US", currency="USD", timezone="UTC")
    american.call(ago(hours=29), AMBER)
    american.attribute()
    ours, theirs = (read(sign_in(desk), f"/callers/{AMBER}/")[1] for desk in (british, american))
    assert "Sun 22 Nov" in ours and "07:00" in ours
    assert "Sun, Nov 22" in theirs and "7:00 AM" in theirs


def test_the_api_says_the_same_everywhere() -> None:
    """Its doors open no language: programs read their sentences."""
    desk = make_busy(**STATES)
    assert current_english() is BRITISH
    with in_language_of(desk.clinic):
        assert current_english() is AMERICAN
    assert current_english() is BRITISH


def test_a_summary_by_mail_is_in_the_clinics_english() -> None:
    desk = make_busy(**STATES)
    with as_clinic(desk.clinic.id):
        user = User.objects.get(email=f"alice@{desk.clinic.slug}.example")
        DigestChoice.objects.create(
            clinic_id=desk.clinic.id, user=user, kind=DigestKind.DAILY, due_at=NOW, chosen_at=NOW
        )
    mail_digests(clinic_id=desk.clinic.id, now=NOW)
    [sent] = mail.outbox
    assert "Sunday, November 22, 2026" in sent.body and "$" in sent.body
    assert foreign(BRITISH_ONLY, f"{sent.subject}{sent.body}") == []


@pytest.mark.parametrize(
    ("region", "english", "tag"),
    [("GB", BRITISH, "en-GB"), ("US", AMERICAN, "en-US"), ("PR", AMERICAN, "en-GB"), ("IE", BRITISH, "en-IE"),
     ("DE", BRITISH, "en-GB")],
)  # fmt: skip
def test_a_region_has_one_english(region: str, english: object, tag: str) -> None:
    assert (english_of(region), language_tag(region)) == (english, tag)


@pytest.mark.parametrize(
    ("hour", "british", "american"),
    [(0, "0–1", "12–1 AM"), (8, "8–9", "8–9 AM"), (11, "11–12", "11 AM–12 PM"), (12, "12–13", "12–1 PM"),
     (23, "23–24", "11 PM–12 AM")],
)  # fmt: skip
def test_hours_of_the_heat_map(hour: int, british: str, american: str) -> None:
    assert BRITISH.hour_span(hour) == british
    assert AMERICAN.hour_span(hour).replace("\u00a0", " ") == american


@pytest.mark.parametrize(("hour", "shown"), [(0, "12:05 AM"), (9, "9:05 AM"), (12, "12:05 PM"), (23, "11:05 PM")])
def test_midnight_and_noon_are_twelve(hour: int, shown: str) -> None:
    assert AMERICAN.clock(time(hour, 5)).replace("\u00a0", " ") == shown


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        ("2026-11-16", "2026-11-22", "November 16 to 22, 2026"),
        ("2026-10-30", "2026-11-02", "October 30 to November 2, 2026"),
        ("2025-12-29", "2026-01-04", "December 29, 2025 to January 4, 2026"),
        ("2026-11-02", "2026-11-02", "November 2, 2026"),
    ],
)
def test_spans_in_american(first: str, last: str, shown: str) -> None:
    assert AMERICAN.days(date.fromisoformat(first), date.fromisoformat(last)) == shown


def test_a_week_is_named_alike_but_written_otherwise() -> None:
    week = span_of(SpanKind.WEEK, NOW.date())
    assert span_words(week) == "23 to 29 November 2026"
    assert span_words(week, AMERICAN) == "November 23 to 29, 2026"


def test_an_explanation_in_american() -> None:
    story = Story(
        OpportunityStatus.RETURNED, opened_at=NOW, last_missed_at=NOW, attempts=2,
        contact_at=NOW + timedelta(hours=5), contact_kind=ContactKind.CALLER_RETURNED, contact_talk_seconds=90,
        booked_at=NOW + timedelta(hours=6),
    )  # fmt: skip
    said = explain_opportunity(story, english=AMERICAN).replace("\u00a0", " ")
    assert said == (
        "Missed Mon 12:00 PM (2 attempts), the caller called back Mon 5:00 PM, spoke 2 min, booked Mon 6:00 PM:"
        " not counted, the caller called back unprompted"
    )


def test_what_was_typed_is_never_translated() -> None:
    desk = make_busy(**STATES)
    desk.set(name="Colour Centre")
    assert "Colour Centre" in read(sign_in(desk), "/worklist/")[1]
