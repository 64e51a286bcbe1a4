"""RingCentral: GET /restapi/v1.0/account/~/call-log?telephonySessionId=…, which answers with a list of one; pure.

Without dates the log only looks at the last 24 hours, so the days around the call are named.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from calls.lookups.shapes import AskedCall
from calls.providers import ringcentral
from calls.providers.fields import read_object
from calls.pulls.shapes import spell_instant, with_query

NAME = ringcentral.NAME
_AROUND: Final = timedelta(days=1)


def locate(credentials: Mapping[str, str], base: str, call: AskedCall) -> str:
    query = {
        "telephonySessionId": call.provider_call_id,
        "dateFrom": spell_instant(call.started_at - _AROUND),
        "dateTo": spell_instant(call.started_at + _AROUND),
        "view": "Simple",
    }
    return with_query(f"{base}/restapi/v1.0/account/~/call-log", query)


def read_number(body: bytes, call: AskedCall) -> str:
    for record in read_object(body).parts("records"):
        if record.text("telephonySessionId") == call.provider_call_id:
            party = "from" if record.text("direction") == "Inbound" else "to"
            return record.part(party).number("phoneNumber")
    return ""
