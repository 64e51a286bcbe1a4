"""No cell of a CSV file is taken for a formula by a spreadsheet, and every text comes out again."""

import csv
import io
import unicodedata
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tenants.csv_out import csv_line, safe_cell

SIGNS = "=+-@\t\r\n＝＋－＠﹢﹦﹫﹣"
TEXT = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\x00"))


@pytest.mark.parametrize("sign", "\t\r\n")
def test_what_begins_with_a_break_gets_an_apostrophe(sign: str) -> None:
    assert safe_cell(f"{sign}x") == f"'{sign}x"


@pytest.mark.parametrize("sign", SIGNS.replace("\t\r\n", ""))
@pytest.mark.parametrize("before", ["", " ", "  ", "\u00a0", "\ufeff", "\u200b", "\u2028", "\x0b", "\x00"])
def test_what_begins_like_a_formula_gets_an_apostrophe(sign: str, before: str) -> None:
    text = f"{before}{sign}1+1"
    assert safe_cell(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a=b", "Alice", "'=x", "1", "–", "“=x”", "(=x)", " a", "£5"])
def test_other_text_stays_as_it_is(text: str) -> None:
    assert safe_cell(text) == text


@pytest.mark.parametrize(
    ("value", "expected"), [(-5, "-5"), (Decimal("-1.50"), "-1.50"), (0, "0"), (None, ""), (True, "True")]
)
def test_numbers_stay_numbers(value: object, expected: str) -> None:
    assert safe_cell(value) == expected


@given(st.text(alphabet=SIGNS + " a1\ufeff\u200b\"',;") | TEXT)
def test_no_text_comes_out_as_a_formula(text: str) -> None:
    cell = safe_cell(text)
    assert cell.removeprefix("'") == text.removeprefix("'") or cell == f"'{text}"
    shown = cell.strip().lstrip("\ufeff\u200b")
    assert unicodedata.normalize("NFKC", cell[:1]) not in set("=+-@\t\r\n")
    assert unicodedata.normalize("NFKC", shown[:1]) not in set("=+-@")


@given(st.lists(TEXT.map(lambda text: text.replace("\r", " ")), min_size=1, max_size=5))
def test_a_line_is_read_back_as_the_same_cells(cells: list[str]) -> None:
    (read,) = csv.reader(io.StringIO(csv_line(cells), newline=""))
    assert read == [safe_cell(cell) for cell in cells]
