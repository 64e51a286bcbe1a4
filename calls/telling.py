"""Tells a caller's number by asking the clinic's own phone system at that moment; keeps it nowhere, proves it first.

read the latest missed calls, ask the phone system that told of one, read the other party, hash, compare the callers.
A number that does not hash to the caller is somebody else's and is not told. While a phone system is asked, no
transaction is open. Nothing is logged here, and what is raised holds no number.
"""

import enum
import time
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from calls.asking import NotAnswered, PhoneSystem
from calls.callers import find_caller
from calls.domain import CallerKind, InMemoryOnly, Refused
from calls.lookups import LOOKUPS, AskedCall
from calls.numbers import read_number, spell_nationally
from calls.providers import PROVIDERS
from calls.selectors.accounts import AccountFacts, BadAccount, open_account
from calls.selectors.missed import MissedCall, list_missed
from calls.services import note_answer
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic

SECONDS: Final = 5.0  # for an answer; somebody waits
_MOST_CALLS: Final = 10  # that are looked at
_MOST_ASKED: Final = 2  # of them; the second one where the phone system does not know the first any more


class Why(enum.StrEnum):
    """Why there is no number."""

    CANNOT_ASK = "cannot_ask"  # no missed call of theirs came from a phone system that can be asked
    NO_ACCOUNT = "no_account"
    REFUSED = "refused"
    AWAY = "away"
    NOT_FOUND = "not_found"
    OTHER_NUMBER = "other_number"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True)
class ShownNumber(InMemoryOnly):
    """A number for the person who asked: as people write it, and as an address that a telephone dials."""

    text: str = field(repr=False)
    link: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Told(InMemoryOnly):
    """A number, or why there is none; the name of the phone system that was asked; the missed call that was last."""

    last: MissedCall | None
    number: ShownNumber | None = field(default=None, repr=False)
    why: Why | None = None
    system: str = ""


class _NotTold(Exception):
    def __init__(self, why: Why, *, is_final: bool = True) -> None:
        super().__init__(why.value)
        self.why = why
        self.is_final = is_final  # another call of the same phone system will not help


def tell_number(*, clinic: ClinicFacts, caller: uuid.UUID, now: datetime) -> Told:
    """Asks about the caller's latest missed calls, outside of any scope."""
    with as_clinic(clinic.id):
        missed = list_missed(clinic, caller, now, _MOST_CALLS)
    last = missed[0] if missed else None
    began, why, system = time.monotonic(), Why.CANNOT_ASK, ""
    for call in [one for one in missed if one.connection_id and one.provider_call_id][:_MOST_ASKED]:
        if time.monotonic() - began > SECONDS:
            break
        try:
            account = _open(clinic, call)
            system = PROVIDERS[account.provider].TITLE
            return Told(last, _ask(clinic, caller, account, call, now), None, system)
        except _NotTold as error:
            why = error.why
            if error.is_final:
                break
    return Told(last, None, why, system)


def find_last_missed(clinic: ClinicFacts, caller: uuid.UUID, now: datetime) -> MissedCall | None:
    """By which a caller is found in the phone system's own list, when nobody asks it."""
    with as_clinic(clinic.id):
        missed = list_missed(clinic, caller, now, 1)
    return missed[0] if missed else None


def _open(clinic: ClinicFacts, call: MissedCall) -> AccountFacts:
    try:
        account = open_account(clinic.id, call.connection_id) if call.connection_id else None
    except BadAccount:
        raise _NotTold(Why.UNREADABLE) from None
    if account is None or account.provider not in LOOKUPS:
        raise _NotTold(Why.NO_ACCOUNT, is_final=False)  # another call may have come by another connection
    return account


def _ask(clinic: ClinicFacts, caller: uuid.UUID, account: AccountFacts, call: MissedCall, now: datetime) -> ShownNumber:
    lookup, asked = LOOKUPS[account.provider], AskedCall(call.provider_call_id or "", call.started_at)
    system = PhoneSystem(account, patience=0, seconds=SECONDS)
    try:
        spelling = lookup.read_number(system.get(lookup.locate(account.credentials, system.base, asked)), asked)
    except NotAnswered as error:
        raise _not_told(account, error.problem, now) from None
    except Refused:
        raise _NotTold(Why.UNREADABLE) from None
    if not spelling:
        raise _NotTold(Why.NOT_FOUND, is_final=False)
    return _prove(clinic, caller, spelling, now)


def _not_told(account: AccountFacts, problem: str, now: datetime) -> _NotTold:
    if problem in ("refused", "not_allowed"):
        # Where connections are looked after, it is seen before the next one asks in vain.
        note_answer(clinic_id=account.clinic_id, connection_id=account.connection_id, problem=problem, now=now)
        return _NotTold(Why.REFUSED)
    if problem == "unknown":
        return _NotTold(Why.NOT_FOUND, is_final=False)
    return _NotTold(Why.AWAY if problem in ("unreachable", "busy") else Why.UNREADABLE)


def _prove(clinic: ClinicFacts, caller: uuid.UUID, spelling: str, now: datetime) -> ShownNumber:
    number = read_number(spelling, clinic.region)
    if number.kind is CallerKind.CALLER:
        with as_clinic(clinic.id):
            if find_caller(clinic_id=clinic.id, e164=number.e164, now=now) == caller:
                return ShownNumber(spell_nationally(number.e164, clinic.region), f"tel:{number.e164}")
    raise _NotTold(Why.OTHER_NUMBER)
