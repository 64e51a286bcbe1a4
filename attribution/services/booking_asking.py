"""Asks a booking system, through the one way out, within limits; refuses to tell or log what it answered.

Patients' numbers are remembered in memory, for as long as one run lasts, so that nobody is asked for twice.
"""

import contextlib
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from django.conf import settings

from attribution.bookings import POLLED, BadAnswer
from attribution.selectors.bookings import SystemFacts
from tenants.outbound import Answer, BadTarget, NoAnswer, Question, ask

LONGEST_WAIT = timedelta(hours=6)
QUESTION_SECONDS = 20.0
LARGEST_LIST = 4 * 1024 * 1024  # bytes of a page
LARGEST_DETAIL = 512 * 1024  # of a type, a price, an appointment's procedures, a patient
MOST_REMEMBERED = 2 * 1024 * 1024  # of all answers together: a system may name as many types as it likes
_PROBLEMS = {
    HTTPStatus.UNAUTHORIZED: "refused",
    HTTPStatus.FORBIDDEN: "not_allowed",
    HTTPStatus.NOT_FOUND: "unknown",
    HTTPStatus.GONE: "unknown",
    HTTPStatus.TOO_MANY_REQUESTS: "busy",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """Of one run: how many questions, and for how long."""

    questions: int
    seconds: float


class Stopped(Exception):
    """The system can't be read now. `problem` is a word of `PROBLEM_WORDS`; `wait` is how long it asked us to wait."""

    def __init__(self, problem: str, wait: timedelta = timedelta()) -> None:
        super().__init__(problem)
        self.problem = problem
        self.wait = wait


class EnoughForNow(Exception):
    """The limits of the run are reached."""


class Asker:
    """Asks one booking system."""

    def __init__(self, facts: SystemFacts, limits: Limits, now: datetime) -> None:
        self.reader = POLLED[facts.kind]
        self._credentials = facts.credentials
        self._base = settings.PROVIDER_API_URLS.get(facts.kind) or self.reader.base_url(facts.credentials)
        self._headers = {"User-Agent": _user_agent(), **self.reader.headers(facts.credentials)}
        self._left = limits.questions
        self._began = time.monotonic()
        self._seconds = limits.seconds
        self._now = now
        self._found: dict[str, bytes | None] = {}
        self._remembered = 0
        self._numbers: dict[str, tuple[str, ...]] = {}

    @property
    def now(self) -> datetime:
        """What time it is, by the clock that the run began with."""
        return self._now + timedelta(seconds=time.monotonic() - self._began)

    def ask(self, question: str) -> bytes:
        """The answer's body. Raises `Stopped` and `EnoughForNow`."""
        answer = self._exchange(question, LARGEST_LIST)
        if answer.status != HTTPStatus.OK:
            raise _refusal(answer, self.now)
        return answer.body

    def find(self, question: str, *, once: bool = False) -> bytes | None:
        """The same, remembered as long as there is room; None where there is no such thing, or it may not be seen."""
        if question in self._found:
            return self._found[question]
        answer = self._exchange(question, LARGEST_DETAIL)
        is_missing = answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.FORBIDDEN)
        if answer.status != HTTPStatus.OK and not is_missing:
            raise _refusal(answer, self.now)
        found = None if is_missing else answer.body
        size = len(found or b"")
        if not once and self._remembered + size <= MOST_REMEMBERED:
            self._found[question] = found
            self._remembered += size
        return found

    def numbers_of(self, patient: str) -> tuple[str, ...]:
        """A patient's numbers; none where the patient is gone. Raises as `ask` does."""
        if patient not in self._numbers:
            answer = self._exchange(self.reader.patient_question(patient), LARGEST_DETAIL)
            if answer.status in (HTTPStatus.NOT_FOUND, HTTPStatus.GONE):
                self._numbers[patient] = ()
            elif answer.status != HTTPStatus.OK:
                raise _refusal(answer, self.now)
            else:
                self._numbers[patient] = self._read_numbers(answer.body)
        return self._numbers[patient]

    def _read_numbers(self, body: bytes) -> tuple[str, ...]:
        try:
            return self.reader.read_patient(body)
        except BadAnswer:
            raise Stopped("odd") from None

    def _exchange(self, question: str, largest: int) -> Answer:
        passed = time.monotonic() - self._began
        if self._left <= 0 or passed >= self._seconds:
            raise EnoughForNow
        self._left -= 1
        seconds = min(QUESTION_SECONDS, max(self._seconds - passed, 1.0))
        url = self._base.rstrip("/") + question
        try:
            return ask(Question("GET", url, self._headers, seconds=seconds, largest=largest))
        except BadTarget:
            raise Stopped("bad_address") from None
        except NoAnswer as error:
            raise Stopped("odd" if error.reason == "too_large" else "unreachable") from None


def _user_agent() -> str:
    """Who asks and who can be written to, as Cliniko wants to know."""
    return f"Ringback ({settings.SUPPORT_EMAIL})" if settings.SUPPORT_EMAIL else "Ringback"


def _refusal(answer: Answer, now: datetime) -> Stopped:
    problem = _PROBLEMS.get(HTTPStatus(answer.status)) if answer.status in set(HTTPStatus) else None
    if problem is None:
        problem = "unreachable" if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR else "odd"
    return Stopped(problem, read_wait(answer.headers.get("retry-after", ""), now))


def read_wait(text: str, now: datetime) -> timedelta:
    """How long `Retry-After` asks us to wait, in seconds or until a time; nothing for what is neither."""
    text = text.strip()
    if text.isascii() and text.isdecimal() and len(text) <= 9:
        return min(timedelta(seconds=int(text)), LONGEST_WAIT)
    with contextlib.suppress(ValueError, TypeError, OverflowError):
        until = parsedate_to_datetime(text)
        until = until if until.tzinfo else until.replace(tzinfo=UTC)
        return min(max(until - now, timedelta()), LONGEST_WAIT)
    return timedelta()
