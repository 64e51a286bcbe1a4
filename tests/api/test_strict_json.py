"""JSON in which there is nothing to read in two ways; each refusal says why and repeats nothing."""

from decimal import Decimal
from typing import Any

import pytest

from tenants.strict_json import MAX_DEPTH, BadJson, read_json


@pytest.mark.parametrize(
    ("body", "value"),
    [
        (b"{}", {}),
        (b" [1, -2] \n", [1, -2]),
        (b'{"a": {"b": [null, true, "x"]}}', {"a": {"b": [None, True, "x"]}}),
        (b"0.10", Decimal("0.10")),
        (b'"\\u00e4\\ud83d\\ude00"', "ä😀"),
        ('"ä😀"'.encode(), "ä😀"),
        (b"[" * MAX_DEPTH + b"]" * MAX_DEPTH, [[[[[[[[]]]]]]]]),
        (b"9007199254740992", 2**53),
    ],
)
def test_what_is_read(body: bytes, value: Any) -> None:
    assert read_json(body) == value


def test_decimals_are_exact() -> None:
    assert str(read_json(b"[85.10]")[0]) == "85.10"


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'{"a": 1, "a": 1}', "same name twice"),
        (b'{"x": {"a": 1, "\\u0061": 2}}', "same name twice"),
        (b"[NaN]", "NaN"),
        (b"[Infinity]", "NaN"),
        (b"[-Infinity]", "NaN"),
        (b"12345678901234567", "too long"),
        (b"1" * 5000, "too long"),
        (b"1." + b"1" * 30, "too long"),
        (b'"\\u0000"', "NUL"),
        (b'{"\\u0000": 1}', "NUL"),
        (b'[["x", "\\u0000"]]', "NUL"),
        (b'"\\ud800"', "surrogate"),
        (b'{"\\udfff": 1}', "surrogate"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "levels deep"),
        (b"[" * 200_000, "levels deep"),
        (b'{"a":' * 200_000, "levels deep"),
        ('{"a": "ä"}'.encode("latin-1"), "not UTF-8"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        (b'{"4170352": 4170352', "line 1, column"),
        (b"", "not JSON"),
        (b"{'a': 1}", "not JSON"),
        (b'"\n"', "not JSON"),
        (b"01", "not JSON"),
        (b"1 2", "not JSON"),
    ],
)
def test_what_is_refused_and_why(body: bytes, reason: str) -> None:
    with pytest.raises(BadJson, match=reason) as caught:
        read_json(body)
    assert "4170352" not in str(caught.value)
    assert caught.value.__context__ is None  # it would hold the whole text
