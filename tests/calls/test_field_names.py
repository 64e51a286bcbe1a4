"""The names of fields come from outside: hostile ones are folded into one, and no value is ever looked at."""

import json
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calls.field_names import MAX_NAME, MAX_OF_MESSAGE, OTHER, clean_name, list_field_names
from calls.services.listening import MAX_FIELDS, fold_names


@pytest.mark.parametrize(
    "name", ["CallSid", "data.number.name", "body.parties[].status.code", "utm_1", "a-b", "payload_sha256"]
)
def test_plain_names_are_kept(name: str) -> None:
    assert clean_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "", " ", "two words", "+447700900123", "447700900123", "0207-946-0018", "a.4.4.7.7.0", "call_447700900123",
        "alice@example.org", "alice%40example.org", "<script>alert</script>", "Ärztin", "名", "a" * (MAX_NAME + 1),
        "line\nbreak", "nul\x00", "‮evil", "4 4 7 7 0 0", "{{ name }}", "' OR 1=1 --", "٠١٢٣٤٥٦", "CallSid ",
    ],
)  # fmt: skip
def test_all_else_is_other(name: str) -> None:
    assert clean_name(name) == OTHER
    assert list_field_names(json.dumps({name or " ": 1}).encode()) == {OTHER}


@pytest.mark.parametrize(
    ("body", "names"),
    [
        (b'{"a": 1, "b": {"c": null, "d": [{"e": 1}, {"f": 2}], "g": []}, "h": [1, 2], "i": {}}',
         {"a", "b.c", "b.d[].e", "b.d[].f", "b.g", "h[]", "i"}),
        (b"CallSid=CA1&From=%2B447700900123&To=&Called%5B%5D=1", {"CallSid", "From", "To", "Called[]"}),
        (b"CallSid", set()),
        (b"{}", set()),
        (b"", set()),
        (b"\xff\xfe", set()),
        (b"{broken", set()),
        (b"not.a.token", set()),
        (b"[1, 2]", set()),
    ],
)  # fmt: skip
def test_names_of_bodies(body: bytes, names: set[str]) -> None:
    assert list_field_names(body) == names


def test_names_within_a_signed_token() -> None:
    token = jwt.encode({"call_id": 1, "target": {"name": "x"}}, "s" * 32, algorithm="HS256")
    assert list_field_names(token.encode()) == {"call_id", "target.name"}


def test_a_body_full_of_names_costs_no_more_than_some() -> None:
    form = "&".join(f"a{chr(97 + n % 26)}{n % 10}{chr(97 + n // 26 % 26)}{chr(97 + n // 676)}=1" for n in range(5000))
    assert len(list_field_names(form.encode())) <= MAX_OF_MESSAGE
    deep: Any = 1
    for _ in range(60):
        deep = {"a": deep}
    assert list_field_names(json.dumps(deep).encode()) == {OTHER}  # too long a path


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


@given(st.dictionaries(st.text(), JSON, max_size=6))
def test_whatever_comes_only_plain_names_come_out(value: dict[str, Any]) -> None:
    for name in list_field_names(json.dumps(value).encode()):
        assert name == OTHER or (name == clean_name(name) and len(name) <= MAX_NAME)


@given(st.binary(max_size=200))
def test_no_body_breaks_it(body: bytes) -> None:
    assert all(clean_name(name) in (name, OTHER) for name in list_field_names(body))


@given(st.lists(st.text(alphabet="0123456789 -+().", min_size=7, max_size=16), max_size=5))
def test_no_number_ever_becomes_a_name(numbers: list[str]) -> None:
    tellers = [number for number in numbers if sum(each.isdecimal() for each in number) >= 5]
    names = list_field_names(json.dumps(dict.fromkeys(tellers, 1)).encode())
    assert names <= {OTHER}


def test_more_than_a_hundred_names_are_one() -> None:
    known = {f"k{chr(97 + n % 26)}{n // 26}" for n in range(MAX_FIELDS - 1)} | {OTHER}
    folded = fold_names(known, {"b": 2, "a": 1, "c": 4, OTHER: 8, min(known - {OTHER}): 16})
    assert folded == {"a": 1, OTHER: 14, min(known - {OTHER}): 16}
    assert fold_names(set(), {}) == {}
