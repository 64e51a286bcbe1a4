"""The files that calls and appointments can be read from, by name; refuses options that a format does not have.

A format is one module with one function, `read(lines, options)`: lines of a file in, rows out, lazily and in bounded
memory. A line that cannot be read is a row too, which says why; reading goes on behind it. Only a file that cannot be
what it is said to be (no header, another program's file) raises `Refused`, before the first row.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Final, Protocol, TypeVar
from zoneinfo import ZoneInfo

import phonenumbers

from calls.domain import AppointmentEvent, CallEvent
from calls.formats import appointments_csv, asterisk, calls_csv, freepbx, threecx
from calls.formats.lines import Options, ReadRow, split_lines
from calls.formats.mapping import read_mapping

__all__ = [
    "APPOINTMENT_FORMATS", "CALL_FORMATS", "COMMON_OPTIONS", "BadOption", "Format", "Options", "ReadRow",
    "add_mapping", "find_format", "make_options", "split_lines",
]  # fmt: skip

Event = TypeVar("Event")


class Format(Protocol[Event]):
    """What the import commands need to know of a format."""

    @property
    def NAME(self) -> str:
        """As in `--format` and in `CallEvent.source`."""

    @property
    def TITLE(self) -> str:
        """As people call it."""

    @property
    def OPTIONS(self) -> Mapping[str, str]:
        """The format's own options, and what they are for."""

    def read(self, lines: Iterable[bytes], options: Options) -> Iterator[ReadRow[Event]]: ...


CALL_FORMATS: Final[Mapping[str, Format[CallEvent]]] = MappingProxyType(
    {format_.NAME: format_ for format_ in (calls_csv, asterisk, freepbx, threecx)}
)
APPOINTMENT_FORMATS: Final[Mapping[str, Format[AppointmentEvent]]] = MappingProxyType(
    {appointments_csv.NAME: appointments_csv}
)
COMMON_OPTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "timezone": "zone of the file's local times, such as Europe/London; without it the clinic's",
        "region": "country in which numbers without a country code are read, such as GB; without it the clinic's",
    }
)


class BadOption(ValueError):
    """An option that the format does not have, or a value that it cannot have; the text is for whoever typed it."""


def find_format(formats: Mapping[str, Format[Event]], name: str) -> Format[Event]:
    """Raises BadOption."""
    format_ = formats.get(name)
    if format_ is None:
        raise BadOption(f'unknown format "{name}"; known are: {", ".join(sorted(formats))}')
    return format_


def add_mapping(options: Options, format_name: str, text: str | bytes) -> Options:
    """The same options with a mapping, of the text of its file. Raises BadOption, BadMapping."""
    if format_name != calls_csv.NAME:
        raise BadOption(f"a mapping is for the format {calls_csv.NAME}: the others know their columns")
    return replace(options, mapping=read_mapping(text))


def make_options(format_options: Mapping[str, str], pairs: Iterable[str], zone: ZoneInfo, region: str) -> Options:
    """Options of a format from `key=value` texts; zone and region are the clinic's. Raises BadOption."""
    known = {**COMMON_OPTIONS, **format_options}
    values: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = (part.strip() for part in pair.partition("="))
        if not equals or not value:
            raise BadOption("an option is written name=value")
        if name not in known:
            raise BadOption(f'unknown option "{name}"; known are: {", ".join(sorted(known))}')
        if name in values:
            raise BadOption(f'option "{name}" stands twice')
        values[name] = value
    _check_values(values)
    return Options(
        zone=_read_zone(values.pop("timezone", None), zone),
        region=_read_region(values.pop("region", region)),
        values=MappingProxyType(values),
    )


def _check_values(values: Mapping[str, str]) -> None:
    if values.get("dates", "dmy") not in ("dmy", "mdy"):
        raise BadOption('option "dates" is dmy or mdy')
    if values.get("utc", "no") not in ("yes", "no"):
        raise BadOption('option "utc" is yes or no')
    if values.get("utc") == "yes" and "timezone" in values:
        raise BadOption('options "utc" and "timezone" exclude each other')
    both = {part.strip() for part in values.get("inbound", "").split(",")} & {
        part.strip() for part in values.get("outbound", "").split(",")
    }
    if both - {""}:
        raise BadOption(f"contexts that are both inbound and outbound: {', '.join(sorted(both - {''}))}")


def _read_zone(name: str | None, otherwise: ZoneInfo) -> ZoneInfo:
    if name is None:
        return otherwise
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # no such zone, not a name, a directory
        raise BadOption(f'unknown time zone "{name}"; use a name like Europe/London') from error


def _read_region(name: str) -> str:
    region = name.upper()
    if region not in phonenumbers.SUPPORTED_REGIONS:
        raise BadOption(f'unknown region "{name}"; use two letters like GB or US')
    return region
