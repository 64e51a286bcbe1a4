"""What a provider's adapter costs: reading each of its sample messages, and verifying it, in microseconds of CPU.

No database and no server. Prints a line of JSON for each provider; the aim is 200 microseconds to read the slowest
message. The ratio is the aim divided by that.
"""

import argparse
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bench.world import report
from calls.domain import VerifiedBody
from calls.providers import PROVIDERS, Provider
from tests.calls.phone_systems import NOW, SYSTEMS

AIM_US = 200
PAYLOADS = Path(__file__).parents[1] / "tests" / "payloads"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=2_000)
    options = parser.parse_args()
    for name, provider in sorted(PROVIDERS.items()):
        bodies = [path.read_bytes() for path in sorted((PAYLOADS / name).iterdir()) if path.suffix != ".md"]
        reading = [_micros(_reader(provider, body), options.times) for body in bodies]
        figures = {"messages": len(bodies), "parse_us": median(reading), "slowest_parse_us": max(reading)}
        if name in SYSTEMS:
            figures["verify_us"] = median(_micros(_verifier(name, body), options.times) for body in bodies)
        report("providers", provider=name, **figures, aim_us=AIM_US, ratio=AIM_US / max(reading))


def _reader(provider: Provider, body: bytes) -> Callable[[], object]:
    verified, at = VerifiedBody(body, provider.CONTENT_TYPES[0]), datetime(2026, 1, 5, 10, 5, tzinfo=UTC)
    return lambda: provider.parse(verified, at)


def _verifier(name: str, body: bytes) -> Callable[[], object]:
    system = SYSTEMS[name]
    message = system.message(body)
    return lambda: system.provider.verify(message, system.secret, NOW)


def _micros(work: Callable[[], object], times: int) -> float:
    """Of one turn, the best of five rounds: other work on the machine only ever adds to it."""
    rounds = []
    for _ in range(5):
        began = time.process_time_ns()
        for _ in range(times // 5):
            work()
        rounds.append((time.process_time_ns() - began) / (times // 5) / 1000)
    return min(rounds)


if __name__ == "__main__":
    main()
