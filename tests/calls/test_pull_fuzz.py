"""Whatever a phone system answers, reading it gives a page or a clean refusal, and neither quotes a value."""

import json
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from calls.domain import CallEvent, Refused
from calls.pulls import PULLERS, Page
from calls.pulls.shapes import Credential
from tests.calls.provider_apis import ringcentral_record
from tests.calls.test_pull_equals_webhooks import AT, CALLRAIL, TWILIO, moved_aircall, moved_callrail

PLANTED = "07700900123"
ASKED = "https://api.example.com/calls?page=1"
LISTS = {"twilio": "calls", "ringcentral": "records", "aircall": "calls", "callrail": "calls"}
SAMPLES: dict[str, dict[str, Any]] = {
    "twilio": dict(TWILIO[0]),
    "ringcentral": ringcentral_record(1, AT, "Accepted", 60),
    "aircall": moved_aircall("answered_ended")["data"],
    "callrail": moved_callrail(CALLRAIL[0]),
}
PLAIN = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(
    PLAIN | st.just(PLANTED) | st.just("9" * 5000),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
NAMES = sorted(
    {*(name for sample in SAMPLES.values() for name in sample), "meta", "navigation", "next_page_uri", "page"}
)
FIELDS = st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=4)


def read(provider: str, body: bytes) -> Page | None:
    try:
        page = PULLERS[provider].read_page(body, ASKED)
    except Refused as refused:
        assert PLANTED not in f"{refused.detail}{refused!r}{refused.__context__!r}{refused.__cause__!r}"
        return None
    for one in page.refused:
        assert PLANTED not in f"{one.detail}{one!r}{one.__context__!r}"
    assert PLANTED not in repr(page)
    assert all(isinstance(event, CallEvent) for event in page.events)
    return page


@pytest.mark.parametrize("provider", sorted(PULLERS))
@given(body=st.binary(max_size=300))
@example(body=b'{"calls": [{}], "records": [{}]}')
@example(body=b"[" * 100_000)
@settings(max_examples=60, deadline=None)
def test_bytes(provider: str, body: bytes) -> None:
    read(provider, body)


@pytest.mark.parametrize("provider", sorted(PULLERS))
@given(changed=FIELDS, around=FIELDS, count=st.integers(0, 3))
@settings(max_examples=150, deadline=None)
def test_fields_of_any_kind(provider: str, changed: dict[str, Any], around: dict[str, Any], count: int) -> None:
    page = {**around, LISTS[provider]: [{**SAMPLES[provider], **changed}] * count}
    read(provider, json.dumps(page).encode())


@pytest.mark.parametrize("provider", sorted(PULLERS))
def test_the_sample_itself_is_read(provider: str) -> None:
    page = read(provider, json.dumps({LISTS[provider]: [SAMPLES[provider]]}).encode())
    assert page is not None
    assert (len(page.events), page.refused, page.next) == (1, [], "")


@pytest.mark.parametrize("provider", sorted(PULLERS))
def test_a_list_that_is_too_long_is_no_page(provider: str) -> None:
    assert read(provider, json.dumps({LISTS[provider]: [{}] * 1001}).encode()) is None


@given(text=st.text(max_size=50) | st.just("AC" + "1" * 32))
def test_a_credential_is_right_or_named_without_its_value(text: str) -> None:
    for puller in PULLERS.values():
        for field in puller.FIELDS:
            assert isinstance(field, Credential)
            fault = field.find_fault(text)
            assert fault is None or len(text) < 3 or text not in fault or text in "One word without spaces"


def test_an_account_id_leads_nowhere_else() -> None:
    account_sid = PULLERS["twilio"].FIELDS[0]
    for text in ("AC/../../x", "AC?x=1", "AC#", "AC@evil.example", "AC%2f", "AC1 2", "XX1"):
        assert account_sid.find_fault(text)
    assert PULLERS["callrail"].FIELDS[0].find_fault("1/../2")
