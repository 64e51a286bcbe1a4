"""The page about webhooks shows what is really sent: the same fields in the same order of kinds, and code that runs."""

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import Settings

from attribution import services
from tests.attribution.clinics import AMBER, BRAMBLE, Desk, make_desk
from tests.attribution.receivers import listening, send, subscribe

pytestmark = pytest.mark.django_db
PAGE = (Path(__file__).parents[2] / "docs" / "webhooks.md").read_text()
EXAMPLES = {example["type"]: example for example in map(json.loads, re.findall(r"```json\n(.*?)```", PAGE, re.S))}
[CODE] = re.findall(r"```python\n(.*?)```", PAGE, re.S)


def kinds(value: Any) -> Any:
    """Names and types, and for texts what they look like."""
    if isinstance(value, dict):
        return {name: kinds(part) for name, part in value.items()}
    if isinstance(value, str):
        for pattern in (r"[0-9a-f-]{36}", r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{6}Z", r"\d{4}-\d\d-\d\d", r"\d+\.\d\d"):
            if re.fullmatch(pattern, value):
                return pattern
    return type(value)


@pytest.fixture
def desk() -> Desk:
    desk = make_desk()
    desk.now = timezone.now()
    return desk


def make_news(desk: Desk, target_id: Any) -> None:
    desk.call(desk.now - timedelta(seconds=5), AMBER, line="New patients")
    desk.call(desk.now - timedelta(hours=3), BRAMBLE, line="New patients")
    desk.call_back(desk.now - timedelta(hours=2), BRAMBLE)
    desk.book(desk.now - timedelta(hours=1), BRAMBLE, value="85.00")
    desk.call(desk.now - timedelta(hours=30), BRAMBLE)
    desk.attribute()
    services.send_test(clinic_id=desk.clinic.id, target_id=target_id, now=desk.now)


def test_the_examples_are_what_is_sent_and_the_code_reads_it(desk: Desk, settings: Settings) -> None:
    code: dict[str, Any] = {}
    exec(CODE, code)
    with listening() as receiver:
        settings.WEBHOOK_INNER_HOSTS = [receiver.friend]
        made = subscribe(desk, receiver.url)
        make_news(desk, made.id)
        desk.now += timedelta(seconds=31)
        send(desk)
        morning = desk.now + timedelta(days=1)
        assert services.tell_digests(clinic_id=desk.clinic.id, now=morning) == 1
        assert services.tell_digests(clinic_id=desk.clinic.id, now=morning) == 0
        desk.now = morning
        send(desk)
    told = {}
    for headers, body in zip(receiver.headers, receiver.bodies, strict=True):
        if abs(int(headers["webhook-timestamp"]) - timezone.now().timestamp()) < 200:  # not the one of tomorrow
            assert code["receive"](made.secret, headers, body) == json.loads(body)["type"]
            assert code["receive"](made.secret, headers, body) == "known"
        told[json.loads(body)["type"]] = json.loads(body)
    assert told.keys() == EXAMPLES.keys()
    for kind, example in EXAMPLES.items():
        assert kinds(told[kind]) == kinds(example), kind
