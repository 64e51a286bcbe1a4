"""What phone systems say of one call: the other party, whichever way the call went, and of no other call."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.domain import Refused
from calls.lookups import LOOKUPS, AskedCall
from calls.providers import SHOWS_NUMBERS
from tests.calls.number_apis import ACCOUNT_SID, CALL_IDS, CREDENTIALS

CALLER, OURS = "+12025550123", "+442079460018"
AT = datetime(2026, 11, 3, 9, 14, 32, tzinfo=UTC)


def read(provider: str, answer: Any) -> str:
    return LOOKUPS[provider].read_number(json.dumps(answer).encode(), AskedCall(CALL_IDS[provider], AT))


def test_these_are_the_ones_that_are_said_to_show_numbers() -> None:
    assert LOOKUPS.keys() == SHOWS_NUMBERS == CREDENTIALS.keys()


@pytest.mark.parametrize(
    ("provider", "address"),
    [
        ("twilio", f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls/{CALL_IDS['twilio']}.json"),
        ("aircall", f"/v1/calls/{CALL_IDS['aircall']}"),
        (
            "ringcentral",
            f"/restapi/v1.0/account/~/call-log?telephonySessionId={CALL_IDS['ringcentral']}"
            "&dateFrom=2026-11-02T09%3A14%3A32Z&dateTo=2026-11-04T09%3A14%3A32Z&view=Simple",
        ),
    ],
)
def test_where_a_call_is_asked_for(provider: str, address: str) -> None:
    asked = AskedCall(CALL_IDS[provider], AT)
    assert (
        LOOKUPS[provider].locate(CREDENTIALS[provider], "https://api.example", asked) == f"https://api.example{address}"
    )


@pytest.mark.parametrize("direction", ["inbound", "outbound"])
def test_the_other_party_is_read(direction: str) -> None:
    ends = (CALLER, OURS) if direction == "inbound" else (OURS, CALLER)
    twilio = {"sid": CALL_IDS["twilio"], "from": ends[0], "to": ends[1]}
    spelt = "inbound" if direction == "inbound" else "outbound-api"
    assert read("twilio", {**twilio, "direction": spelt}) == CALLER
    record = {"from": {"phoneNumber": ends[0]}, "to": {"phoneNumber": ends[1]}, "direction": direction.capitalize()}
    assert read("ringcentral", {"records": [{**record, "telephonySessionId": CALL_IDS["ringcentral"]}]}) == CALLER
    call = {"id": int(CALL_IDS["aircall"]), "direction": direction, "raw_digits": CALLER, "number": {"digits": OURS}}
    assert read("aircall", {"call": call}) == CALLER


def test_another_call_says_nothing() -> None:
    assert read("twilio", {"sid": "CA" + "0" * 32, "from": CALLER, "direction": "inbound"}) == ""
    record = {"telephonySessionId": "s-0000000000", "from": {"phoneNumber": CALLER}, "direction": "Inbound"}
    assert read("ringcentral", {"records": [record]}) == ""
    assert read("ringcentral", {"records": []}) == ""
    assert read("aircall", {"call": {"id": 1, "raw_digits": CALLER}}) == ""


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["call", "records", "sid", "id", "from", "to", "direction", "raw_digits", "telephonySessionId"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(st.sampled_from(sorted(LOOKUPS)), JSON | st.binary(max_size=40))
def test_nonsense_is_refused_or_says_nothing(provider: str, answer: Any) -> None:
    body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
    try:
        LOOKUPS[provider].read_number(body, AskedCall(CALL_IDS[provider], AT))
    except Refused as refused:
        assert "2025550123" not in str(refused)
