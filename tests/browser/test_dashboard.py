"""The dashboard on two months of history: every chart says in words and in a table what it draws."""

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Invite
from tests.browser.guest import Guest
from tests.browser.surgery import Surgery

pytestmark = [pytest.mark.slow, pytest.mark.browser]

CHARTS = (
    "From missed to recovered",
    "Missed and recovered, day by day",
    "When calls are missed",
    "How long until the first callback",
    "Why appointments were counted, or not",
)
FIGURES = ("Missed calls", "Called back within goal", "Reached", "Recovered appointments", "Recovered revenue (est.)")


@pytest.fixture
def alice(invite: Invite, busy: Surgery) -> Guest:
    """At the dashboard of the month before this one: it is complete."""
    guest = invite(busy.people.alice, busy)
    guest.open(f"/?month={month_before():%Y-%m}")
    return guest


def today() -> date:
    return datetime.now(ZoneInfo("Europe/London")).date()


def month_before() -> date:
    """Its last day."""
    return today().replace(day=1) - timedelta(days=1)


@pytest.mark.parametrize("title", CHARTS)
def test_every_chart_has_a_title_a_description_and_its_figures_in_text(alice: Guest, title: str) -> None:
    figure = alice.page.get_by_role("figure", name=title)
    drawing = figure.get_by_role("img")
    expect(drawing).to_have_accessible_name(re.compile(r"\w+ .+"))
    expect(drawing.locator("title").first).not_to_be_empty()
    expect(drawing.locator("desc")).not_to_be_empty()
    if title == CHARTS[0]:
        expect(figure.locator("dl dt")).to_have_text(
            ["Missed callers", "Called back", "Reached", "Recovered", "Nobody called"]
        )
        return
    expect(figure.get_by_role("table")).to_be_hidden()
    figure.get_by_text("The same as a table").click()
    expect(figure.get_by_role("table")).to_be_visible()
    assert figure.get_by_role("row").count() > 1


def test_headline_figures_have_a_definition_and_a_comparison(alice: Guest) -> None:
    figures = alice.page.locator(".kpi")
    expect(figures.locator(".kpi-label")).to_have_text([re.compile(re.escape(label)) for label in FIGURES])
    for figure in figures.all():
        expect(figure.locator(".kpi-value")).to_have_text(re.compile(r"^\s*£?[\d,]+\s*(\d+ % of them)?\s*$"))
        expect(figure.locator(".kpi-change")).to_have_text(re.compile(r"better|worse|no change"))
        figure.locator(".info summary").click()
        expect(figure.locator(".info-text")).to_be_visible()
        assert len(figure.locator(".info-text").inner_text()) > 20
    expect(alice.page.locator(".info-text:visible")).to_have_count(1)  # a menu closes the one before


def test_the_figures_on_the_page_are_those_of_the_api(alice: Guest, busy: Surgery) -> None:
    first, last = month_before().replace(day=1), month_before()
    days = busy.get(f"/metrics/daily/?from={first}&to={last}")
    rows = days["results"] if isinstance(days, dict) else days
    missed, recovered = sum(day["missed"] for day in rows), sum(day["recovered_appointments"] for day in rows)
    assert missed > 30
    expect(alice.page.locator(".kpi").nth(0).locator(".kpi-value")).to_have_text(f"{missed:,}")
    expect(alice.page.locator(".kpi").nth(3).locator(".kpi-value")).to_have_text(f"{recovered:,}")


def test_the_month_is_switched_by_arrows_and_by_choice(alice: Guest) -> None:
    before, now = month_before(), today()
    lede = alice.page.locator("#lede")
    expect(lede).to_contain_text(f"{before:%B %Y}")
    alice.page.get_by_role("link", name="Month after").click()
    expect(lede).to_contain_text(f"{now:%B %Y}")
    expect(alice.page.get_by_role("link", name="Month after")).to_have_count(0)  # there is nothing to see there
    alice.page.get_by_role("link", name="Month before").click()
    expect(lede).to_contain_text(f"{before:%B %Y}")
    alice.page.get_by_role("link", name="Quarter").click()
    expect(lede).to_contain_text(" to ")
    alice.page.get_by_role("link", name="Week", exact=True).click()
    expect(alice.page.get_by_role("link", name="Week", exact=True)).to_have_attribute("aria-current", "true")
    alice.page.get_by_text("Other days…").click()
    alice.page.get_by_label("First day").fill(f"{before.replace(day=1)}")
    alice.page.get_by_label("Last day").fill(f"{before}")
    alice.button("Show these days").click()
    alice.expect_path(f"/?from={before.replace(day=1)}&to={before}")
    expect(lede).to_contain_text(f"1 to {before.day} {before:%B %Y}")


def test_a_figure_leads_to_the_calls_behind_it(alice: Guest) -> None:
    figure = alice.page.locator(".kpi").first
    figure.locator(".info summary").click()
    figure.get_by_role("link", name="The missed calls").click()
    alice.expect_heading("Calls")
    expect(alice.page.get_by_label("Outcome")).to_have_value("missed")
    expect(alice.page.get_by_label("From")).to_have_value(f"{month_before():%Y-%m}-01")
    for outcome in alice.page.locator(".log-out").all_inner_texts():
        assert outcome == "Missed"


def test_each_step_of_the_funnel_leads_to_its_callers(alice: Guest) -> None:
    steps = alice.page.locator("dl.funnel > div")
    nobody = steps.filter(has_text="Nobody called").get_by_role("link")
    count = int(nobody.inner_text())
    nobody.click()
    alice.expect_heading("Missed callers")
    expect(alice.page.get_by_label("How far it came")).to_have_value("nobody_called")
    expect(alice.page.locator(".visits > li")).to_have_count(min(count, 50))
    expect(alice.page.get_by_text(re.compile(r"called back \d+ ×"))).to_have_count(0)


def test_a_caller_has_a_story(alice: Guest) -> None:
    alice.open("/opportunities/?progress=recovered")
    alice.page.locator(".visit-what a").first.click()
    expect(alice.page.get_by_role("heading", name="What happened")).to_be_visible()
    expect(alice.page.locator(".moment.is-won").first).to_contain_text("Booked")
    expect(alice.page.get_by_text("It would not have counted without").first).to_be_visible()


def test_the_day_that_is_not_over_is_hatched(invite: Invite, busy: Surgery) -> None:
    alice = invite(busy.people.alice, busy)
    alice.open("/")
    trend = alice.page.get_by_role("figure", name=CHARTS[1])
    expect(trend.locator("svg[role=img] rect.missed-part")).to_have_count(1)
    expect(trend.locator(".hit").last.locator("title")).to_have_text(re.compile(r"\(day not over yet\)$"))
    trend.get_by_text("The same as a table").click()
    expect(trend.get_by_role("row").nth(1)).to_contain_text("(not over yet)")


def test_a_new_clinic_has_a_dashboard_too(invite: Invite, surgery: Surgery) -> None:
    alice = invite(surgery.people.alice, surgery)
    alice.open("/")
    expect(alice.page.locator("#lede")).to_contain_text("nobody was missed")
    expect(alice.page.locator(".kpi-value")).to_have_text(["0", "0", "0", "0", "£0"])
    expect(alice.page.get_by_role("figure")).to_have_count(len(CHARTS))
