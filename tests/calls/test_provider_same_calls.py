"""The same calls by our webhook, by API (one by one and many at once) and from a file leave identical rows.

So are the opportunities and the figures that follow. A phone system's messages of the same facts leave the same, too.
"""

import csv
import io
import json
import tempfile
import uuid
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from attribution.models import DailyMetrics, HourlyMetrics, Opportunity
from attribution.services import attribute_changes
from calls.services import add_connection
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic
from tests.api.client import machine
from tests.calls.factories import form, make_clinic, make_hook, stored_calls
from tests.calls.imported import HEADER
from tests.calls.phone_systems import SYSTEMS

pytestmark = pytest.mark.django_db
Call = dict[str, Any]
NOW = timezone.now().replace(microsecond=0)
FEW = settings(
    max_examples=2, deadline=None, database=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
NUMBERS = (
    "+447700900001", "07700 900001", "(07700) 900-001", "0044 7700 900002", "tel:+447700900002", "+1 202-555-0143",
    "anonymous", "", "101", "sip:desk@10.0.0.1", "not a number",
)  # fmt: skip
LINES = ("", "Front desk", 'O\'Neill, "new"; a|b', "Zahnärztin Köln", "=1+1", "{NULL}", "\\N", "line 123456")
TIMES = st.builds(
    lambda seconds, micros: NOW - timedelta(seconds=seconds, microseconds=micros),
    st.integers(60, 20 * 86_400),
    st.sampled_from([0, 0, 1_000, 123_456]),
)


@st.composite
def calls(draw: st.DrawFn) -> Call:
    """One call, or what is said of one that was told before; some are too old or yet to come."""
    outcome = draw(st.sampled_from(["answered", "missed", "missed", "voicemail"]))
    zone = draw(st.sampled_from([0, 60, -330, 345]))
    at = draw(TIMES) - timedelta(days=400 * draw(st.sampled_from([0] * 12 + [1, -1])))
    return {
        "external_id": f"K-{draw(st.integers(1, 14))}",
        "direction": draw(st.sampled_from(["inbound", "inbound", "outbound"])),
        "outcome": outcome,
        "started_at": at.astimezone(_zone(zone)).isoformat(),
        "number": draw(st.sampled_from(NUMBERS)),
        "line": draw(st.sampled_from(LINES)),
        "ring_seconds": draw(st.sampled_from([None, 0, 4, 604_800])),
        "talk_seconds": draw(st.sampled_from([None, 0, 1, 604_800])) if outcome == "answered" else None,
    }


def began(call: Call) -> datetime:
    """No two calls of a test at once: of two, the clinics' own ids would say which is the first."""
    return datetime.fromisoformat(call["started_at"])


def _zone(minutes: int) -> Any:
    return timezone.get_fixed_timezone(minutes)


@pytest.fixture(autouse=True)
def no_broker() -> Iterator[None]:
    with mock.patch("calls.intake.wake_worker"):
        yield


def by_webhook(clinic: ClinicFacts, told: list[Call]) -> int:
    """How many were stored."""
    made = add_connection(clinic_id=clinic.id, provider="ringback", name="Ours", secret=None, now=NOW)
    assert made.secret
    statuses = []
    for call in told:
        body, headers = SYSTEMS["ringback"].seal(json.dumps(call).encode(), made.secret, timezone.now())
        answer = Client().post(f"/hooks/ringback/{made.token}", body, "application/json", headers=headers)
        statuses.append(answer.status_code)
    assert set(statuses) <= {204, 422}
    return statuses.count(204)


def by_api(clinic: ClinicFacts, told: list[Call]) -> int:
    asking = machine(clinic)
    statuses = [asking.post("/calls/", call).status_code for call in told]
    assert set(statuses) <= {200, 201, 422}
    return len(statuses) - statuses.count(422)


def by_api_at_once(clinic: ClinicFacts, told: list[Call]) -> int:
    items = machine(clinic).post("/calls/", told).json()
    assert len(items) == len(told)
    return sum(item["status"] != 422 for item in items)


def by_file(clinic: ClinicFacts, told: list[Call]) -> int:
    out, text = io.StringIO(), io.StringIO(newline="")
    csv.DictWriter(text, HEADER.strip().split(","), lineterminator="\r\n").writerows(told)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "calls.csv"
        path.write_text(HEADER + text.getvalue())
        call_command("import_calls", clinic.slug, str(path), "--format", "csv", "--json", stdout=out, stderr=out)
    report = json.loads(out.getvalue()[out.getvalue().index("{") : out.getvalue().rindex("}") + 1])
    return int(report["stored"] + report["merged"] + report["duplicate"])


WAYS: tuple[Callable[[ClinicFacts, list[Call]], int], ...] = (by_webhook, by_api, by_api_at_once, by_file)


def rows(clinic: ClinicFacts) -> list[tuple[Any, ...]]:
    """Each call with all that was said of it; a caller is the number of the first call of theirs."""
    found = stored_calls(clinic)
    names = _names(call.caller for call in found)
    return [
        (
            call.started_at, call.direction, call.outcome, call.kind, names[call.caller], call.ring_seconds,
            call.talk_seconds, call.line,
        )
        for call in found
    ]  # fmt: skip


def _names(callers: Iterator[uuid.UUID | None]) -> dict[uuid.UUID | None, int]:
    names: dict[uuid.UUID | None, int] = {None: -1}
    for caller in callers:
        names.setdefault(caller, len(names))
    return names


def consequences(clinic: ClinicFacts) -> list[list[Any]]:
    """Opportunities, with callers named as above, and figures, of each day and hour."""
    while attribute_changes(clinic_id=clinic.id, now=NOW):
        pass
    names = _names(call.caller for call in stored_calls(clinic))
    with as_clinic(clinic.id):
        opened = [dict(row) for row in Opportunity.objects.order_by("opened_at").values()]
        days = [dict(row) for row in DailyMetrics.objects.order_by("on").values()]
        hours = [dict(row) for row in HourlyMetrics.objects.order_by("on", "hour").values()]
    ours = {"clinic_id", "id"}
    for row in opened:
        row["caller"] = names[uuid.UUID(str(row["caller"]))]
    return [[{k: v for k, v in row.items() if k not in ours} for row in part] for part in (opened, days, hours)]


@FEW
@given(told=st.lists(calls(), min_size=4, max_size=16, unique_by=began))
def test_every_way_leaves_the_same(told: list[Call]) -> None:
    clinics = [make_clinic(NOW, way.__name__.replace("_", " ")) for way in WAYS]
    stored = [way(clinic, told) for way, clinic in zip(WAYS, clinics, strict=True)]
    assert stored == [stored[0]] * len(WAYS)
    first, *others = clinics
    for clinic, way in zip(others, WAYS[1:], strict=True):
        assert rows(clinic) == rows(first), way.__name__
    expected = consequences(first)
    for clinic, way in zip(others, WAYS[1:], strict=True):
        assert consequences(clinic) == expected, way.__name__


@FEW
@given(told=st.lists(calls(), min_size=3, max_size=6, unique_by=(began, lambda call: call["external_id"])))
def test_calls_that_come_every_way_are_stored_once(told: list[Call]) -> None:
    """Their ids are shared: whichever way comes first, the others change nothing."""
    for first in WAYS:
        clinic = make_clinic(NOW)
        first(clinic, told)
        ids, before = {call.id for call in stored_calls(clinic)}, rows(clinic)
        for way in WAYS:
            way(clinic, told)
        assert {call.id for call in stored_calls(clinic)} == ids
        assert rows(clinic) == before


TWILIO = st.builds(
    lambda at, number, outcome, talk, is_inbound: {
        "external_id": uuid.uuid4().hex[:8],
        "direction": "inbound" if is_inbound else "outbound",
        "outcome": outcome,
        "started_at": at.replace(microsecond=0).isoformat(),
        "number": number,
        "line": "",
        "ring_seconds": None,
        "talk_seconds": talk if outcome == "answered" else None,
    },
    TIMES,
    st.sampled_from(["+447700900001", "+447700900002", "+12025550143"]),
    st.sampled_from(["answered", "missed", "voicemail"]),
    st.integers(1, 600),
    st.booleans(),
).filter(lambda call: call["direction"] == "inbound" or call["outcome"] != "voicemail")


def as_twilio(call: Call) -> list[dict[str, str]]:
    """The messages of a call: it rings, a telephone is dialled or not, it ends."""
    at = datetime.fromisoformat(call["started_at"]).astimezone(UTC)
    is_inbound, talk = call["direction"] == "inbound", call["talk_seconds"] or 0
    parties = ("+442079460018", call["number"])
    common = {
        "CallSid": "CA" + call["external_id"] * 4,
        "Direction": "inbound" if is_inbound else "outbound-api",
        "From": parties[is_inbound],
        "To": parties[not is_inbound],
    }
    end = {"Timestamp": format_datetime(at + timedelta(seconds=talk))}
    if is_inbound:
        dial = {"DialCallStatus": "completed", "DialCallDuration": str(talk), "CallStatus": "in-progress"}
        said = {
            "answered": {**end, **dial},
            "missed": {**end, "CallStatus": "no-answer"},
            "voicemail": {**end, "CallStatus": "in-progress", "RecordingUrl": "https://api.twilio.com/x"},
        }[call["outcome"]]
    else:
        status = "completed" if talk else "busy"
        said = {**end, "CallStatus": status, "CallDuration": str(talk)}
    return [{**common, "CallStatus": "ringing", "Timestamp": format_datetime(at)}, {**common, **said}]


@FEW
@given(told=st.lists(TWILIO, min_size=3, max_size=15, unique_by=lambda call: call["started_at"]))
def test_a_phone_systems_messages_leave_what_a_file_of_the_same_facts_leaves(told: list[Call]) -> None:
    live, filed = make_clinic(NOW, "Twilio"), make_clinic(NOW, "File")
    hook = make_hook(live, NOW)
    for call in told:
        for params in as_twilio(call):
            headers = {"X-Twilio-Signature": hook.sign(params)}
            kind = "application/x-www-form-urlencoded"
            assert Client().post(hook.path, form(params), kind, headers=headers).status_code == 204
    assert by_file(filed, told) == len(told)
    assert rows(live) == rows(filed)
    assert consequences(live) == consequences(filed)
