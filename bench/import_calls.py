"""Imports a generated file and compares with COPY of the very same rows into the same, emptied, indexed table.

The import is the real command in a process of its own, from start to exit. Prints a JSON line for each repetition.
"""

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from bench.world import ROOT, report, world
from config.embedded.home import find_home
from config.embedded.postgres import postgres_url
from config.embedded.provision import Names, replace_database

DAYS = 83  # of the 90 that a clinic keeps, those whose week is sure to be there
MAKE_CLINIC = ["create_clinic", "Bench", "--slug", "bench-import", "--timezone", "Europe/London", "--region", "GB",
               "--currency", "GBP", "--owner-email", "owner@bench.example"]  # fmt: skip
COLUMNS = "clinic_id, started_at, id, caller, talk_seconds, ring_seconds, kind, direction, outcome, line, source"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=1_000_000)
    parser.add_argument("--numbers", type=int, default=200_000)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--shuffled", action="store_true", help="calls in no order of time")
    options = parser.parse_args()
    with world(), tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "calls.csv"
        write_file(path, options.calls, options.numbers, options.shuffled)
        manage(*MAKE_CLINIC, check=False)
        url = replace_database(postgres_url(find_home(os.environ)), Names().database)
        with psycopg.connect(url, autocommit=True) as admin:
            for _ in range(options.repeat):
                admin.execute("TRUNCATE calls_call, calls_callerhash, calls_change")
                report("import_calls", **measure(admin, path, options.calls))


def measure(admin: psycopg.Connection, path: Path, calls: int) -> dict[str, float]:
    """COPY is timed in both of its formats; the quicker one counts."""
    admin.execute("CHECKPOINT")
    seconds, rss, told = run_import(path)
    stored = told["stored"]
    rows = admin.execute("SELECT count(*) FROM calls_call").fetchone()
    if stored != calls or rows != (calls,):
        raise SystemExit(f"{stored} of {calls} calls were stored")
    again_seconds, _, again = run_import(path)
    if again["duplicate"] != calls:
        raise SystemExit("the second import changed something")
    copied = min(time_copy(admin, format_) for format_ in ("text", "binary"))
    return {
        "calls": calls,
        "import_seconds": round(seconds, 2),
        "copy_seconds": round(copied, 2),
        "ratio": round(copied / seconds, 2),
        "calls_per_second": round(calls / seconds),
        "peak_rss_mb": round(rss / 1024),
        "again_seconds": round(again_seconds, 2),
    }


def run_import(path: Path) -> tuple[float, int, dict[str, Any]]:
    """Seconds, peak resident memory in KB and the report."""
    command = [sys.executable, "manage.py", "import_calls", "bench-import", str(path), "--format", "csv", "--json"]
    began = time.perf_counter()
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as process:
        output = process.stdout.read() if process.stdout else b""
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit("the import failed")
    return time.perf_counter() - began, usage.ru_maxrss, json.loads(output)


def time_copy(admin: psycopg.Connection, format_: str) -> float:
    """Seconds for the rows of the table, in the order of time, into the emptied table."""
    with tempfile.TemporaryFile() as file:
        with admin.cursor().copy(
            f"COPY (SELECT {COLUMNS} FROM calls_call ORDER BY started_at) TO STDOUT (FORMAT {format_})"
        ) as out:
            for block in out:
                file.write(block)
        admin.execute("TRUNCATE calls_call")
        admin.execute("CHECKPOINT")
        file.seek(0)
        began = time.perf_counter()
        with admin.cursor().copy(f"COPY calls_call ({COLUMNS}) FROM STDIN (FORMAT {format_})") as into:
            while block := file.read(1 << 20):
                into.write(block)
        return time.perf_counter() - began


def manage(*arguments: str, check: bool = True) -> None:
    command: Sequence[str] = [sys.executable, "manage.py", *arguments]
    subprocess.run(command, cwd=ROOT, check=check, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def write_file(path: Path, calls: int, numbers: int, shuffled: bool) -> None:
    dice = random.Random(1)
    now = datetime.now(UTC).replace(microsecond=0)
    starts = [now - timedelta(seconds=dice.randrange(DAYS * 86_400)) for _ in range(calls)]
    if not shuffled:
        starts.sort()
    people = [f"7{dice.randrange(10**8, 10**9)}" for _ in range(numbers)]
    with path.open("w") as file:
        file.write("external_id,direction,outcome,started_at,number,line,ring_seconds,talk_seconds\n")
        file.writelines(lines(dice, starts, people))


def lines(dice: random.Random, starts: Sequence[datetime], people: Sequence[str]) -> Iterator[str]:
    for count, start in enumerate(starts):
        outcome = dice.choices(("answered", "missed", "voicemail"), (75, 20, 5))[0]
        talk = dice.randrange(20, 600) if outcome == "answered" else 0
        direction = "inbound" if dice.random() < 0.8 else "outbound"
        number = spell(dice, dice.choice(people))
        yield (
            f"CDR-{count:07d},{direction},{outcome},{start.isoformat()},{number},"
            f"Front desk,{dice.randrange(2, 40)},{talk}\n"
        )


def spell(dice: random.Random, national: str) -> str:
    """As phone systems write a number, or leave it out."""
    spellings = (
        f"+44{national}",
        f"0{national}",
        f"0{national[:4]} {national[4:]}",
        f"0044{national}",
        f"+44 {national[:4]} {national[4:7]} {national[7:]}",
        "anonymous",
    )
    return dice.choices(spellings, (50, 25, 10, 5, 7, 3))[0]


if __name__ == "__main__":
    main()
