"""Reports as PDF: what they say, that no name becomes markup, and that readers of every kind can read them."""

import dataclasses
import io
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
import typst
from pypdf import PdfReader

from attribution import selectors
from attribution.reports import report_pdf, typeset
from tests.attribution.clinics import NOW, Desk, make_desk
from tests.attribution.test_reports import OCTOBER, alice, desk, text, write

pytestmark = pytest.mark.django_db
__all__ = ["desk"]
HOSTILE = {
    "code": '#read("/etc/passwd")',
    "import": '#import "@preview/cetz:0.3.0": *',
    "marks": "*bold* _it_ = Head $x^2$ `raw` <label> @ref // not a comment /* nor this */",
    "brackets": '"]) #panic("out") #[',
    "escapes": "\\u{41} \\n \\",
    "hebrew": "מרפאת שיניים",
    "arabic": "عيادة الأسنان",
    "emoji": "Bright 😀 Smile 🦷",
    "han": "微笑牙科",
    "long": "Llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogogoch " * 3 + "x" * 23,
    "unbroken": "x" * 200,
}


def root_of(reader: PdfReader) -> Any:
    return reader.trailer["/Root"]


def read(pdf: bytes) -> PdfReader:
    assert pdf.startswith(b"%PDF-")
    return PdfReader(io.BytesIO(pdf))


def words(reader: PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def october(desk: Desk) -> bytes:
    return report_pdf(selectors.get_report(desk.clinic, date(2026, 10, 1), NOW))


def download(desk: Desk, month: str = OCTOBER) -> Any:
    with time_machine.travel(NOW, tick=False):
        return alice(desk).get(f"{month}pdf/")


def test_it_says_what_the_page_says(desk: Desk) -> None:
    response = download(desk)
    assert response.headers["Content-Type"] == "application/pdf"
    assert response.headers["Content-Disposition"] == f'attachment; filename="{desk.clinic.slug}-2026-10.pdf"'
    reader = read(response.content)
    said = words(reader)
    for expected in (
        "Bright Smile", "Missed calls, October 2026", "£1,020", "£256 more", "Mondays 8–9", "20 of 40 missed (50 %)",
        "62 %, goal 60 %: met", "12, goal 20: not met, 8 short", "Called back", "up to 5 min", "erased",
    ):  # fmt: skip
        assert expected in said, said
    assert "so far" not in said
    assert len(reader.pages) <= 2


def test_a_month_that_is_not_over_says_so(desk: Desk) -> None:
    assert "so far, up to 23 November 2026" in words(read(download(desk, "/reports/2026-11/").content))


def test_it_is_tagged_and_tells_its_language_and_nothing_of_the_machine(desk: Desk) -> None:
    reader = read(october(desk))
    root = root_of(reader)
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-GB"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert reader.metadata is not None
    assert reader.metadata.title == "Bright Smile: missed calls, October 2026"
    assert set(reader.metadata) <= {"/Title", "/Subject", "/Creator", "/Producer", "/CreationDate", "/ModDate"}
    assert str(reader.metadata.get("/Creator")).startswith("Typst")
    assert b"pdfuaid:part>1" in october(desk)
    assert reader.metadata.creation_date == datetime(2026, 11, 23, 12, tzinfo=NOW.tzinfo)


def test_paper_and_dates_are_those_of_the_region(desk: Desk) -> None:
    a4 = read(october(desk)).pages[0].mediabox
    desk.set(region="US", currency="USD")
    american = read(october(desk))
    letter = american.pages[0].mediabox
    assert (round(a4.width), round(a4.height)) == (595, 842)
    assert (round(letter.width), round(letter.height)) == (612, 792)
    assert "$1,020" in words(american)
    assert "November 23, 2026" in words(american)
    assert len(american.pages) <= 2
    assert root_of(american)["/Lang"] == "en-US"


@pytest.mark.parametrize("kind", HOSTILE)
def test_a_name_is_a_name_whatever_it_looks_like(desk: Desk, kind: str) -> None:
    name = HOSTILE[kind]
    desk.clinic = dataclasses.replace(desk.clinic, name=name)  # longer than the database would take
    reader = read(october(desk))
    said = words(reader)
    assert len(reader.pages) <= 2
    assert "root:" not in said
    assert reader.metadata is not None
    assert reader.metadata.title == f"{name}: missed calls, October 2026"
    if name.isascii() and kind != "long":
        assert " ".join(name.split()) in said or name[:60] in said.replace(" ", ""), said


@pytest.mark.parametrize(
    "source",
    ['#read("/etc/passwd")', '#read("../secret")', '#import "@preview/cetz:0.3.0"', '#image("http://x.example/a")'],
)
def test_files_packages_and_the_network_are_out_of_reach(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, source: str
) -> None:
    (tmp_path / "secret").write_text("secret")
    inner = tmp_path / "templates"
    inner.mkdir()
    (inner / "bad.typ").write_text(source)
    monkeypatch.setattr(typeset, "TEMPLATES", inner)
    with pytest.raises(typst.TypstError):
        typeset.make_pdf("bad", {}, NOW)


def test_the_fonts_are_our_own() -> None:
    assert "Libertinus Serif" in typeset._fonts().families()
    assert all(font.path is None for font in typeset._fonts().fonts())


def test_a_million_of_everything_fits(desk: Desk) -> None:
    million = dict.fromkeys(("inbound", "missed", "opportunities", "called_back", "reached", "delay_5m"), 1000000)
    write(desk, date(2026, 10, 7), recovered_value=Decimal("9999999999.99"), **million)
    reader = read(october(desk))
    assert len(reader.pages) <= 2
    assert "1,000,050" in words(reader)


def test_an_empty_month_has_a_report_as_well(db: None) -> None:
    desk = make_desk()
    said = words(read(download(desk, "/reports/2026-11/").content))
    assert "No call was missed." in said
    assert text(alice(desk).get("/reports/"))
