"""What reading a line of a file costs, by format: microseconds of CPU, beside Python's csv module on the same lines.

No database and no server. Prints a line of JSON for each format; the ratio is the bare csv module's time divided by
ours. Calls are in order of time and have one line each, or two legs where a phone system writes legs.
"""

import argparse
import csv
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from random import Random
from zoneinfo import ZoneInfo

from bench.world import report
from calls.domain import Refused
from calls.formats import CALL_FORMATS, Options
from calls.formats.mapping import ColumnMapping

ZONE = ZoneInfo("Europe/London")
FIRST = datetime(2026, 1, 5, 8, 0)  # noqa: DTZ001 - files have local times
MAPPING = ColumnMapping(
    {"started_at": "When", "from_number": "From", "to_number": "To", "outcome": "Status", "talk_seconds": "Talking"},
    direction_from="numbers",
    dates="dmy",
)
Maker = Callable[[int, datetime, str], str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=100_000)
    options = parser.parse_args()
    for name, (format_name, mapping, header, make) in FILES.items():
        lines = _write(header, make, options.lines)
        ours = _time(partial(_read, format_name, mapping, lines))
        bare = _time(partial(_split, lines))
        report(
            "formats",
            format=name,
            lines=len(lines),
            line_us=round(ours / len(lines) * 1e6, 2),
            csv_us=round(bare / len(lines) * 1e6, 2),
            ratio=round(bare / ours, 3),
        )


def _write(header: str, make: Maker, count: int) -> list[bytes]:
    dice = Random(1)
    people = [f"07700900{person:03d}" for person in range(1000)]
    rows = (make(place, FIRST + timedelta(seconds=7 * place), dice.choice(people)) for place in range(count))
    return [line.encode() + b"\n" for line in ([header] if header else []) + list(rows)]


def _read(format_name: str, mapping: ColumnMapping | None, lines: Sequence[bytes]) -> None:
    rows = CALL_FORMATS[format_name].read(lines, Options(ZONE, "GB", {}, mapping))
    if any(isinstance(row.event, Refused) for row in rows):
        raise SystemExit(f"{format_name}: lines were refused")


def _split(lines: Sequence[bytes]) -> None:
    for _ in csv.reader(line.decode() for line in lines):
        pass


def _time(work: Callable[[], None]) -> float:
    """Seconds, the best of three rounds: other work on the machine only ever adds to it."""
    rounds = []
    for _ in range(3):
        began = time.process_time()
        work()
        rounds.append(time.process_time() - began)
    return min(rounds)


def _ours(place: int, at: datetime, number: str) -> str:
    return f"CDR-{place},inbound,answered,{at.isoformat()},{number},Front desk,12,95"


def _export(place: int, at: datetime, number: str) -> str:
    return f"{at:%d/%m/%Y %H:%M:%S},{number},101,Answered,0:01:35"


def _asterisk(place: int, at: datetime, number: str) -> str:
    unique = f"{1_767_600_000 + place // 2}.1"
    return (
        f'"","{number}","600","from-pstn","""A Patient"" <{number}>","PJSIP/trunk-1","PJSIP/101-2","Dial","PJSIP/101",'
        f'"{at:%F %T}","{at:%F %T}","{at:%F %T}",60,52,"ANSWERED","DOCUMENTATION","{unique}",""'
    )


def _freepbx(place: int, at: datetime, number: str) -> str:
    unique = f"{1_767_600_000 + place // 2}.1"
    return (
        f'{at:%d/%m/%Y %H:%M:%S},"""A Patient"" <{number}>",{number},600,ext-queues,PJSIP/trunk-1,PJSIP/101-2,Queue,'
        f'"600,t",60,52,ANSWERED,3,,{unique},,442079460100,,{number},A Patient,,,{unique},,{place}'
    )


def _threecx(place: int, at: datetime, number: str) -> str:
    later, end = at + timedelta(seconds=8), at + timedelta(seconds=68)
    return (
        f"Call {place // 2},00000C21_{place},00:01:00,{at:%Y/%m/%d %H:%M:%S},{later:%Y/%m/%d %H:%M:%S},"
        f"{end:%Y/%m/%d %H:%M:%S},TerminatedBySrc,{number},Ext.960,10021,960,960,,Ext.101,101,,,,,"
        f"Chain: {number};Ext.960;Ext.101;,Line,Queue,Extension,,Front desk,Alice,"
    )


HEADER = "external_id,direction,outcome,started_at,number,line,ring_seconds,talk_seconds"
FILES: dict[str, tuple[str, ColumnMapping | None, str, Maker]] = {
    "csv": ("csv", None, HEADER, _ours),
    "csv with a mapping": ("csv", MAPPING, "When,From,To,Status,Talking", _export),
    "asterisk": ("asterisk", None, "", _asterisk),
    "freepbx": ("freepbx", None, "", _freepbx),
    "3cx": ("3cx", None, "", _threecx),
}


if __name__ == "__main__":
    main()
