"""Names a browser from what it says of itself: family, major version, system. Pure; keeps nothing else of it.

The whole text would tell devices apart; "Firefox 130 on Linux" tells a person which of their sessions it is.
"""

import re

UNKNOWN = "Unknown browser"
# In this order: nearly everybody says Chrome and Safari as well.
_FAMILIES = (
    ("Edge", re.compile(r"Edg(?:e|A|iOS)?/(\d{1,4})")),
    ("Opera", re.compile(r"(?:OPR|OPT)/(\d{1,4})")),
    ("Samsung Internet", re.compile(r"SamsungBrowser/(\d{1,4})")),
    ("Firefox", re.compile(r"(?:Firefox|FxiOS)/(\d{1,4})")),
    ("Chrome", re.compile(r"(?:HeadlessChrome|Chrome|CriOS)/(\d{1,4})")),
    ("Safari", re.compile(r"Version/(\d{1,4})\S* .*Safari/")),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iPadOS"),
    ("CrOS", "ChromeOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
)
_PROGRAM = re.compile(r"([A-Za-z][A-Za-z-]{1,29})/(\d{1,4})")
_LONGEST = 1000


def name_browser(user_agent: str) -> str:
    """`Chrome 131 on Windows`, `curl 8`; "Unknown browser" for what says nothing that is known."""
    text = user_agent[:_LONGEST]
    for family, pattern in _FAMILIES:
        found = pattern.search(text)
        if found:
            return f"{family} {found[1]}{_system(text)}"
    program = None if text.startswith("Mozilla/") else _PROGRAM.match(text)
    return f"{program[1]} {program[2]}" if program else UNKNOWN


def _system(text: str) -> str:
    return next((f" on {name}" for mark, name in _SYSTEMS if mark in text), "")
