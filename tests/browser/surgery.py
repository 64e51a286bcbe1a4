"""A clinic of the browser tests: what its phone system and its booking system send, by the product's own doors."""

import itertools
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from tests.browser.openings import Opening
from tests.journeys.world import World
from tests.stack import Stack

_numbers = itertools.count()


def next_number() -> str:
    """Of the range that Ofcom keeps for fiction: nobody has it."""
    return f"+447700900{next(_numbers) % 1000:03}"


@dataclass
class Surgery(World):
    """A `World` that has been opened together with others."""

    opening: Opening | None = None

    @classmethod
    def of(cls, stack: Stack, opening: Opening) -> "Surgery":
        made = cls(stack, opening.slug, opening)
        made.__dict__["clinic"] = {"clinic_id": opening.clinic_id, "api_key": opening.api_key}
        made.__dict__["hook"] = (opening.webhook_url, opening.webhook_secret)
        return made

    @property
    def people(self) -> Opening:
        assert self.opening is not None
        return self.opening

    def ring(self, number: str | None = None, **changes: str) -> str:
        """A call that nobody took, as the phone system tells it; the number that it came from."""
        number = number or next_number()
        answer = self.send_message(From=number, **changes)
        assert answer.status_code == 204, answer.text
        return number

    def wait_for_opportunities(self, count: int, status: str = "open") -> list[dict[str, Any]]:
        """So many callers of this status, the newest first; waits until the worker has been there."""
        found: list[dict[str, Any]] = []

        def is_there() -> bool:
            found[:] = self.get(f"/opportunities/?status={status}")["results"]
            return len(found) == count

        self.stack.wait_until(is_there, timeout=10)
        return found

    def wait_for_figures(self) -> None:
        """Until every change has been attributed and every day rolled up."""
        self.stack.wait_until(lambda: not self.count("calls_change") and not self.count("attribution_daychange"))

    def book(self, number: str, external_id: str, **fields: Any) -> None:
        made = self.api(
            "POST",
            "/appointments/",
            {
                "external_id": external_id,
                "booked_at": datetime.now(UTC).isoformat(),
                "numbers": [number],
                "value": "85.00",
                **fields,
            },
        )
        assert made.status_code == 201, made.text

    def send_all(self, path: str, items: list[dict[str, Any]]) -> None:
        """Stores a list of any length; all of it, or the test ends."""
        for start in range(0, len(items), 1000):
            answer = self.api("POST", path, items[start : start + 1000])
            assert answer.status_code == 200, answer.text[:500]
            problems = [item["problem"] for item in answer.json() if "problem" in item]
            assert not problems, problems[:3]
