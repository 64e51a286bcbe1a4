"""Importing a file in a browser: dropped or chosen, columns, check, import, report; and all of it without a script."""

import re
from collections.abc import Callable, Iterator

import psycopg
import pytest
from playwright.sync_api import FilePayload, Page, Request, expect

from config.embedded.provision import Names, replace_database
from tests.attribution.files import NUMBERS, their_file
from tests.attribution.files import our_file as our_calls
from tests.browser.conftest import Invite
from tests.browser.guest import Guest
from tests.browser.looks import look_at
from tests.browser.surgery import Surgery

pytestmark = [pytest.mark.slow, pytest.mark.browser]
PATH = "/settings/import/"
CALLS = f"{PATH}calls/"
DROP = """([zone, text]) => {
  const files = new DataTransfer();
  files.items.add(new File([text], "calls of 07700 900123.csv"));
  for (const name of ["dragover", "drop"])
    zone.dispatchEvent(new DragEvent(name, { dataTransfer: files, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def alice(invite: Invite, surgery: Surgery) -> Guest:
    return invite(surgery.people.alice, surgery)


def choose(page: Page, content: bytes) -> None:
    payload: FilePayload = {"name": "calls of 07700 900123.csv", "mimeType": "text/csv", "buffer": content}
    page.get_by_label("File", exact=True).set_input_files(payload)


def sent_by(guest: Guest) -> list[Request]:
    """What the page sends from now on."""
    sent: list[Request] = []
    guest.context.on("request", lambda request: sent.append(request) if request.method == "POST" else None)
    return sent


def tally(page: Page, name: str) -> str:
    return page.locator(".tallies div", has_text=name).locator("dd").inner_text()


def count_calls(surgery: Surgery) -> int:
    return surgery.count("calls_call")


def test_our_own_columns_from_the_empty_page_to_the_report(alice: Guest, surgery: Surgery) -> None:
    page = alice.open("/settings/")
    page.get_by_role("link", name="Imports", exact=True).click()
    page.get_by_role("link", name="Import calls").click()
    alice.expect_heading("Import calls from a file")
    choose(page, our_calls(40) + b"x,inbound,missed,never,07700900999,Main,1,0\n")
    sent = sent_by(alice)
    alice.button("Check, without storing anything").click()
    expect(page.get_by_role("heading", name="What an import would do")).to_be_focused()
    assert (tally(page, "Would be stored"), tally(page, "Refused")) == ("40", "1")
    assert count_calls(surgery) == 0
    alice.button("Import").click()  # the file is still there
    alice.expect_heading("Import of calls")
    expect(page.locator(".done")).to_contain_text("Imported")
    assert (tally(page, "Stored"), tally(page, "Refused")) == ("40", "1")
    assert count_calls(surgery) == 40
    assert len([one for one in sent if one.url.endswith(CALLS)]) == 2
    with page.expect_download() as download:
        page.get_by_role("link", name="Download report").click()
    assert "07700" not in download.value.path().read_text()
    page.get_by_role("link", name="All imports").click()
    expect(page.locator("tbody tr")).to_have_count(2)


def test_a_file_that_is_dropped_and_the_columns_of_another_system(alice: Guest, surgery: Surgery) -> None:
    page = alice.open(CALLS)
    content = their_file(30) + b"#" * 200_000 + b"\n"
    page.get_by_label("What kind of file is it?").select_option("mapped")
    page.evaluate(DROP, [page.locator("#drop").element_handle(), content.decode()])
    sizes: list[int] = []
    alice.context.on("request", lambda one: sizes.append(_size(one)) if one.method == "POST" else None)
    alice.button("Import").click()
    expect(page.get_by_role("heading", name="Which column is which")).to_be_focused()
    assert sizes[0] < 80_000  # the beginning is enough
    expect(page.get_by_role("cell", name="a number", exact=True)).to_have_count(10)
    assert not any(number[-9:] in page.content() for number in NUMBERS)
    page.get_by_label("Line, queue or department").select_option("not in this file")
    alice.button("Show the first rows again").click()
    expect(page.get_by_role("cell", name="Reception")).to_have_count(0)
    alice.fill({"Remember this as": "Switchboard"})
    alice.button("Import").click()
    alice.expect_heading("Import of calls")
    assert tally(page, "Stored") == "30"
    assert count_calls(surgery) == 30


def _size(request: Request) -> int:
    return int(request.all_headers().get("content-length", "0"))


def test_remembered_columns_are_not_asked_about(alice: Guest, surgery: Surgery) -> None:
    page = alice.open(CALLS)
    page.get_by_label("What kind of file is it?").select_option("mapped")
    choose(page, their_file(5))
    alice.button("Import").click()
    alice.fill({"Remember this as": "Switchboard"})
    alice.button("Check, without storing anything").click()
    expect(page.get_by_role("heading", name="What an import would do")).to_be_focused()
    alice.open(CALLS)
    page.get_by_label("What kind of file is it?").select_option("mapped")
    choose(page, their_file(8))
    alice.button("Import").click()
    alice.expect_heading("Import of calls")
    assert count_calls(surgery) == 8


def test_what_is_wrong_is_said_and_the_file_stays(alice: Guest, surgery: Surgery) -> None:
    alice.watch.forgive("status of 400")
    page = alice.open(CALLS)
    alice.button("Import").click()  # the browser itself asks for the file
    choose(page, b"name,telephone\nJane,07700900001\n")
    alice.button("Import").click()
    expect(page.locator("#id_file_error")).to_contain_text("names none of the columns")
    assert not look_at(page, "import-refused")
    assert page.get_by_label("File", exact=True).evaluate("input => input.files.length") == 1
    page.locator("#import").evaluate("box => { box.dataset.max = 10; }")
    sent = sent_by(alice)
    alice.button("Import").click()
    expect(page.locator("#import-problem")).to_contain_text("more than can be sent from here")
    assert sent == []


@pytest.fixture
def held(surgery: Surgery) -> Iterator[Callable[[], None]]:
    """No batch of this clinic is stored until the lock is let go."""
    url = replace_database(surgery.stack.admin_url, Names().database)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(7001, hashtext(%s))", [surgery.people.clinic_id])
        yield lambda: (connection.execute("SELECT pg_advisory_unlock_all()"), None)[1]


def test_progress_is_shown_and_stop_ends_it_after_the_batch(
    alice: Guest, surgery: Surgery, held: Callable[[], None]
) -> None:
    page = alice.open(CALLS)
    choose(page, our_calls(25_000))
    alice.button("Import").click()
    expect(page.locator("#import-bar")).to_contain_text("Importing: 0 read")
    colleague = alice.context.new_page()
    colleague.goto(PATH)
    expect(colleague.locator("tbody")).to_contain_text("running")
    colleague.locator("tbody a").click()
    expect(colleague.locator("progress")).to_be_visible()
    assert not look_at(colleague, "import-running")
    page.bring_to_front()
    alice.button("Stop").click()
    alice.expect_heading("Import of calls")
    expect(page.locator("#import-bar")).to_contain_text("Stopping after")
    held()
    expect(page.locator(".notice")).to_contain_text("Stopped before the end")
    expect(colleague.locator(".notice")).to_contain_text("Stopped before the end")
    assert count_calls(surgery) == 20_000
    assert not look_at(page, "import-stopped")


def test_closing_the_page_while_it_runs_changes_nothing(
    alice: Guest, surgery: Surgery, held: Callable[[], None]
) -> None:
    page = alice.open(CALLS)
    choose(page, our_calls(25_000))
    alice.button("Import").click()
    expect(page.locator("#import-bar")).to_contain_text("Importing")
    page.close()
    held()
    surgery.stack.wait_until(lambda: count_calls(surgery) == 25_000)


def test_without_a_script_the_file_is_chosen_again_for_each_step(invite: Invite, surgery: Surgery) -> None:
    alice = invite(surgery.people.alice, surgery, java_script_enabled=False)
    page = alice.open(CALLS)
    page.get_by_label("What kind of file is it?").select_option("mapped")
    content = their_file(6)
    for step in ("Which column is which", "What an import would do"):
        choose(page, content)
        alice.button("Check, without storing anything").click()
        expect(page.get_by_role("heading", name=step)).to_be_visible()
        expect(page.get_by_text("The file is not kept: choose it again")).to_be_visible()
    choose(page, content)
    alice.button("Import").click()
    expect(page).to_have_url(re.compile(f"{PATH}[0-9a-f-]{{36}}/$"))
    assert tally(page, "Stored") == "6"
    assert count_calls(surgery) == 6


def test_how_the_steps_look(alice: Guest) -> None:
    page = alice.open(CALLS)
    page.get_by_label("What kind of file is it?").select_option("mapped")
    choose(page, their_file(12))
    alice.button("Import").click()
    expect(page.get_by_role("heading", name="Which column is which")).to_be_focused()
    faults = look_at(page, "import-columns")
    alice.fill({"Remember this as": "Switchboard"})
    alice.button("Check, without storing anything").click()
    expect(page.get_by_role("heading", name="What an import would do")).to_be_focused()
    faults += look_at(page, "import-checked")
    alice.button("Import").click()
    alice.expect_heading("Import of calls")
    faults += look_at(page, "import-done")
    alice.open(PATH)
    faults += look_at(page, "imports")
    page.get_by_role("link", name="Remove… Switchboard").click()
    faults += look_at(page, "import-columns-remove")
    assert not faults
    alice.button("Remove it").click()
    expect(page.locator(".toast")).to_contain_text("is removed")
