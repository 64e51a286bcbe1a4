"""Asks a clinic's phone system with the clinic's own credentials: one question at a time, as often as it allows.

A token is fetched where one is needed and lives in this object. Only the phone system's own host is asked, whatever its
answers say. Nothing here is logged or stored: an address may hold a token, a body numbers, an error both.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from django.conf import settings

from calls.domain import Refused
from calls.pulls import PULLERS, SIGN_INS, Request
from calls.selectors.accounts import AccountFacts
from tenants.outbound import Answer, BadTarget, NoAnswer, Question, ask

Sleep = Callable[[float], None]

TRIES = 4  # of a question that finds the phone system out of order
SECONDS = 20.0  # for one answer
LARGEST = 8 * 1024 * 1024  # of 1,000 records with everything that we do not read
_UNASKED = 60.0  # to wait where it says that we ask too often, and not for how long
_PROBLEMS = {401: "refused", 403: "not_allowed", 404: "unknown", 429: "busy"}


class NotAnswered(Exception):
    """The phone system did not answer. `problem` is one of `PROBLEM_WORDS`, `wait` the seconds that it asked for."""

    def __init__(self, problem: str, wait: float = 0.0) -> None:
        super().__init__(problem)
        self.problem = problem
        self.wait = wait


class PhoneSystem:
    """One that is asked, for the length of one errand. `patience` is the longest wait in one go, in seconds; with none
    nothing is asked twice, for somebody waits for the page. `seconds` bounds each answer."""

    def __init__(
        self, account: AccountFacts, *, patience: float, sleep: Sleep = time.sleep, seconds: float = SECONDS
    ) -> None:
        self._account = account
        self._puller = PULLERS[account.provider]
        self._patience = patience
        self._sleep = sleep
        self._seconds = seconds
        self._token = ""
        self._asked_at: float | None = None
        self.base = settings.PROVIDER_API_URLS.get(account.provider, self._puller.API_URL).rstrip("/")

    def get(self, address: str) -> bytes:
        """The body of what is at an address of the phone system's own. Raises `NotAnswered`."""
        if _host(address) != _host(self.base):
            raise NotAnswered("elsewhere")
        is_new = self._sign_in()
        try:
            return self._send(Request(address, self._headers()))
        except NotAnswered as error:
            if error.problem != "refused" or is_new or not self._token:
                raise
        self._token = ""  # it lived for an hour, and we were at it for longer
        self._sign_in()
        return self._send(Request(address, self._headers()))

    def _headers(self) -> dict[str, str]:
        return self._puller.authorise(self._account.credentials, self._token)

    def _sign_in(self) -> bool:
        """Whether a token was fetched just now."""
        door = SIGN_INS.get(self._account.provider)
        if door is None or self._token:
            return False
        try:
            self._token = door.read_token(self._send(door.sign_in(self._account.credentials, self.base)))
        except NotAnswered as error:
            # OAuth says 400 to credentials that are not, or no longer, good.
            raise NotAnswered("refused" if error.problem == "broken" else error.problem, error.wait) from None
        except Refused:
            raise NotAnswered("broken") from None
        return True

    def _send(self, request: Request) -> bytes:
        waited = 0.0
        for attempt in range(TRIES):
            self._keep_pace()
            answer = _exchange(request, self._seconds)
            if answer is not None and answer.status == 200:
                return answer.body
            problem, wait = _read_refusal(answer, attempt)
            waited += wait
            if not wait or waited > self._patience or attempt == TRIES - 1:
                raise NotAnswered(problem, wait)
            self._sleep(wait)
        raise NotAnswered("unreachable")

    def _keep_pace(self) -> None:
        moment = time.monotonic()
        if self._asked_at is not None and self._patience:
            pause = self._asked_at + self._puller.PAUSE - moment
            if pause > 0:
                self._sleep(pause)
        self._asked_at = time.monotonic()


def _exchange(request: Request, seconds: float) -> Answer | None:
    """None for one that did not come. Raises `NotAnswered` for an address that is never asked."""
    headers = {"Accept": "application/json", **request.headers}
    if request.form is not None:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
    method = "GET" if request.form is None else "POST"
    try:
        return ask(Question(method, request.address, headers, request.content, seconds, LARGEST))
    except BadTarget:
        raise NotAnswered("elsewhere") from None
    except NoAnswer as error:
        if error.reason in ("too_large", "refused_address"):
            raise NotAnswered("broken" if error.reason == "too_large" else "elsewhere") from None
        return None


def _read_refusal(answer: Answer | None, attempt: int) -> tuple[str, float]:
    """(the problem, seconds to wait before it is asked again; 0 where that would not help)."""
    if answer is None or answer.status >= 500:
        return "unreachable", 2.0**attempt
    if answer.status == 429:
        return "busy", _read_wait(answer.headers.get("retry-after", ""))
    return _PROBLEMS.get(answer.status, "broken"), 0.0


def _read_wait(text: str) -> float:
    """Seconds, of a header that holds seconds or a date."""
    if text.isascii() and text.isdecimal() and len(text) < 6:
        return max(float(text), 1.0)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return _UNASKED
    until = until if until.tzinfo else until.replace(tzinfo=UTC)
    return min(max((until - datetime.now(UTC)).total_seconds(), 1.0), 86_400.0)


def _host(address: str) -> tuple[str, str]:
    try:
        parts = urlsplit(address)
        return parts.scheme, parts.netloc.lower()
    except ValueError:
        return "", ""
