"""Lighthouse on the demo clinic: performance, accessibility and best practices of sign-in, worklist and dashboard.

Not part of `make bench` nor of CI: it wants node, npm and a Chromium on the machine, and fetches the npm package, of
the version below, into the ignored folder `.cache/lighthouse`. Prints a line of JSON for each page; ends with 1 when a
score is below the aim.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench.world import ROOT, report, served, sign_in, world

VERSION = "12.8.2"
FOLDER = ROOT / ".cache" / "lighthouse"
HOME = ROOT / ".local" / "lighthouse"  # not that of the other benchmarks: they measure the clinic of the run before
PAGES = {"sign_in": "/account/login/", "worklist": "/worklist/", "dashboard": "/"}
# Each a run of its own: with all three in one, the worklist's document is gone before a rule of the last can read it.
RUNS = (("performance", "best-practices"), ("accessibility",))
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
AIM = 95
PORT = 8_919


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--preset", choices=("mobile", "desktop"), default="mobile")
    options = parser.parse_args()
    program, chromium = _find_lighthouse(), _find_chromium()
    os.environ.setdefault("RINGBACK_HOME", str(HOME))
    lowest = 100
    with world():
        session = _open_demo()
        with served(PORT) as url:
            for name, path in PAGES.items():
                cookie = "" if name == "sign_in" else session
                scores, below = dict[str, int](), list[str]()
                for categories in RUNS:
                    found = _run(program, chromium, url + path, cookie, options.preset, categories)
                    scores |= {key: round(100 * (found["categories"][key]["score"] or 0)) for key in categories}
                    below += _below(found)
                lowest = min(lowest, *scores.values())
                report(f"lighthouse_{name}", preset=options.preset, **scores, below=below)
    return 0 if lowest >= AIM else 1


def _find_lighthouse() -> Path:
    program = FOLDER / "node_modules" / ".bin" / "lighthouse"
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        raise SystemExit("Lighthouse needs node and npm on the PATH (apt-get install nodejs npm).")
    if not (FOLDER / VERSION).exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--prefix", str(FOLDER), "--no-audit", "--no-fund", f"lighthouse@{VERSION}"]
        subprocess.run(command, check=True, stdout=sys.stderr)
        (FOLDER / VERSION).touch()
    return program


def _find_chromium() -> str:
    """`CHROMIUM` says which; else the first on the PATH."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        raise SystemExit("Lighthouse needs a Chromium on the PATH, or named in CHROMIUM.")
    return found


def _open_demo() -> str:
    """The session cookie of the demo clinic's owner; the clinic is made where there is none."""
    from attribution.management.commands.make_demo_clinic import ALICE  # noqa: PLC0415 - after the set-up

    subprocess.run([sys.executable, "-m", "config.embedded.prepare", "--demo"], check=True, stdout=sys.stderr)
    return sign_in(ALICE)


def _run(
    program: Path, chromium: str, url: str, session: str, preset: str, categories: Sequence[str]
) -> dict[str, Any]:
    flags = "--headless=new" + (" --no-sandbox" if os.geteuid() == 0 else "")  # its sandbox refuses to run as root
    command = [
        str(program), url, "--output=json", "--quiet", f"--chrome-flags={flags}",
        f"--only-categories={','.join(categories)}", *(["--preset=desktop"] if preset == "desktop" else []),
    ]  # fmt: skip
    if session:
        command.append(f"--extra-headers={json.dumps({'Cookie': session})}")
    environ = {**os.environ, "CHROME_PATH": chromium}
    done = subprocess.run(command, check=True, env=environ, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    if found["finalDisplayedUrl"] != url:
        raise SystemExit(f"{url} led to another page.")
    return found


def _below(found: dict[str, Any]) -> list[str]:
    """What costs points or could not be taken, so that one knows where to look."""
    weighed = {
        audit["id"] for category in found["categories"].values() for audit in category["auditRefs"] if audit["weight"]
    }
    audits = {key: found["audits"][key] for key in sorted(weighed)}
    failed = [f"{key}: {audit['errorMessage']}" for key, audit in audits.items() if audit.get("errorMessage")]
    return failed + [key for key, audit in audits.items() if audit["score"] is not None and audit["score"] < 0.9]


if __name__ == "__main__":
    sys.exit(main())
