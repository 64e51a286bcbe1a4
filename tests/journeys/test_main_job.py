"""The main job through the served product: a missed call becomes recovered revenue, with its explanation."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.journeys.world import World
from tests.stack import Stack

pytestmark = [pytest.mark.slow, pytest.mark.journey]


def test_a_missed_call_becomes_recovered_revenue(stack: Stack) -> None:
    world = World(stack)
    assert "waiting" not in world.page("/worklist/rows/").lower() or world.get("/opportunities/")["results"] == []

    assert world.send_message().status_code == 204
    stack.wait_until(lambda: len(world.get("/opportunities/?status=open")["results"]) == 1, timeout=5)
    [opportunity] = world.get("/opportunities/?status=open")["results"]
    assert f"opp-{opportunity['id']}" in world.page("/worklist/")

    acted = world.api("POST", f"/opportunities/{opportunity['id']}/actions/", {"kind": "called_back", "reached": True})
    assert acted.status_code in {200, 201}, acted.text
    assert f"opp-{opportunity['id']}" not in world.page("/worklist/")

    booked_at = datetime.now(UTC).isoformat()
    booking = {"external_id": "B-1", "booked_at": booked_at, "numbers": ["07700 900123"], "value": "85.00"}
    made = world.api("POST", "/appointments/", {**booking, "status": "booked"})
    assert made.status_code == 201, made.text
    stack.wait_until(lambda: world.get("/appointments/")["results"][0]["verdict"] == "recovered", timeout=5)

    [won] = world.get("/opportunities/?status=recovered")["results"]
    assert (won["id"], won["value"], won["rule"]) == (opportunity["id"], "85.00", "callback")
    assert won["explanation"].startswith("Missed")
    page = world.page("/appointments/")
    assert "£85" in page
    assert "called back" in page

    today = datetime.now(UTC).date()
    stack.wait_until(lambda: recovered_value(world) == "85.00", timeout=5)
    assert world.get(f"/metrics/monthly/?from={today.replace(day=1)}&to={today}")
    assert "£85" in world.page("/")


def recovered_value(world: World) -> str:
    today = datetime.now(UTC).date()
    days = world.get(f"/metrics/daily/?from={today - timedelta(days=1)}&to={today + timedelta(days=1)}")
    rows = days["results"] if isinstance(days, dict) else days
    return f"{sum(float(row['recovered_value'] or 0) for row in rows):.2f}"
