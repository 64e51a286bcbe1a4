"""Callers by the name that the product gave them; never by a number, and none that is past the clinic's limit.

A name is made from the last bits of a random id, so it is read back into the few endings that the id can have. Looked
through are callers who were missed or who booked: those are who people speak of.
"""

import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import CharField, Max
from django.db.models.functions import Cast, Right

from attribution.models import Appointment, Opportunity
from calls.hashing import caller_name, read_name
from tenants.domain import ClinicFacts
from tenants.scope import as_clinic

MOST = 20  # are shown
LOOKED_AT = 1_000  # who fit the words of a name, before its number is compared


@dataclass(frozen=True, slots=True)
class FoundCaller:
    caller: uuid.UUID
    name: str
    last_at: datetime  # of a missed call or a booking, in the clinic's zone


def find_callers_named(clinic: ClinicFacts, text: str, now: datetime) -> Sequence[FoundCaller]:
    """Of whom this is the name or a part of it; the latest first, one more than `MOST` where there are more."""
    told = read_name(text)
    if told is None:
        return []
    endings, number = told
    with as_clinic(clinic.id):
        last_of = _find_callers(clinic, endings, now)
    named = [FoundCaller(caller, caller_name(caller), at.astimezone(clinic.zone)) for caller, at in last_of.items()]
    fitting = [one for one in named if number is None or one.name.endswith(f" {number}")]
    return sorted(fitting, key=lambda one: one.last_at, reverse=True)[: MOST + 1]


def _find_callers(clinic: ClinicFacts, endings: Collection[str], now: datetime) -> dict[uuid.UUID, datetime]:
    since = clinic.visible_from(now)
    last_of: dict[uuid.UUID, datetime] = {}
    for model, at in ((Opportunity, "opened_at"), (Appointment, "booked_at")):
        # index: opportunities_by_time, appointments_by_time
        rows = model.objects.filter(**{"clinic_id": clinic.id, f"{at}__gte": since}, caller__isnull=False)
        found = (
            rows.annotate(ending=Right(Cast("caller", CharField()), 3))
            .filter(ending__in=endings)
            .values("caller")
            .annotate(last_at=Max(at))
            .order_by("-last_at")
            .values_list("caller", "last_at")[:LOOKED_AT]
        )
        for caller, last_at in found:
            if caller is not None:  # the filter says so already, though not to the type checker
                last_of[caller] = max(last_at, last_of.get(caller, last_at))
    return last_of
