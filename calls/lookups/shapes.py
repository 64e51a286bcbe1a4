"""What is asked about. Pure."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AskedCall:
    """A call by the id that it has in its phone system; `started_at` as we were told, which may be a little off."""

    provider_call_id: str
    started_at: datetime
