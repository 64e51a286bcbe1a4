"""What is looked at on every page, at every width and in both themes: accessibility rules, overflow, a picture."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

HEIGHTS = {360: 780, 768: 1024, 1440: 900}  # by width: a phone, a tablet, a PC
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")

# Wider than the window is what one can scroll to; a table may be, inside a box that scrolls by itself.
FIND_OVERFLOW = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const isWide = (element) => element.getBoundingClientRect().right > width + 0.5;
  return [...document.body.querySelectorAll("*")].filter(isWide).map((element) => element.outerHTML.slice(0, 120));
}"""
_axe = Axe()
OPEN_EVERYTHING = """() => { for (const details of document.querySelectorAll("details")) details.open = true; }"""


def look_at(page: Page, name: str, *, without: str = "-") -> list[str]:
    """What is wrong with the page at any width in any theme, a line each; takes pictures where they are asked for.

    `without` is a rule that the test itself breaks.
    """
    faults = [f"{name} {view}: {fault}" for view in _views(page) for fault in _faults(page, name, view)]
    return [fault for fault in faults if f": {without}: " not in fault]


# What is under a rule that goes by colours is looked at in both themes; all else is the same in the dark.
OF_COLOURS = ("color-contrast", "link-in-text-block")


def violations(page: Page, *rules: str) -> list[str]:
    """Of WCAG 2.2 AA and of axe's best practices; of these rules alone, where some are named."""
    options = {"resultTypes": ["violations"], "rules": {"target-size": {"enabled": True}}}
    if not page.evaluate("'axe' in window"):  # half a megabyte: once a page
        page.evaluate(_axe.axe_script)
    only = {"runOnly": {"type": "rule", "values": list(rules)}} if rules else {}
    found: dict[str, Any] = page.evaluate("options => axe.run(options)", {**options, **only})
    return [
        f"{violation['id']}: {node['html'][:160]} ({node['failureSummary'][:200]})"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]


def overflow(page: Page) -> list[str]:
    found: list[str] = page.evaluate(FIND_OVERFLOW)
    return found


def open_everything(page: Page) -> None:
    """Menus, tables behind charts, explanations: all that is folded away."""
    page.evaluate(OPEN_EVERYTHING)


def _views(page: Page) -> Iterator[str]:
    for width, height in HEIGHTS.items():
        page.set_viewport_size({"width": width, "height": height})
        for theme in THEMES:
            # Without motion: a colour on its way from one theme to the other is nobody's choice.
            page.emulate_media(color_scheme=theme, reduced_motion="reduce")
            yield f"{width}-{theme}"


def _faults(page: Page, name: str, view: str) -> Iterator[str]:
    take_picture(page, f"{name}-{view}")
    if view.endswith("dark"):
        yield from violations(page, *OF_COLOURS)
        return
    yield from (f"wider than the window: {element}" for element in overflow(page))
    yield from violations(page)


def take_picture(page: Page, name: str) -> None:
    """Into the folder that SCREENSHOTS names; nothing without."""
    folder, size = os.environ.get("SCREENSHOTS"), page.viewport_size
    if not folder or size is None:
        return
    height: int = page.evaluate("document.documentElement.scrollHeight")  # so tall that bars at the foot are there
    page.set_viewport_size({"width": size["width"], "height": max(height, size["height"])})
    page.screenshot(path=Path(folder) / f"{name}.png", animations="disabled")
    page.set_viewport_size(size)
