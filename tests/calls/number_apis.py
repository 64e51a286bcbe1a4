"""Phone systems that are asked about one call, played on the loopback by the documented API of each."""

import base64
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

ACCOUNT_SID = "AC" + "0a" * 16
CREDENTIALS: Mapping[str, Mapping[str, str]] = {
    "twilio": {"account_sid": ACCOUNT_SID, "secret": "auth-token"},
    "ringcentral": {"client_id": "client", "client_secret": "client-secret", "jwt": "eyJ.jwt.assertion"},
    "aircall": {"api_id": "api-id", "api_token": "api-token"},
}
CALL_IDS: Mapping[str, str] = {
    "twilio": "CA" + "b7" * 16,
    "ringcentral": "s-a0e16e61c511cz1935660a889zd0e85b0000",
    "aircall": "2894821033",
}
OURS = "+442079460018"


@dataclass
class PhoneSystem:
    """What it knows, and what it was asked; `status` other than 200 is its answer to every question."""

    numbers: dict[str, str] = field(default_factory=dict)  # by call id
    status: int = 200
    body: bytes | None = None
    asked: list[str] = field(default_factory=list)
    url: str = ""

    def answer(self, path: str, authorization: str) -> tuple[int, bytes]:
        self.asked.append(path)
        if self.status != 200:
            return self.status, b'{"message": "no"}'
        if self.body is not None:
            return 200, self.body
        parts = urlsplit(path)
        found = _answer(self.numbers, parts.path, parse_qs(parts.query), authorization)
        return (404, b'{"code": 20404}') if found is None else (200, json.dumps(found).encode())


def _basic(name: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{password}".encode()).decode()


def _answer(
    numbers: Mapping[str, str], path: str, query: Mapping[str, list[str]], authorization: str
) -> dict[str, Any] | None:
    if path == "/restapi/oauth/token":
        return {"access_token": "short-lived", "token_type": "bearer", "expires_in": 3600}
    if path == "/restapi/v1.0/account/~/call-log" and authorization == "Bearer short-lived":
        session = query["telephonySessionId"][0]
        assert query["dateFrom"] < query["dateTo"]
        if session not in numbers:
            return {"records": []}
        record = {"telephonySessionId": session, "direction": "Inbound", "type": "Voice", "result": "Missed"}
        return {"records": [{**record, "from": {"phoneNumber": numbers[session]}, "to": {"phoneNumber": OURS}}]}
    folder, _, name = path.rpartition("/")
    if folder == f"/2010-04-01/Accounts/{ACCOUNT_SID}/Calls" and authorization == _basic(ACCOUNT_SID, "auth-token"):
        sid = name.removesuffix(".json")
        call: dict[str, Any] = {
            "sid": sid,
            "direction": "inbound",
            "to": OURS,
            "status": "no-answer",
            "parent_call_sid": None,
        }
        return {**call, "from": numbers[sid]} if sid in numbers else None
    if folder == "/v1/calls" and authorization == _basic("api-id", "api-token") and name in numbers:
        call = {"id": int(name), "direction": "inbound", "status": "done", "number": {"digits": OURS}}
        return {"call": {**call, "raw_digits": numbers[name]}}
    return None


@contextmanager
def served_phone_system(port: int = 0) -> Iterator[PhoneSystem]:
    """One that answers as Twilio, RingCentral and Aircall do, each at its own paths."""
    system = PhoneSystem()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = system.answer(self.path, self.headers.get("Authorization", ""))
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", "0")))
            self.do_GET()

        def log_message(self, format: str, *args: Any) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    system.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield system
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
