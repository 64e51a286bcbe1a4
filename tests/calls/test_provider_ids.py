"""Which ids of phone systems are kept: only those that cannot hold a number, of calls of known callers."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from calls.domain import CallEvent, Direction, Outcome
from calls.hashing import contains_number
from calls.intake import record_events, storable_provider_id
from calls.models import Call
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic
from tests.calls.factories import make_clinic, stored_calls
from tests.calls.imported import take_in

NOW = timezone.now()
NUMBER = "+447700900123"
SID, SESSION = "CA" + "a1" * 16, "s-a0e16e61c511cz1935660a889zd0e85b0000"
CONNECTION = uuid.UUID("5f0e9a2e-0d3c-4f5e-9a51-6c1b3f0a4f0a")


def make(source: str, key: str | None, number: str | None = NUMBER, **more: Any) -> CallEvent:
    fields = {"call_key": key or "K", "provider_call_id": key, "outcome": Outcome.MISSED, **more}
    return CallEvent(
        source=source, direction=Direction.INBOUND, started_at=NOW - timedelta(hours=1), number=number, **fields
    )


@pytest.mark.parametrize(
    ("source", "identifier", "is_kept"),
    [
        ("twilio", SID, True),
        ("twilio", SID.upper(), False),
        ("twilio", SID[:-1], False),
        ("twilio", "PA" + "a1" * 16, False),
        ("twilio", "CA" + "7700900123".rjust(32, "a"), False),  # its form, and the caller's number
        ("twilio", "CA" + "447700900123".ljust(32, "0"), False),
        ("twilio", None, False),
        ("ringcentral", SESSION, True),
        ("ringcentral", "s-8f8125f1aeb944f486531c351a2f520e", True),
        ("ringcentral", "s-447700900123", False),
        ("ringcentral", "s-abc123-447700900123", False),
        ("ringcentral", "s-" + "a" * 70, False),
        ("aircall", "2894821033", True),
        ("aircall", "812", True),
        ("aircall", "900", False),  # a part of the number
        ("aircall", "7700900123", False),
        ("aircall", "447700900123", False),
        ("aircall", "97009001230", False),  # seven of its digits in a row
        ("aircall", "02079460018", False),  # somebody else's, with the zero in front or the country's code
        ("aircall", "442079460018", False),
        ("aircall", "12025550123", False),
        ("aircall", "1234567890123456789012", False),
        ("aircall", "٢٨٩٤٨٢١٠٣٣", False),
        ("dialpad", "2894821033", False),
        ("zoom", "6999999999999999999", False),
        ("csv", SID, False),
        ("api", SID, False),
    ],
)
def test_what_is_kept(source: str, identifier: str | None, is_kept: bool) -> None:
    kept = storable_provider_id(make(source, identifier), NUMBER)
    assert kept == (identifier if is_kept else None)


@pytest.mark.parametrize("source", ["twilio", "ringcentral", "aircall"])
def test_a_call_without_a_caller_has_no_id(source: str) -> None:
    assert (
        storable_provider_id(make(source, {"twilio": SID, "ringcentral": SESSION}.get(source, "2894821033")), "")
        is None
    )


@given(st.text("0123456789abcdefz-sCA", min_size=1, max_size=64), st.sampled_from(["twilio", "ringcentral", "aircall"]))
def test_nothing_that_is_kept_holds_the_number(identifier: str, source: str) -> None:
    kept = storable_provider_id(make(source, identifier), NUMBER)
    assert kept is None or (not contains_number(kept, NUMBER) and len(kept) <= 64)


def stored(clinic: ClinicFacts) -> list[tuple[uuid.UUID | None, str | None]]:
    return [(call.connection_id, call.provider_call_id) for call in stored_calls(clinic)]


@pytest.mark.django_db
@pytest.mark.parametrize("is_import", [False, True])
def test_the_first_that_is_known_is_kept(is_import: bool) -> None:
    clinic, other = make_clinic(NOW), uuid.uuid4()
    leg = make("twilio", None, None, call_key=SID, number_known=False)
    for event, connection_id in ((leg, None), (make("twilio", SID), CONNECTION), (make("twilio", SID), other)):
        if is_import:
            take_in(clinic, [event], NOW, connection_id=connection_id)
        else:
            record_events(clinic=clinic, events=[event], now=NOW, connection_id=connection_id)
    assert stored(clinic) == [(CONNECTION, SID)]


@pytest.mark.django_db
def test_what_is_told_again_by_a_list_of_calls_gets_its_id() -> None:
    """Calls that were known before the phone system could be asked; and nothing is written when nothing is new."""
    clinic = make_clinic(NOW)
    take_in(clinic, [make("twilio", None, call_key=SID)], NOW)
    assert stored(clinic) == [(None, None)]
    reports = [take_in(clinic, [make("twilio", SID)], NOW, connection_id=CONNECTION) for _ in range(2)]
    assert stored(clinic) == [(CONNECTION, SID)]
    assert [(report.merged, report.duplicate) for report in reports] == [(1, 0), (0, 1)]


@pytest.mark.django_db
def test_a_batch_keeps_the_ids_of_its_calls_apart() -> None:
    clinic = make_clinic(NOW)
    sids = [f"CA{place:032x}" for place in range(3)]
    events = [make("twilio", sids[0]), make("twilio", sids[1], "anonymous"), make("twilio", sids[2], "+447700900124")]
    take_in(clinic, [*events, make("csv", "C1")], NOW, connection_id=CONNECTION)
    with as_clinic(clinic.id):
        kept = set(Call.objects.values_list("provider_call_id", flat=True))
    assert kept == {sids[0], sids[2], None}
