"""Reads a form out of a page as a browser would send it when nobody changes a thing, hidden fields included."""

from html.parser import HTMLParser


class _Forms(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[tuple[str, dict[str, str]]] = []
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        about = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append((about.get("action", ""), {}))
        elif self.forms and tag == "select":
            self._select = about.get("name", "")
        elif self.forms and tag == "option" and "selected" in about:
            self.forms[-1][1][self._select] = about.get("value", "")
        elif self.forms and tag == "input" and "name" in about and _is_sent(about):
            default = "on" if about.get("type") in ("checkbox", "radio") else ""
            self.forms[-1][1][about["name"]] = about.get("value", default)


def _is_sent(about: dict[str, str]) -> bool:
    return about.get("type") not in ("checkbox", "radio", "submit") or "checked" in about


def read_form(page: str, action: str) -> dict[str, str]:
    """The fields of the form that goes to `action`; empty where the page has none."""
    reader = _Forms()
    reader.feed(page)
    return next((fields for goes_to, fields in reader.forms if goes_to in (action, "") and fields), {})
