"""What the page of the audit trail may be asked: by topic, event, person and day. All of it stands in its address."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.core.exceptions import ValidationError

from tenants.domain import day_bounds
from tenants.events import CATALOGUE, ActorKind, Event, Topic
from tenants.selectors import EventFilter

_KINDS = (
    (ActorKind.KEY.value, "Any API key"),
    (ActorKind.STAFF.value, "Ringback support"),
    (ActorKind.SYSTEM.value, "The system"),
    (ActorKind.NOBODY.value, "Somebody not signed in"),
)
_EARLIEST = date(2000, 1, 1)


class AuditFilterForm(forms.Form):
    """`people` are ids and names of the members. Days are the clinic's."""

    topic = forms.ChoiceField(
        choices=[("", "All"), *((topic.name.lower(), topic.value) for topic in Topic)], required=False
    )
    event = forms.ChoiceField(required=False)
    who = forms.CharField(required=False, label="Who")

    def __init__(self, data: Mapping[str, Any], people: Sequence[tuple[str, str]], zone: ZoneInfo) -> None:
        super().__init__(data, auto_id="audit-%s")
        self._zone = zone
        self.fields["event"] = forms.ChoiceField(choices=[("", "All"), *_events_by_topic()], required=False)
        who = [("", "Everybody"), *people, *_KINDS]
        chosen = str(data.get("who", ""))
        if _is_id(chosen) and chosen not in dict(people):  # somebody who has gone is in the trail, not in the list
            who.append((chosen, "A former member or an API key"))
        self.fields["who"].widget = forms.Select(choices=who)
        for name, label in (("from", "From"), ("to", "To")):
            widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            self.fields[name] = forms.DateField(required=False, label=label, widget=widget, input_formats=["%Y-%m-%d"])

    def clean_who(self) -> str:
        who: str = self.cleaned_data["who"]
        if who and who not in {kind for kind, _ in _KINDS} and not _is_id(who):
            raise ValidationError("Not one of the choices.")
        return who

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        first, last = given.get("from"), given.get("to")
        if first and last and first > last:
            self.add_error("to", "This is before the first day.")
        for name in ("from", "to"):
            if given.get(name) and not _EARLIEST <= given[name] < date.max:
                self.add_error(name, "That day is out of reach.")
        return given

    @property
    def is_narrowed(self) -> bool:
        return any(self.cleaned_data.values()) if self.is_valid() else True

    def wanted(self) -> EventFilter:
        """The filter, once the form is valid."""
        given = self.cleaned_data
        return EventFilter(
            topic=Topic[given["topic"].upper()] if given["topic"] else None,
            event=Event(given["event"]) if given["event"] else None,
            actor=given["who"],
            since=self._bounds(given["from"])[0],
            until=self._bounds(given["to"])[1],
        )

    def words(self) -> dict[str, str]:
        """What was asked for, for the record; the person by id."""
        return {name: str(value) for name, value in self.cleaned_data.items() if value}

    def _bounds(self, on: date | None) -> tuple[datetime | None, datetime | None]:
        return day_bounds(on, self._zone) if on else (None, None)


def _events_by_topic() -> list[tuple[str, list[tuple[str, str]]]]:
    groups: dict[str, list[tuple[str, str]]] = {topic.value: [] for topic in Topic}
    for event, (topic, words) in CATALOGUE.items():
        groups[topic.value].append((event.value, words[:1].upper() + words[1:]))
    return list(groups.items())


def _is_id(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False
