"""A walk through a page with the Tab key alone, and what is wrong with where it stops."""

from typing import Any

from playwright.sync_api import Page

# Where the focus goes, in order, and what is wrong there: no ring, out of sight, under something else.
WATCH = """() => {
  const isBare = (element) => {
    const style = getComputedStyle(element);
    return (style.outlineStyle === "none" || parseFloat(style.outlineWidth) < 1) && style.boxShadow === "none";
  };
  const isSeen = (element) => {
    const {left, top, right, bottom} = element.getBoundingClientRect();
    const [x, y] = [(left + right) / 2, (top + bottom) / 2];
    if (x < 0 || y < 0 || x > innerWidth || y > innerHeight) return "out of sight";
    const over = document.elementFromPoint(x, y);
    const isOwn = !over || element.contains(over) || over.contains(element) || over.closest("label")?.contains(element);
    return isOwn ? "" : `under ${over.outerHTML.slice(0, 80)}`;
  };
  window.walk = {stops: [], faults: [], elements: []};
  document.addEventListener("focusin", ({target}) => {
    const {stops, faults, elements} = window.walk;
    if (elements.includes(target)) { stops.push("again"); return; }
    const words = target.outerHTML.slice(0, 120);
    const last = elements.at(-1);
    const isNext = !last || last.compareDocumentPosition(target) & Node.DOCUMENT_POSITION_FOLLOWING;
    if (!isNext) faults.push(`out of order: ${words}`);
    if (isBare(target)) faults.push(`no ring: ${words}`);
    const where = isSeen(target);
    if (where) faults.push(`${where}: ${words}`);
    elements.push(target);
    stops.push(words);
  });
}"""
# Whatever can be pressed and was never come to. Of radio buttons the keys reach one, the arrows the others.
MISSED = """() => {
  const all = [...document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']")];
  const isThere = (element) => element.checkVisibility({visibilityProperty: true, contentVisibilityAuto: true})
    && element.tabIndex >= 0 && !element.disabled && element.type !== "hidden" && !element.closest("[inert]");
  const isOther = (element) => window.walk.elements.some((one) => one.name === element.name);
  const isStop = (element) => element.type !== "radio" || !isOther(element);
  return all.filter((element) => isThere(element) && isStop(element) && !window.walk.elements.includes(element))
    .map((element) => element.outerHTML.slice(0, 120));
}"""
# From the top, also of a page that puts the focus into a field: and how many stops there may be.
START = """() => {
  document.body.tabIndex = -1;
  document.body.focus();
  document.body.removeAttribute("tabindex");
  const stops = document.querySelectorAll("a[href], button, input, select, textarea, summary, [tabindex='0']").length;
  const parts = document.querySelectorAll("[type=time], [type=date], [type=month]").length;  // hour, minute, picker
  return stops + 4 * parts;
}"""
IS_AROUND = "() => document.activeElement === document.body || window.walk.stops.at(-1) === 'again'"


def walk(page: Page) -> list[str]:
    """What is wrong on the way through the page, from its top to its end."""
    most = page.evaluate(START)
    page.evaluate(WATCH)
    for press in range(most + 1):
        page.keyboard.press("Tab")
        if press % 8 == 7 and page.evaluate(IS_AROUND):  # asking takes longer than pressing
            break
    found: dict[str, Any] = page.evaluate("() => ({stops: window.walk.stops, faults: window.walk.faults})")
    first = [] if found["stops"] and 'class="skip"' in found["stops"][0] else ["the first stop is no skip link"]
    return [*first, *found["faults"], *(f"never reached: {element}" for element in page.evaluate(MISSED))]
