"""A call that was told by webhooks, asked for, or both, is one and the same row."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlencode

import pytest
from django.utils import timezone

from calls.domain import Outcome, VerifiedBody
from calls.intake import record_events
from calls.models import Call
from calls.providers import LISTS_CALLS, PROVIDERS
from calls.pulls import PULLERS
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic
from tests.calls.factories import make_clinic, stored_calls
from tests.calls.phone_systems import PAYLOADS, TEN
from tests.calls.provider_apis import (
    AircallApi,
    Api,
    CallRailApi,
    Record,
    RingCentralApi,
    TwilioApi,
    ringcentral_record,
    twilio_leg,
    twilio_record,
)
from tests.calls.pulled import asking

pytestmark = pytest.mark.django_db
NOW = timezone.now().replace(microsecond=0)
AT = NOW - timedelta(hours=30)
LATER = AT - TEN  # by so much the payloads are older
PATIENT = "+447700900123"


def moved_aircall(name: str) -> dict[str, Any]:
    message = json.loads((PAYLOADS / "aircall" / f"{name}.json").read_bytes())
    for field in ("started_at", "answered_at", "ended_at"):
        if message["data"][field]:
            message["data"][field] += int(LATER.total_seconds())
    return message  # type: ignore[no-any-return]


def moved_callrail(name: str) -> dict[str, Any]:
    message = json.loads((PAYLOADS / "callrail" / f"{name}.json").read_bytes())
    message["start_time"] = (datetime.fromisoformat(message["start_time"]) + LATER).isoformat()
    return message  # type: ignore[no-any-return]


AIRCALL = ("answered_ended", "missed", "voicemail", "abandoned", "withheld", "outbound", "outbound_missed", "transfer")
CALLRAIL = ("answered", "missed", "voicemail", "abandoned", "withheld", "outbound", "outbound_missed")


def twilio_message(record: Record) -> bytes:
    """What Twilio says by webhook of a record of its list, when the leg has ended."""
    end = AT_OF[record["sid"]] + timedelta(seconds=int(record["duration"]))
    named = {"CallSid": "sid", "ParentCallSid": "parent_call_sid", "CallStatus": "status", "Direction": "direction",
             "From": "from", "To": "to", "CallDuration": "duration"}  # fmt: skip
    fields = {theirs: record[ours] or "" for theirs, ours in named.items()}
    return urlencode({**fields, "Timestamp": format_datetime(end)}).encode()


TWILIO = [
    twilio_record(1, AT),
    twilio_leg(2, 1, AT, talked=40),
    twilio_record(3, AT + timedelta(minutes=5), "Anonymous"),
    twilio_record(4, AT + timedelta(minutes=9), direction="outbound-api", to=PATIENT, status="busy"),
    twilio_record(5, AT + timedelta(minutes=12), status="no-answer", duration="0"),
    twilio_leg(6, 5, AT + timedelta(minutes=12), talked=0) | {"status": "no-answer"},
    twilio_record(7, AT + timedelta(minutes=20), status="teleported"),
]
AT_OF = {record["sid"]: datetime.strptime(record["start_time"], "%a, %d %b %Y %H:%M:%S %z") for record in TWILIO}

BOTH: list[tuple[Api, Sequence[bytes]]] = [
    (AircallApi([moved_aircall(n)["data"] for n in AIRCALL]), [json.dumps(moved_aircall(n)).encode() for n in AIRCALL]),
    (CallRailApi([moved_callrail(n) for n in CALLRAIL]), [json.dumps(moved_callrail(n)).encode() for n in CALLRAIL]),
    (TwilioApi(TWILIO), [twilio_message(record) for record in TWILIO]),
]


def tell(clinic: ClinicFacts, provider: str, messages: Sequence[bytes]) -> None:
    for message in messages:
        events = PROVIDERS[provider].parse(VerifiedBody(message, ""), NOW)
        record_events(clinic=clinic, events=events, now=NOW)


def forget_calls(clinic: ClinicFacts) -> None:
    with as_clinic(clinic.id):
        Call.objects.all().delete()


@pytest.mark.parametrize(("api", "messages"), BOTH, ids=["aircall", "callrail", "twilio"])
def test_told_and_asked_for_are_one_row(api: Api, messages: Sequence[bytes]) -> None:
    clinic = make_clinic(NOW)
    tell(clinic, api.name, messages)
    with asking(clinic, api, NOW) as asked:
        told = without_connection(asked.rows())
        assert told
        pulled = asked.fetch()
        assert (pulled.counts.added, pulled.counts.read) == (0, len(api.records))
        assert without_connection(asked.rows()) == told
        forget_calls(clinic)
        asked.fetch()
        assert without_connection(asked.rows()) == told


def without_connection(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    """Live messages of these tests came by no connection."""
    index = [each.attname for each in Call._meta.concrete_fields if each.attname not in ("pk", "clinic_id")].index(
        "connection_id"
    )
    return [row[:index] + row[index + 1 :] for row in rows]


def ringcentral_message(number: int, at: datetime, code: str, **status: Any) -> bytes:
    party = {
        "extensionId": "1", "direction": "Inbound", "missedCall": status.pop("missed", False),
        "from": {"phoneNumber": "+12025550123"}, "to": {"phoneNumber": "+12025550100", "name": "Front Desk"},
        "status": {"code": code, **status},
    }  # fmt: skip
    body = {"telephonySessionId": f"s-{number:032x}", "eventTime": at.isoformat(), "parties": [party]}
    return json.dumps({"event": "/restapi/v1.0/account/1/telephony/sessions", "body": body}).encode()


def test_ringcentrals_log_adds_how_long_people_talked() -> None:
    clinic = make_clinic(NOW)
    records = [
        ringcentral_record(1, AT, "Accepted", 64),
        ringcentral_record(2, AT, "Missed"),
        ringcentral_record(3, AT, "Voicemail", 12, message={"type": "VoiceMail"}),
    ]
    messages = [
        ringcentral_message(1, AT, "Answered"),
        ringcentral_message(2, AT, "Disconnected", missed=True),
        ringcentral_message(3, AT, "VoiceMail"),
    ]
    tell(clinic, "ringcentral", messages)
    before = stored_calls(clinic)
    assert [call.talk_seconds for call in before] == [0, 0, 0]
    with asking(clinic, RingCentralApi(records), NOW) as asked:
        assert asked.fetch().counts.added == 0
        after = stored_calls(clinic)
        assert {call.outcome: call.talk_seconds for call in after} == {
            Outcome.ANSWERED: 64,
            Outcome.MISSED: 0,
            Outcome.VOICEMAIL: 0,
        }
        assert [(c.id, c.outcome, c.caller, c.started_at) for c in after] == [
            (c.id, c.outcome, c.caller, c.started_at) for c in before
        ]


def test_a_menu_that_took_a_call_of_ringcentral_is_nobody() -> None:
    clinic = make_clinic(NOW)
    menu = ringcentral_record(1, AT, "Accepted", 30)
    menu["legs"][0]["to"] = {"name": "IVR Menu 1001"}
    odd = ringcentral_record(2, AT, "Beamed up")
    fax = ringcentral_record(3, AT, "Received", type="Fax")
    with asking(clinic, RingCentralApi([menu, odd, fax]), NOW) as asked:
        asked.fetch()
    assert sorted(call.outcome for call in stored_calls(clinic)) == [Outcome.UNKNOWN, Outcome.MISSED]


def test_what_the_pages_promise_is_what_can_be_asked() -> None:
    assert set(PULLERS) == LISTS_CALLS
    assert set(PULLERS) <= set(PROVIDERS)
