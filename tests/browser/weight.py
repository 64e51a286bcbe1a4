"""How heavy a first visit to a page is over the wire: the page, and whatever it names, icons included."""

from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin

import requests

HEAD = 300  # bytes of an answer's head, roughly; it is sent as well


class _Files(HTMLParser):
    """What a browser fetches with the page. A home-screen icon and a manifest it fetches when asked to install."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = dict(attrs)
        path = about.get("href") if tag == "link" and about.get("rel") in {"icon", "stylesheet"} else about.get("src")
        if path and not path.startswith("data:"):
            self.found.add(path)


def weigh(url: str, session: str | None) -> int:
    """Bytes, compressed as the server sends them to a browser."""
    with requests.Session() as browser:
        browser.headers["Accept-Encoding"] = "gzip, br"
        if session:
            browser.cookies.set("session", session)
        page = browser.get(url, allow_redirects=False)
        files = _Files()
        files.feed(page.text)
        return sum(_sizes(browser, [url, *(urljoin(url, path) for path in sorted(files.found))]))


def _sizes(browser: requests.Session, urls: list[str]) -> Iterator[int]:
    for url in urls:
        with browser.get(url, stream=True, allow_redirects=False) as answer:
            yield HEAD + len(answer.raw.read(decode_content=False))
