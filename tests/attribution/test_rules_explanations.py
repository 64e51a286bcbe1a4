"""The sentence that explains a verdict or an opportunity, for every reason and every status."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from attribution.domain import ContactKind, DismissReason, OpportunityStatus, Reason, ValueSource
from attribution.explanations import (
    Price,
    Story,
    explain_appointment,
    explain_opportunity,
    format_money,
    format_price,
    format_talk,
)

LONDON = ZoneInfo("Europe/London")
MON = datetime(2026, 11, 2, 17, 42, tzinfo=LONDON)
TUE = datetime(2026, 11, 3, 9, 5, tzinfo=LONDON)
BOOKED = TUE + timedelta(minutes=2)
S = OpportunityStatus

MISSED = Story(S.OPEN, opened_at=MON, last_missed_at=MON, attempts=1)
TRIED = replace(MISSED, status=S.ATTEMPTED, called_back_at=TUE)
REACHED = replace(TRIED, status=S.REACHED, contact_at=TUE, contact_kind=ContactKind.CALLBACK, contact_talk_seconds=185)
RECOVERED = replace(REACHED, status=S.RECOVERED, attempts=2, booked_at=BOOKED, closed_at=BOOKED)
RANG_BACK = replace(
    MISSED, status=S.REACHED, contact_at=TUE, contact_kind=ContactKind.CALLER_RETURNED, contact_talk_seconds=45
)
RETURNED = replace(RANG_BACK, status=S.RETURNED, booked_at=BOOKED, closed_at=BOOKED)
ELSEWHERE = replace(MISSED, status=S.BOOKED_ELSEWHERE, booked_at=BOOKED, closed_at=BOOKED)
ESTIMATE = Price(Decimal(85), "GBP", ValueSource.TYPE_ESTIMATE, "New patient exam")


def test_the_sentence_of_the_specification() -> None:
    assert explain_appointment(Reason.CALLBACK, BOOKED, RECOVERED, ESTIMATE) == (
        "Missed Mon 17:42 (2 attempts), called back Tue 09:05, spoke 3 min, booked Tue 09:07: "
        "£85 (estimate for New patient exam)"
    )


@pytest.mark.parametrize(
    ("reason", "story", "price", "sentence"),
    [
        (Reason.CALLBACK, None, ESTIMATE, "Booked Tue 3 Nov, 09:07 after a callback that reached the caller"),
        (
            Reason.CALLER_RETURNED,
            replace(RETURNED, status=S.RECOVERED),
            Price(Decimal("85.5"), "EUR", ValueSource.APPOINTMENT),
            "Missed Mon 17:42, the caller rang back Tue 09:05, spoke 45 s, booked Tue 09:07: €85.50",
        ),
        (
            Reason.CALLER_RETURNED,
            RETURNED,
            None,
            "Missed Mon 17:42, the caller rang back Tue 09:05, spoke 45 s, booked Tue 09:07: "
            "not counted, the caller rang back unprompted",
        ),
        (
            Reason.CALLER_RETURNED,
            replace(RETURNED, called_back_at=MON + timedelta(days=20)),  # is not named, and so is not in another week
            None,
            "Missed Mon 17:42, the caller rang back Tue 09:05, spoke 45 s, booked Tue 09:07: "
            "not counted, the caller rang back unprompted",
        ),
        (Reason.CALLER_RETURNED, None, None, "Booked Tue 3 Nov, 09:07 after the caller had rung back"),
        (
            Reason.NO_CONTACT,
            ELSEWHERE,
            None,
            "Missed Mon 17:42, booked Tue 09:07: not counted, nobody had spoken to the caller",
        ),
        (
            Reason.NO_CONTACT,
            replace(ELSEWHERE, called_back_at=TUE),
            None,
            "Missed Mon 17:42, called back Tue 09:05, booked Tue 09:07: not counted, nobody had spoken to the caller",
        ),
        (
            Reason.NO_CONTACT,
            replace(RECOVERED, status=S.BOOKED_ELSEWHERE),
            None,
            "Missed Mon 17:42 (2 attempts), called back Tue 09:05, spoke 3 min, booked Tue 09:07: "
            "not counted, the conversation was too long ago",
        ),
        (
            Reason.NO_CONTACT,
            None,
            None,
            "Booked Tue 3 Nov, 09:07: not counted, nobody had spoken to the caller in time",
        ),
        (Reason.CANCELLED, None, None, "Booked Tue 3 Nov, 09:07 and cancelled: not counted"),
        (Reason.CANCELLED, RECOVERED, None, "Booked Tue 3 Nov, 09:07 and cancelled: not counted"),
        (
            Reason.WITHHELD,
            None,
            None,
            "Booked Tue 3 Nov, 09:07 without a phone number: not counted, it cannot be matched to a call",
        ),
        (
            Reason.WINDOW_ELAPSED,
            MISSED,
            None,
            "Booked Tue 09:07: not counted, the time to win back the missed call of Mon 17:42 was over",
        ),
        (
            Reason.WINDOW_ELAPSED,
            None,
            None,
            "Booked Tue 3 Nov, 09:07: not counted, the time to win back their last missed call was over",
        ),
        (
            Reason.ALREADY_RECOVERED,
            replace(MISSED, opened_at=MON - timedelta(days=3)),
            None,
            "Booked Tue 3 Nov, 09:07: not counted, an earlier appointment had already answered "
            "the missed call of Fri 30 Oct, 17:42",
        ),
        (
            Reason.ALREADY_RECOVERED,
            None,
            None,
            "Booked Tue 3 Nov, 09:07: not counted, an earlier appointment had already answered their last missed call",
        ),
        (
            Reason.NO_MISSED_CALL,
            None,
            None,
            "Booked Tue 3 Nov, 09:07: not counted, no missed call of this caller was waiting",
        ),
    ],
)
def test_an_appointment_is_explained(reason: Reason, story: Story | None, price: Price | None, sentence: str) -> None:
    assert explain_appointment(reason, BOOKED, story, price) == sentence


@pytest.mark.parametrize("reason", Reason)
@pytest.mark.parametrize("story", [None, RECOVERED])
def test_every_reason_has_a_sentence(reason: Reason, story: Story | None) -> None:
    assert "09:07" in explain_appointment(reason, BOOKED, story, ESTIMATE)


WED = TUE + timedelta(days=1)


@pytest.mark.parametrize(
    ("story", "sentence"),
    [
        (MISSED, "Missed Mon 2 Nov, 17:42, nobody has called back yet"),
        (
            replace(MISSED, attempts=3, last_missed_at=TUE),
            "Missed Mon 2 Nov, 17:42 (3 attempts), nobody has called back yet",
        ),
        (TRIED, "Missed Mon 17:42, called back Tue 09:05, not reached yet"),
        (REACHED, "Missed Mon 17:42, called back Tue 09:05, spoke 3 min, not booked yet"),
        (
            replace(REACHED, contact_talk_seconds=None),
            "Missed Mon 17:42, called back Tue 09:05, reached, not booked yet",
        ),
        (
            replace(REACHED, contact_at=WED),
            "Missed Mon 17:42, called back Tue 09:05, spoke Wed 09:05 for 3 min, not booked yet",
        ),
        (
            replace(REACHED, contact_at=WED, contact_talk_seconds=None),
            "Missed Mon 17:42, called back Tue 09:05, reached Wed 09:05, not booked yet",
        ),
        (RANG_BACK, "Missed Mon 17:42, the caller rang back Tue 09:05, spoke 45 s, not booked yet"),
        (
            replace(REACHED, status=S.ATTEMPTED, attempts=2, last_missed_at=WED),
            "Missed Mon 17:42 (2 attempts), called back Tue 09:05, spoke 3 min, missed again Wed 09:05, waiting",
        ),
        (
            replace(RANG_BACK, status=S.OPEN, attempts=2, last_missed_at=WED),
            "Missed Mon 17:42 (2 attempts), the caller rang back Tue 09:05, spoke 45 s, "
            "missed again Wed 09:05, waiting",
        ),
        (RECOVERED, "Missed Mon 17:42 (2 attempts), called back Tue 09:05, spoke 3 min, booked Tue 09:07: recovered"),
        (
            replace(MISSED, status=S.LAPSED, closed_at=WED),
            "Missed Mon 17:42, lapsed Wed 09:05 and nobody called back",
        ),
        (
            replace(TRIED, status=S.LAPSED, closed_at=WED),
            "Missed Mon 17:42, called back Tue 09:05, lapsed Wed 09:05 without being reached",
        ),
        (
            replace(REACHED, status=S.LAPSED, closed_at=TUE + timedelta(days=7)),
            "Missed Mon 2 Nov, 17:42, called back Tue 3 Nov, 09:05, spoke 3 min, "
            "lapsed Tue 10 Nov, 09:05 without a booking",
        ),
        *(
            (
                replace(MISSED, status=S.DISMISSED, closed_at=TUE, dismiss_reason=why),
                f"Missed Mon 17:42, dismissed Tue 09:05{words}",
            )
            for why, words in [
                (DismissReason.SPAM, " as spam"),
                (DismissReason.WRONG_NUMBER, " as a wrong number"),
                (DismissReason.SUPPLIER, " as a supplier"),
                (DismissReason.EXISTING_BOOKING, ", because there was a booking already"),
                (DismissReason.OTHER, ""),
                (None, ""),
            ]
        ),
    ],
)
def test_an_opportunity_is_explained(story: Story, sentence: str) -> None:
    assert explain_opportunity(story) == sentence


@pytest.mark.parametrize(
    ("missed_at", "booked_at", "sentence"),
    [
        # Monday and Sunday of one week, six days apart.
        ("2026-11-02 00:00", "2026-11-08 23:59", "Missed Mon 00:00, booked Sun 23:59"),
        # Sunday and Monday are of two weeks.
        ("2026-11-01 23:59", "2026-11-02 00:00", "Missed Sun 1 Nov, 23:59, booked Mon 2 Nov, 00:00"),
        # The same weekday, one week apart; the same week of two years.
        ("2026-11-02 09:00", "2026-11-09 09:00", "Missed Mon 2 Nov, 09:00, booked Mon 9 Nov, 09:00"),
        ("2025-11-04 09:00", "2026-11-04 09:00", "Missed Tue 4 Nov, 09:00, booked Wed 4 Nov, 09:00"),
        # One week across New Year.
        ("2026-12-31 09:00", "2027-01-01 09:00", "Missed Thu 09:00, booked Fri 09:00"),
    ],
)
def test_dates_are_named_where_weekdays_are_not_enough(missed_at: str, booked_at: str, sentence: str) -> None:
    opened, booked = (datetime.fromisoformat(text).replace(tzinfo=LONDON) for text in (missed_at, booked_at))
    story = Story(S.BOOKED_ELSEWHERE, opened, opened, 1, booked_at=booked, closed_at=booked)
    assert explain_opportunity(story) == f"{sentence}: not counted, nobody had spoken to the caller"


@pytest.mark.parametrize(
    ("value", "currency", "text"),
    [
        ("85", "GBP", "£85"),
        ("85.00", "GBP", "£85"),
        ("85.5", "GBP", "£85.50"),
        ("85.55", "EUR", "€85.55"),
        ("1250", "USD", "$1,250"),
        ("1234567.8", "USD", "$1,234,567.80"),
        ("0", "GBP", "£0"),
        ("85", "CHF", "CHF 85"),
        ("85.5", "AUD", "AUD 85.50"),
        ("-5", "GBP", "-£5"),
        ("-5.25", "CHF", "-CHF 5.25"),
        ("1E+3", "GBP", "£1,000"),
    ],
)
def test_money_is_written_without_a_locale(value: str, currency: str, text: str) -> None:
    assert format_money(Decimal(value), currency) == text


@pytest.mark.parametrize(
    ("source", "label", "text"),
    [
        (ValueSource.APPOINTMENT, "Hygiene", "£85"),
        (ValueSource.TYPE_ESTIMATE, "Hygiene", "£85 (estimate for Hygiene)"),
        (ValueSource.TYPE_ESTIMATE, "", "£85 (estimate for its type)"),
        (ValueSource.CLINIC_DEFAULT, "", "£85 (the clinic's default estimate)"),
        (ValueSource.CLINIC_DEFAULT, "Hygiene", "£85 (the clinic's default estimate)"),
    ],
)
def test_an_estimate_says_that_it_is_one(source: ValueSource, label: str, text: str) -> None:
    assert format_price(Price(Decimal(85), "GBP", source, label)) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59, "59 s"),
        (60, "1 min"),
        (89, "1 min"),
        (90, "2 min"),
        (185, "3 min"),
        (3569, "59 min"),
        (3570, "1 h"),
        (3600, "1 h"),
        (3900, "1 h 5 min"),
    ],
)
def test_a_conversation_is_as_long_as_people_say(seconds: int, text: str) -> None:
    assert format_talk(seconds) == text
