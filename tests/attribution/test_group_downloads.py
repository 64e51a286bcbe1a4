"""The group of clinics of any month, as CSV and as PDF; no cell of it is a formula."""

import csv
import io
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from pypdf import PdfReader

from tenants.domain import Role
from tests.attribution.clinics import NOW
from tests.attribution.test_group import GROUP, found, grace, rows, write

pytestmark = pytest.mark.django_db
CSV, PDF = f"{GROUP}csv/", f"{GROUP}pdf/"
OCTOBER = {"month": "2026-10"}


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def read_csv(response: Any) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(response.content.decode())))


def read_pdf(response: Any) -> str:
    pages = PdfReader(io.BytesIO(response.content)).pages
    return " ".join(" ".join(page.extract_text() for page in pages).split())


def two() -> None:
    oak, ash = found("Oak"), found("Ash", currency="EUR")
    write(oak, date(2026, 10, 30), missed=12, recovered_appointments=2, recovered_value=Decimal("300.50"))
    write(oak, date(2026, 9, 1), missed=10)
    write(ash, date(2026, 10, 1), missed=7)
    write(oak, date(2026, 11, 3), missed=99)


def test_a_month_that_is_over_is_whole(db: None) -> None:
    two()
    page = grace().get(GROUP, OCTOBER)
    assert [(name, figures[0]) for name, _, figures in rows(page)] == [("Ash", 7), ("Oak", 12)]
    assert {one.key: one.previous for one in page.context["group"].rows[1].figures}["missed"] == 10
    said = page.content.decode()
    assert "October 2026" in said
    assert "month=2026-09" in said
    assert "month=2026-11" in said
    assert 'href="?month=2026-10&amp;sort=' in said  # sorting stays in the month


def test_the_csv_has_clinics_and_sums(db: None) -> None:
    two()
    response = grace().get(CSV, OCTOBER)
    assert response.headers["Content-Disposition"] == 'attachment; filename="clinics-2026-10.csv"'
    lines = read_csv(response)
    assert [(line["what"], line["name"], line["currency"], line["missed"], line["revenue"]) for line in lines] == [
        ("clinic", "Ash", "EUR", "7", "0"),
        ("clinic", "Oak", "GBP", "12", "300.50"),
        ("total", "EUR", "EUR", "7", "0"),
        ("total", "GBP", "GBP", "12", "300.50"),
    ]
    assert read_csv(grace().get(CSV))[1]["missed"] == "99"


@pytest.mark.parametrize("name", ['=HYPERLINK("http://evil.example")', "+1", "-1+1", "@SUM(A1)", " =1", "＝1"])
def test_a_name_never_becomes_a_formula(db: None, name: str) -> None:
    found("Elm")
    found("Oak").set(name=name)
    names = {line["name"] for line in read_csv(grace().get(CSV))}
    assert f"'{name}" in names


def test_the_pdf_has_clinics_and_sums(db: None) -> None:
    two()
    response = grace().get(PDF, OCTOBER)
    assert response.headers["Content-Type"] == "application/pdf"
    said = read_pdf(response)
    for expected in ("All clinics, October 2026", "Oak", "£300", "2 more (20 %)", "EUR, 1 clinic"):
        assert expected in said, said
    assert "so far" in read_pdf(grace().get(PDF))


@pytest.mark.parametrize("path", [GROUP, CSV, PDF])
def test_bad_months_and_people_without_a_group(db: None, path: str) -> None:
    oak = found("Oak")
    assert grace().get(path).status_code == 404
    found("Desk only", Role.RECEPTIONIST)
    assert grace(oak).get(path).status_code == 404
    found("Elm")
    for month in ("2026-12", "2026-13", "x", "1999-01", "\x00"):
        assert grace(oak).get(path, {"month": month}).status_code == 400, month
    assert grace(oak).post(path).status_code == 405


@pytest.mark.parametrize("path", [CSV, PDF])
def test_a_clinic_that_wants_a_second_factor_is_not_in_it(db: None, path: str) -> None:
    found("Oak"), found("Elm", require_two_factors=True), found("Ash")
    content = grace().get(path).content
    said = read_pdf(grace().get(path)) if path == PDF else content.decode()
    assert "Oak" in said
    assert "Elm" not in said
