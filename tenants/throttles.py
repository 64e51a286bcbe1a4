"""How often somebody may ask: limits that all processes share and that survive a restart; never who it was.

A bucket is a row under a keyed hash of its owner's name. A process takes a twentieth of a bucket at a time and counts
that down in its memory: most requests cost no statement, and each process can let in a twentieth more at the most.
Refusals are remembered in memory until they end, so that a flood costs no statements either.
"""

import hmac
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from tenants import buckets
from tenants.derivation import derive_key
from tenants.models import Throttle

_PURPOSE: Final = "ringback/throttle/v1"
_LEASES: Final = 20  # of a bucket
_MOST_NAMES: Final = 10_000


@dataclass(slots=True)
class _Lease:
    """What this process may still let in without asking, until then; or that it is refused until then."""

    left: int
    until: float
    is_refusal: bool = False


class Limit:
    """So many at once for each name, refilled evenly over the period."""

    def __init__(self, what: str, size: int, period: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.what, self.size, self.period = what, size, period
        self._per_lease = max(1, size // _LEASES)
        self._clock = clock
        self._lock = threading.Lock()
        self._leases: dict[str, _Lease] = {}

    def take(self, who: str) -> float:
        """0 when one was taken, else the seconds until there is one."""
        known = self._take_known(who)
        if known is not None:
            return known
        wait = buckets.take(self.name_of(who), cost=self._per_lease * self.period / self.size, period=self.period)
        if wait:
            self._remember(who, _Lease(0, self._clock() + wait, is_refusal=True))
        else:
            self._remember(who, _Lease(self._per_lease - 1, self._clock() + self.period))
        return wait

    def fill(self, who: str) -> None:
        """As if nothing had been taken."""
        with self._lock:
            self._leases.pop(who, None)
        Throttle.objects.filter(name=self.name_of(who)).delete()

    def forget(self) -> None:
        """As a process that has just started."""
        with self._lock:
            self._leases.clear()

    def name_of(self, who: str) -> bytes:
        """What a row is called: nobody reads an address or an account from it."""
        return hmac.digest(derive_key(_PURPOSE), f"{self.what}\x00{who}".encode(), "sha256")

    def _take_known(self, who: str) -> float | None:
        """What is known without asking the database; None where it must be asked."""
        with self._lock:
            lease, now = self._leases.get(who), self._clock()
            if lease is None or lease.until <= now:
                return None
            if lease.is_refusal:
                return lease.until - now
            if lease.left == 0:
                return None
            lease.left -= 1
            return 0.0

    def _remember(self, who: str, lease: _Lease) -> None:
        with self._lock:
            if len(self._leases) >= _MOST_NAMES:
                now = self._clock()
                self._leases = {name: old for name, old in self._leases.items() if old.until > now}
            if len(self._leases) >= _MOST_NAMES:
                self._leases.clear()  # costs statements, and lets nobody in who is refused
            self._leases[who] = lease


PER_KEY: Final = Limit("key", 1200, 60)
PER_PERSON: Final = Limit("person", 600, 60)
PER_CLINIC: Final = Limit("clinic", 6000, 60)
NUMBERS: Final = Limit("numbers", 60, 3600)  # of callers, shown to a person by a phone system
# Of an address prefix, /24 or /48.
FAILURES: Final = Limit("failures", 60, 60)  # keys and tokens that are none
SIGN_INS: Final = Limit("sign_ins", 10, 60)
REFRESHES: Final = Limit("refreshes", 60, 60)
# Of an account, whether there is one or not; filled again by a sign-in that succeeds.
ATTEMPTS: Final = Limit("attempts", 5, 300)
ALL: Final = (PER_KEY, PER_PERSON, PER_CLINIC, NUMBERS, FAILURES, SIGN_INS, REFRESHES, ATTEMPTS)


def forget_full(now: datetime) -> int:
    """Deletes the rows of buckets that are full, which say nothing; returns how many."""
    count, _ = Throttle.objects.filter(full_at__lte=now).delete()
    return count


def forget_leases() -> None:
    """As a process that has just started."""
    for limit in ALL:
        limit.forget()
