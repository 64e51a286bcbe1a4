"""The phone systems' own APIs as the tests play them: loopback servers that speak what is documented, a class each.

A server has a list of calls in the system's own spelling. It checks who asks, filters by time and answers in pages.
`faults` are answers that come before the next ones: a status with headers, or bytes of a body that is sent with 200.
"""

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

Fault = tuple[int, dict[str, str], bytes]
Record = dict[str, Any]


def fault(status: int, body: bytes = b"{}", **headers: str) -> Fault:
    return status, {name.replace("_", "-"): value for name, value in headers.items()}, body


class Api:
    """What all of them share."""

    name = ""
    credentials: dict[str, str] = {}
    size = 2  # records on a page, to have pages

    def __init__(self, records: list[Record]) -> None:
        self.records = records
        self.faults: list[Fault | None] = []
        self.asked: list[str] = []
        self.on_page: Callable[[], None] = lambda: None
        self.next_base = ""  # where the next page is said to be, if not here
        self.base = ""

    def answer(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Fault:
        self.asked.append(target)
        planned = self.faults.pop(0) if self.faults else None
        if planned is not None:
            return planned
        return self.reply(method, target, headers, body)

    def reply(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Fault:
        parts = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if method != "GET" or headers.get("authorization") != self.authorization():
            return fault(401)
        if parts.path != self.path():
            return fault(404)
        self.on_page()
        found = [record for record in self.records if self.is_within(record, query)]
        page = int(query.get("page", query.get("Page", "1")))
        start = (page - 1) * self.size
        more = start + self.size < len(found)
        here = (self.next_base or self.base) + parts.path
        return 200, {}, json.dumps(self.page(found[start : start + self.size], page, here, query, more)).encode()

    def is_within(self, record: Record, query: dict[str, str]) -> bool:
        raise NotImplementedError

    def path(self) -> str:
        raise NotImplementedError

    def authorization(self) -> str:
        raise NotImplementedError

    def page(self, records: list[Record], page: int, here: str, query: dict[str, str], more: bool) -> Record:
        raise NotImplementedError


def basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def following(here: str, query: dict[str, str], page: int, name: str = "page") -> str:
    return f"{here}?{urlencode({**query, name: page + 1})}"


class TwilioApi(Api):
    """https://www.twilio.com/docs/voice/api/call-resource#read-multiple-call-resources"""

    name = "twilio"
    credentials = {"account_sid": "AC" + "1" * 32, "secret": "an-auth-token"}

    def path(self) -> str:
        return f"/2010-04-01/Accounts/{self.credentials['account_sid']}/Calls.json"

    def authorization(self) -> str:
        return basic(self.credentials["account_sid"], self.credentials["secret"])

    def is_within(self, record: Record, query: dict[str, str]) -> bool:
        at = parsedate_to_datetime(str(record["start_time"]))
        since, until = datetime.fromisoformat(query["StartTime>"]), datetime.fromisoformat(query["StartTime<"])
        return since <= at <= until

    def page(self, records: list[Record], page: int, here: str, query: dict[str, str], more: bool) -> Record:
        uri = following(here, query, page, "Page")
        # As it is documented: a path of the same host.
        uri = uri.removeprefix(self.base) if not self.next_base else uri
        return {"calls": records, "page": page - 1, "page_size": self.size, "next_page_uri": uri if more else None}


class RingCentralApi(Api):
    """https://developers.ringcentral.com/api-reference/Call-Log/readCompanyCallLog, and its JWT sign-in."""

    name = "ringcentral"
    credentials = {"client_id": "a-client", "client_secret": "a-client-secret", "jwt": "eyJhbGciOi.J9.made-up"}

    def __init__(self, records: list[Record]) -> None:
        super().__init__(records)
        self.tokens = 0

    def reply(self, method: str, target: str, headers: dict[str, str], body: bytes) -> Fault:
        if target != "/restapi/oauth/token":
            return super().reply(method, target, headers, body)
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        wanted = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": self.credentials["jwt"]}
        own = basic(self.credentials["client_id"], self.credentials["client_secret"])
        if method != "POST" or headers.get("authorization") != own or form != wanted:
            return fault(400, b'{"error": "invalid_grant"}')
        self.tokens += 1
        token = {"access_token": f"token-{self.tokens}", "token_type": "bearer", "expires_in": 3600}
        return 200, {}, json.dumps(token).encode()

    def path(self) -> str:
        return "/restapi/v1.0/account/~/call-log"

    def authorization(self) -> str:
        return f"Bearer token-{self.tokens}"

    def is_within(self, record: Record, query: dict[str, str]) -> bool:
        assert query["view"] == "Detailed"
        since, until = (datetime.fromisoformat(query[name]) for name in ("dateFrom", "dateTo"))
        return since <= datetime.fromisoformat(record["startTime"]) < until

    def page(self, records: list[Record], page: int, here: str, query: dict[str, str], more: bool) -> Record:
        navigation = {"firstPage": {"uri": f"{here}?page=1"}}
        if more:
            navigation["nextPage"] = {"uri": following(here, query, page)}
        return {"records": records, "paging": {"page": page, "perPage": self.size}, "navigation": navigation}


class AircallApi(Api):
    """https://developer.aircall.io/api-references/#list-all-calls"""

    name = "aircall"
    credentials = {"api_id": "an-id", "api_token": "a-token"}

    def path(self) -> str:
        return "/v1/calls"

    def authorization(self) -> str:
        return basic(self.credentials["api_id"], self.credentials["api_token"])

    def is_within(self, record: Record, query: dict[str, str]) -> bool:
        return int(query["from"]) <= int(record["started_at"]) <= int(query["to"])

    def page(self, records: list[Record], page: int, here: str, query: dict[str, str], more: bool) -> Record:
        link = following(here, query, page) if more else None
        return {"meta": {"current_page": page, "next_page_link": link}, "calls": records}


class CallRailApi(Api):
    """https://apidocs.callrail.com/#listing-all-calls"""

    name = "callrail"
    credentials = {"account_id": "ACC0123", "api_key": "an-api-key"}

    def path(self) -> str:
        return f"/v3/a/{self.credentials['account_id']}/calls.json"

    def authorization(self) -> str:
        return f"Token token={self.credentials['api_key']}"

    def is_within(self, record: Record, query: dict[str, str]) -> bool:
        on = datetime.fromisoformat(record["start_time"]).date().isoformat()  # a day of the account's own zone
        return query["start_date"] <= on <= query["end_date"]

    def page(self, records: list[Record], page: int, here: str, query: dict[str, str], more: bool) -> Record:
        wanted = {"resource_id", *query["fields"].split(",")}
        shown = [{name: value for name, value in record.items() if name in wanted} for record in records]
        return {"page": page, "per_page": self.size, "total_pages": page + int(more), "calls": shown}


@contextmanager
def serving(api: Api) -> Iterator[Api]:
    """The API at `api.base`, on this machine."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, more, body = api.answer(self.command, self.path, headers, content)
            self.send_response(status)
            for name, value in more.items():
                self.send_header(name, value)
            if "Content-Length" not in more:
                self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_GET

        def log_message(self, format: str, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.base = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def twilio_record(number: int, at: datetime, caller: str = "+447700900123", **more: Any) -> Record:
    """An inbound call that nobody took."""
    return {
        "sid": f"CA{number:032x}",
        "parent_call_sid": None,
        "status": "completed",
        "direction": "inbound",
        "from": caller,
        "to": "+442079460018",
        "forwarded_from": None,
        "answered_by": None,
        "start_time": format_datetime(at.astimezone(UTC)),
        "date_created": format_datetime(at.astimezone(UTC)),
        "duration": "12",
        **more,
    }


def twilio_leg(number: int, parent: int, at: datetime, talked: int) -> Record:
    """The desk that took it."""
    more = {"parent_call_sid": f"CA{parent:032x}", "direction": "outbound-dial", "to": "+447700900777"}
    return twilio_record(number, at + timedelta(seconds=10), duration=str(talked), **more)


def ringcentral_record(number: int, at: datetime, result: str, talked: int = 0, **more: Any) -> Record:
    leg = {"startTime": at.isoformat(), "direction": "Inbound", "type": "Voice", "duration": talked, "result": result}
    return {
        **leg,
        "id": f"log{number}",
        "telephonySessionId": f"s-{number:032x}",
        "from": {"phoneNumber": "+12025550123", "name": "A PATIENT"},
        "to": {"phoneNumber": "+12025550100", "name": "Front Desk"},
        "legs": [{**leg, "to": {"name": "Front Desk"}}],
        **more,
    }
