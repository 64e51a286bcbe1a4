"""The leak sweep: numbers go in through every door, in many spellings, on good and on failing paths.

Afterwards a dump of the databases, their raw files, the broker, every log, mail and temporary file holds none of them.
"""

import base64
import tempfile
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
import redis
import requests

from config.embedded.provision import Names, replace_database
from tests.calls.number_apis import served_phone_system
from tests.journeys.world import SECONDS, World
from tests.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.journey]

# From a range that Ofcom keeps for drama, and used by no other test.
SPELLINGS = (
    "+447700900417", "07700 900417", "00447700900417", "(0)7700-900417", "447700900417", "7700900417", "07700.900.417",
    "+44 (0) 7700 900 417", "tel:+447700900417", "sip:+447700900417@sip.example", "07700900417 ext. 12", "07700-900417",
    "+447700900417\u200b", "٠٧٧٠٠٩٠٠٤١٧", "0770090041７",
)  # fmt: skip


def needles() -> list[bytes]:
    """The number as it might be found: plain, spaced, URL-encoded, in base64 at each offset, hex, UTF-16, reversed."""
    plain = ["7700900417", "7700 900417", "7700-900417", "7700.900.417", "7700 900 417"]
    found = [text.encode() for text in plain] + [b"7700%20900417", b"7700+900417", b"7140090077"]
    found += ["7700900417".encode("utf-16-le"), "7700900417".encode("utf-16-be"), b"7700900417".hex().encode()]
    for padding in ("", "x", "xx"):
        encoded = base64.b64encode((padding + "7700900417").encode()).strip(b"=")
        found.append(encoded[4:-2] if padding else encoded[:-2])
    return found


def test_no_number_is_left_anywhere(stack: Stack) -> None:
    world = World(stack)
    with tempfile.TemporaryDirectory() as folder:
        for spelling in SPELLINGS:
            feed_webhook(world, spelling)
            feed_api(world, spelling)
            feed_pages(world, spelling)
        feed_files(world, Path(folder))
        feed_imports(world, Path(folder))
        show_numbers(World(stack))
        feed_failures(world)
    stack.wait_until(lambda: world.count("calls_change") == 0, timeout=60)
    assert world.count("calls_call") > 0

    checkpoint(stack)
    found = [where for where, content in everything(stack) if any(needle in content for needle in needles())]
    assert found == []


def test_the_sweep_finds_what_it_looks_for(stack: Stack) -> None:
    """A test that can't fail is a defect: a number in a log, in the database and in the broker is found."""
    world = World(stack)
    planted = stack.home.logs / "planted.log"
    planted.write_text("called 07700 900417")
    with psycopg.connect(replace_database(stack.admin_url, Names().database), autocommit=True) as connection:
        connection.execute("CREATE TABLE planted AS SELECT '7700900417' AS number")
        client = redis.Redis.from_url(stack.environ["REDIS_URL"])
        client.set("planted", "+447700900417")
        try:
            checkpoint(stack)
            found = {where for where, content in everything(stack) if any(needle in content for needle in needles())}
        finally:
            connection.execute("DROP TABLE planted")
            client.delete("planted")
            planted.unlink()
    assert "dump" in found
    assert "broker planted" in found
    assert any(where.endswith("planted.log") for where in found)
    assert world.count("calls_call") == 0


def feed_webhook(world: World, number: str) -> None:
    url, _ = world.hook
    world.send_message(From=number, Caller=number, CallerName=number)
    world.send_message(From="+442079460018", To=number, Direction="outbound-api", CallStatus="completed")
    world.send_message(From=number, CallSid=number)
    world.send_message(From=number, Timestamp=number)
    world.send_message(From=number, CallDuration=number)
    world.send_message(From=number, CallStatus=number)
    requests.post(url, data={"From": number}, headers={"X-Twilio-Signature": number.encode()}, timeout=SECONDS)
    requests.post(url, data=number.encode(), headers={"Content-Type": "text/plain"}, timeout=SECONDS)
    requests.post(url + "x", data={"From": number}, timeout=SECONDS)
    requests.post(url, data={"From": number, "x": "y" * 70_000}, timeout=SECONDS)


def feed_api(world: World, number: str) -> None:
    now = datetime.now(UTC).isoformat()
    call = {"external_id": uuid.uuid4().hex, "direction": "inbound", "outcome": "missed", "started_at": now}
    booking = {"external_id": uuid.uuid4().hex, "booked_at": now, "status": "booked"}
    world.api("POST", "/calls/", {**call, "number": number})
    for change in ({"external_id": number}, {"line": number}, {"outcome": number}, {number: 1}, {"started_at": number}):
        world.api("POST", "/calls/", {**call, "number": number, **change})
    world.api("POST", "/calls/", [{**call, "number": number}, number, {"number": number}])
    world.api("POST", "/appointments/", {**booking, "numbers": [number]})
    for bad in ({"external_id": number}, {"type": number}, {"value": number}, {"numbers": number}, {"status": number}):
        world.api("POST", "/appointments/", {**booking, "numbers": [number], **bad})
    world.api("POST", "/callers/lookup/", {"number": number})
    headers = {"Authorization": f"Api-Key {world.clinic['api_key']}", "Content-Type": "application/json"}
    for body in (f'{{"number": "{number}"', f'"{number}"', number, f'{{"number":"{number}","number":"{number}"}}'):
        requests.post(f"{world.stack.url}/api/v1/calls/", data=body.encode(), headers=headers, timeout=SECONDS)


def feed_pages(world: World, number: str) -> None:
    """People who type a number where they should not: by POST. By GET it would be in their own browser's history."""
    token = world.desk.cookies.get("csrf", "")
    values = {"kind": number, "reason": number, "csrfmiddlewaretoken": token}
    address = f"{world.stack.url}/worklist/{uuid.uuid4()}/act/"
    world.desk.post(address, data=values, headers={"Referer": world.stack.url}, timeout=SECONDS)
    requests.post(f"{world.stack.url}/account/login/", data={"login": number, "password": number}, timeout=SECONDS)
    world.desk.get(f"{world.stack.url}/calls/", params={"outcome": number, "from": number}, timeout=SECONDS)


def show_numbers(world: World) -> None:
    """The phone system of another clinic tells the number of the caller who waits there, and it is shown."""
    assert world.hook
    world.let_ask()
    with served_phone_system(world.stack.phone_system_port) as system:
        for spelling in SPELLINGS[:3]:
            call_id = f"CA{uuid.uuid4().hex}"
            system.numbers[call_id] = spelling
            assert world.send_message(From=SPELLINGS[0], CallSid=call_id).status_code == 204
            world.stack.wait_until(lambda: bool(waiting(world)), timeout=30)
            address = f"{world.stack.url}/worklist/{waiting(world)[0]['id']}/number/"
            values = {"csrfmiddlewaretoken": world.desk.cookies.get("csrf", "")}
            answer = world.desk.post(address, data=values, headers={"Referer": world.stack.url}, timeout=SECONDS)
            assert "07700 900417" in answer.text, spelling
        system.status = 500
        world.desk.post(address, data=values, headers={"Referer": world.stack.url}, timeout=SECONDS)


def waiting(world: World) -> list[dict[str, str]]:
    found: list[dict[str, str]] = world.get("/opportunities/?status=open")["results"]
    return found


def feed_files(world: World, folder: Path) -> None:
    now = datetime.now(UTC).isoformat()
    header = "external_id,direction,outcome,started_at,number,line,ring_seconds,talk_seconds\n"
    rows = [f"f{index},inbound,missed,{now},{number},,5,0\n" for index, number in enumerate(SPELLINGS)]
    bad = [f"{SPELLINGS[1]},inbound,missed,{now},{SPELLINGS[1]},,5,0\n", f"g,inbound,{SPELLINGS[0]},{now},,,,\n"]
    (folder / "calls.csv").write_text(header + "".join(rows + bad))
    world.stack.manage("import_calls", world.slug, str(folder / "calls.csv"), "--format", "csv", "--json")
    header = "external_id,booked_at,numbers,type,value,status\n"
    rows = [f"a{index},{now},{number},,,booked\n" for index, number in enumerate(SPELLINGS)]
    (folder / "bookings.csv").write_text(header + "".join(rows))
    world.stack.manage("import_appointments", world.slug, str(folder / "bookings.csv"), "--format", "csv", "--json")


def feed_imports(world: World, folder: Path) -> None:
    """The same files by the browser, named after a caller; ours, another one's columns, and what is none of them."""
    now = datetime.now(UTC).strftime("%d/%m/%Y %H:%M:%S")
    theirs = "Call ID,Start Time,Call Direction,Result,From Number,To Number\n"
    theirs += "".join(f"t{index},{now},Inbound,Missed,{number},201\n" for index, number in enumerate(SPELLINGS))
    calls = (folder / "calls.csv").read_text()
    for path, format_, content in (
        ("calls", "csv", calls), ("calls", "csv", SPELLINGS[1] + "," + calls), ("calls", "mapped", theirs),
        ("calls", "mapped", theirs.replace("Result", SPELLINGS[0])), ("calls", "asterisk", calls),
        ("appointments", "csv", (folder / "bookings.csv").read_text()), ("appointments", "csv", calls),
    ):  # fmt: skip
        for do in ("columns", "check", "import"):
            values = {
                "run": str(uuid.uuid4()), "format": format_, "timezone": "Europe/London", "region": "GB", "do": do,
                "save_as": SPELLINGS[1], "csrfmiddlewaretoken": world.desk.cookies.get("csrf", ""),
            }  # fmt: skip
            address = f"{world.stack.url}/settings/import/{path}/"
            files = {"file": (f"calls of {SPELLINGS[1]}.csv", content.encode(), "text/csv")}
            answer = world.desk.post(
                address, data=values, files=files, headers={"Referer": address}, timeout=6 * SECONDS
            )
            assert answer.status_code in (200, 400), (path, format_, do, answer.status_code)
            assert not any(needle in answer.content for needle in needles()), (path, format_, do)
    assert world.count("calls_importrun") > 0


def feed_failures(world: World) -> None:
    """The database goes away while messages are under way."""
    world.stack.kill("postgres")
    try:
        for spelling in SPELLINGS[:1]:  # each request waits for the pool to give up
            world.send_message(From=spelling)
            feed_api(world, spelling)
    finally:
        world.stack.restart("postgres")
    world.stack.wait_until(lambda: world.send_message(From=SPELLINGS[0]).status_code == 204, timeout=30)


def checkpoint(stack: Stack) -> None:
    with psycopg.connect(stack.admin_url, autocommit=True) as connection:
        connection.execute("CHECKPOINT")


def everything(stack: Stack) -> Iterator[tuple[str, bytes]]:
    """Every place where the product could have kept something, as (where, content)."""
    yield "dump", stack.dump().encode()
    client = redis.Redis.from_url(stack.environ["REDIS_URL"])
    for key in client.scan_iter():
        yield f"broker {key.decode()}", key + _value(client, key)
    for folder in stack.data_folders:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                yield str(path), _read(path)
    for path in Path(tempfile.gettempdir()).glob("*.upload*"):  # Django's name for an upload on disk
        yield str(path), _read(path)


def _value(client: "redis.Redis", key: bytes) -> bytes:
    """A list (a queue) item by item: as it is stored it may be compressed."""
    if client.type(key) == b"list":
        return b"\n".join(item for item in client.lrange(key, 0, -1) if isinstance(item, bytes))
    dumped = client.dump(key)
    return dumped if isinstance(dumped, bytes) else b""


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""  # a socket, or gone meanwhile
