"""What a page offers to somebody's eyes and hands, to compare it with and without JavaScript."""

from typing import Any

from playwright.sync_api import Page

# Ease that only a script can give, and secrets, which are others at each visit. All else has to be there without one.
EASE = "#theme, #keys-open, #keys, [data-copy], .js-only, .secret"
SHOWN = f"""() => {{
  const isThere = (element) => element.checkVisibility({{visibilityProperty: true}}) && !element.closest("{EASE}");
  const words = (text) => text.replace(/\\s+/g, " ").replace(/[0-9]+/g, "#").trim();
  const all = (selector, from = document) => [...from.querySelectorAll(selector)].filter(isThere);
  const labelled = (element) => element.getAttribute("aria-label") || element.name || element.id;
  const named = (element) => words(element.innerText || labelled(element));
  const lines = (element) => element.innerText.split("\\n").map(words).filter(Boolean);
  const eased = new Set([...document.querySelectorAll("{EASE}")].flatMap(lines));
  return {{
    controls: all("a[href], button, input, select, textarea, summary").map((one) => `${{one.tagName}} ${{named(one)}}`),
    lines: all("main").flatMap(lines).filter((line) => !eased.has(line)),
    stuck: all("form").filter((form) => ![...form.elements].some((one) => one.type === "submit"))
      .map((form) => form.outerHTML.slice(0, 120)),
  }};
}}"""


def shown(page: Page) -> dict[str, list[str]]:
    """Visible links, buttons and fields; visible lines; forms that nobody can send."""
    found: dict[str, Any] = page.evaluate(SHOWN)
    return found


def lost(page: Page, plain: Page) -> list[str]:
    """What the page without JavaScript lacks; a figure may have changed in between."""
    with_script, without = shown(page), shown(plain)
    missing = [
        f"no {one}" for kind in ("controls", "lines") for one in with_script[kind] if one not in set(without[kind])
    ]
    return missing + [f"nothing sends {form}" for form in without["stuck"]]
