"""Counts how often something happens, in this process and in memory only; says how long to wait, never who it was."""

import threading
import time
from collections.abc import Callable, Hashable

_SECONDS = {"s": 1, "m": 60, "h": 3600}
_MOST_NAMES = 10_000


class TokenBuckets:
    """For each name so many at once, refilled evenly over the period. Threads share it, processes do not."""

    def __init__(self, size: int, period: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._size = size
        self._per_second = size / period
        self._clock = clock
        self._lock = threading.Lock()
        self._full_at: dict[Hashable, float] = {}  # when the bucket would be full again

    @classmethod
    def from_rate(cls, rate: str) -> "TokenBuckets":
        """Of a rate like "1200/min"."""
        count, _, period = rate.partition("/")
        return cls(int(count), _SECONDS[period[0]])

    def take(self, name: Hashable) -> float:
        """0 when one was taken, else the seconds until there is one."""
        with self._lock:
            now = self._clock()
            full_at = max(self._full_at.get(name, now), now) + 1 / self._per_second
            wait = full_at - now - self._size / self._per_second
            if wait > 1e-9:
                return wait
            if len(self._full_at) >= _MOST_NAMES:
                self._full_at = {other: at for other, at in self._full_at.items() if at > now}
            self._full_at[name] = full_at
            return 0.0

    def forget(self) -> None:
        """All buckets are full again."""
        with self._lock:
            self._full_at.clear()
