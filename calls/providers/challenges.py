"""What some phone systems ask of an address before they send it anything; refuses nothing itself.

A provider that does has a function `answer_challenge`. The door asks it before all else, for the question need not be
signed like a message, and it returns None for everything that is no such question.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ChallengeAnswer:
    """Sent with status 200: a JSON object, and headers."""

    body: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
