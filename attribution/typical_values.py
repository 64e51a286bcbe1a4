"""What visits of private patients typically cost, by currency, to be offered and never set by themselves. Pure.

Rough orders of magnitude, so that a new clinic's first figures are not all the same; every one is shown to somebody who
changes what is wrong before it is saved. A currency that is not in here has none.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Final


@dataclass(frozen=True, slots=True)
class OfferedValue:
    """A type of appointment, as booking systems often call it, and what it is worth."""

    code: str
    name: str
    value: Decimal


_CURRENCIES: Final = ("GBP", "USD", "EUR")
_TABLE: Final = (
    ("new_patient", "New patient exam", 85, 150, 70),
    ("checkup", "Check-up", 60, 110, 50),
    ("hygiene", "Hygiene visit", 75, 125, 90),
    ("emergency", "Emergency appointment", 110, 165, 95),
    ("filling", "Filling", 140, 220, 120),
    ("extraction", "Extraction", 170, 250, 130),
    ("root_canal", "Root canal treatment", 500, 1000, 450),
    ("crown", "Crown", 700, 1300, 750),
    ("whitening", "Whitening", 320, 450, 350),
    ("implant_consultation", "Implant consultation", 95, 150, 90),
    ("aligner_consultation", "Aligner consultation", 60, 100, 60),
)
_BY_CURRENCY: Final[Mapping[str, Sequence[OfferedValue]]] = MappingProxyType(
    {
        currency: tuple(OfferedValue(code, name, Decimal(amounts[place])) for code, name, *amounts in _TABLE)
        for place, currency in enumerate(_CURRENCIES)
    }
)


def typical_values(currency: str, known: Collection[str] = ()) -> Sequence[OfferedValue]:
    """Those of the currency, without the types that have a value already."""
    return [one for one in _BY_CURRENCY.get(currency, ()) if one.code not in known]
