"""The policy of the pages, in a browser that obeys it: what is injected does not run, what is ours does."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Invite
from tests.browser.guest import Guest
from tests.browser.surgery import Surgery

pytestmark = [pytest.mark.slow, pytest.mark.browser]

# How a script that somebody managed to slip in would go on; each must end without `window.hacked`.
MARKUP = {
    "event handler": "<img src=x onerror='window.hacked = 1'>",
    "script": "<script>window.hacked = 1</script>",
    "link": "<a href='javascript:window.hacked = 1' id='bad'>x</a>",
    "hidden link": "<a href='java\tscript:window.hacked = 1' id='bad'>x</a>",
    "form": "<form><button formaction='javascript:window.hacked = 1' id='bad'>x</button></form>",
    "frame": "<iframe srcdoc='<script>parent.hacked = 1</script>'></iframe>",
    "template": "<template><img src=x onerror='window.hacked = 1'></template>",
    "drawing": "<svg><script>window.hacked = 1</script></svg>",
    "animation": "<svg><animate onbegin='window.hacked = 1' attributeName=x dur=1s></svg>",
    "base": "<base href='https://evil.example/'>",
    "style": "<style>body { display: none }</style>",
    "hx-on": "<div hx-on:click='window.hacked = 1' id='bad'>x</div>",
}
SINKS = {
    "innerHTML": "(text) => { document.querySelector('#main').innerHTML = text; }",
    "outerHTML": "(text) => { document.querySelector('h1').outerHTML = text; }",
    "insertAdjacentHTML": "(text) => document.querySelector('#main').insertAdjacentHTML('beforeend', text)",
    "document.write": "(text) => document.write(text)",
    "parseFromString": "(text) => new DOMParser().parseFromString(text, 'text/html')",
}
CODE = {
    "eval": "() => (0, eval)('window.hacked = 1')",
    "function": "() => new Function('window.hacked = 1')()",
    "timer": "() => setTimeout('window.hacked = 1', 0)",
    "script text": "() => { document.createElement('script').textContent = 'window.hacked = 1'; }",
    "script address": "() => { document.createElement('script').src = 'data:text/javascript,window.hacked=1'; }",
    "handler attribute": "() => document.querySelector('h1').setAttribute('onclick', 'window.hacked = 1')",
    "another policy": "() => trustedTypes.createPolicy('mine', { createHTML: (text) => text })",
    "the same policy again": "() => trustedTypes.createPolicy('default', { createHTML: (text) => text })",
}
# From a timer: what the test runs by itself is let through by the browser's debugger.
TRY = """async ([body, text]) => {
  window.hacked = 0;
  const act = eval(body);
  const caught = await new Promise((done) => setTimeout(() => {
    try { act(text); done(""); } catch (error) { done(error.name); }
  }));
  document.querySelector("#bad")?.click();
  await new Promise((done) => setTimeout(done, 60));
  return [caught, window.hacked];
}"""


@pytest.fixture
def guest(invite: Invite) -> Guest:
    guest = invite()
    guest.watch.forgive("CSP: |Content.Security.Policy|Trusted ?Types?|TrustedHTML|TrustedScript|require|policy")
    guest.open("/account/login/")
    return guest


def attempt(page: Page, body: str, text: str = "") -> tuple[str, int]:
    caught, hacked = page.evaluate(TRY, [body, text])
    return caught, hacked


@pytest.mark.parametrize("sink", SINKS)
def test_markup_that_would_run_is_refused(guest: Guest, sink: str) -> None:
    for kind, text in MARKUP.items():
        assert attempt(guest.page, SINKS[sink], text) == ("TypeError", 0), kind
    assert guest.watch.complaints  # the browser has reported it


@pytest.mark.parametrize("way", CODE)
def test_text_never_becomes_code(guest: Guest, way: str) -> None:
    caught, hacked = attempt(guest.page, CODE[way])
    assert caught in {"TypeError", "EvalError"}
    assert hacked == 0


def test_harmless_markup_goes_through(guest: Guest) -> None:
    text = '<p id="fine" title="on the phone">javascript: is a word <a href="/privacy">here</a></p>'
    assert attempt(guest.page, SINKS["insertAdjacentHTML"], text) == ("", 0)
    expect(guest.page.locator("#fine")).to_contain_text("is a word")


def test_a_script_in_the_page_itself_does_not_run(invite: Invite, surgery: Surgery) -> None:
    """As if somebody had found a hole in a template: neither with a wrong nonce nor with none."""
    alice = invite(surgery.people.alice, surgery)
    alice.watch.forgive("CSP: |Content.Security.Policy")
    hole = (
        "<script>window.hacked=1</script><script nonce=x>window.hacked=1</script><img src=/x onerror='window.hacked=1'>"
    )

    def inject(route: object) -> None:
        answer = route.fetch()  # type: ignore[attr-defined]
        route.fulfill(response=answer, body=answer.text().replace("</h1>", f"</h1>{hole}"))  # type: ignore[attr-defined]

    alice.watch.forgive("404")
    alice.page.route("**/calls/", inject)
    alice.open("/calls/")
    expect(alice.page.locator("h1 ~ img, h1 + script").first).to_be_attached()
    assert alice.page.evaluate("window.hacked") is None
    assert any("script-src" in text for text in alice.watch.complaints)


def test_no_other_site_can_frame_us(invite: Invite) -> None:
    guest = invite()
    guest.watch.forgive("frame-ancestors|X-Frame-Options|ERR_BLOCKED_BY_RESPONSE|frame|CSP")
    guest.page.route(
        "**/evil/", lambda route: route.fulfill(body="<iframe src='/privacy'></iframe>", content_type="text/html")
    )
    guest.open("/evil/")
    guest.page.wait_for_timeout(0)
    assert all(frame.url != f"{guest.origin}/privacy" for frame in guest.page.frames[1:])
