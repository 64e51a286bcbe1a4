"""Live, one event at a time, in any order, equals one recomputation of everything, figures included."""

import io
import random
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from attribution import services
from attribution.domain import ActionKind, AppointmentStatus
from attribution.models import Opportunity
from attribution.services import rebuild
from calls.domain import Direction, Outcome
from tenants.scope import as_clinic
from tests.attribution.clinics import NOW, Desk, ago, make_desk

pytestmark = pytest.mark.django_db
Step = Callable[[Desk], object]


def history(random_: random.Random, callers: int, events: int) -> list[Step]:
    """Steps that any desk can take: calls, actions, appointments with one or more numbers."""
    who = [uuid.UUID(int=random_.getrandbits(128)) for _ in range(callers)]
    steps: list[Step] = []
    for number in range(events):
        at = ago(minutes=random_.randrange(1, 12 * 24 * 60, 30))
        caller, kind = random_.choice(who), random_.random()
        if kind < 0.45:
            outcome = random_.choice([Outcome.MISSED, Outcome.MISSED, Outcome.VOICEMAIL, Outcome.ANSWERED])
            ring, talk = random_.choice([None, 1, 20]), random_.choice([0, 30])
            steps.append(_call(at, caller, outcome, Direction.INBOUND, ring, talk))
        elif kind < 0.7:
            steps.append(_call(at, caller, Outcome.ANSWERED, Direction.OUTBOUND, None, random_.choice([0, 30, 300])))
        elif kind < 0.8:
            what: tuple[Any, ...] = random_.choice(
                [
                    (ActionKind.CALLED_BACK, True, ""),
                    (ActionKind.CALLED_BACK, False, ""),
                    (ActionKind.DISMISSED, None, "spam"),
                ]
            )
            steps.append(_act(at, caller, *what))
        else:
            whose = random_.sample(who, random_.choice([1, 1, 2, 3]))
            status = random_.choice([AppointmentStatus.BOOKED] * 4 + [AppointmentStatus.CANCELLED])
            steps.append(_book(at, whose, f"B{number}", status))
    return steps


def _call(at: Any, caller: uuid.UUID, outcome: Outcome, way: Direction, ring: int | None, talk: int) -> Step:
    return lambda desk: desk.call(at, caller, outcome, way, ring_seconds=ring, talk_seconds=talk)


def _act(at: Any, caller: uuid.UUID, kind: ActionKind, reached: bool | None, reason: str) -> Step:
    return lambda desk: desk.act(at, caller, kind, reached, reason)


def _book(at: Any, whose: list[uuid.UUID], key: str, status: AppointmentStatus) -> Step:
    return lambda desk: desk.book(at, *whose, key=key, status=status)


@pytest.mark.parametrize("seed", range(6))
def test_live_one_by_one_in_any_order_is_one_recomputation(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    random_ = random.Random(seed)
    steps = history(random_, callers=5, events=60)
    live, bulk, rebuilt = make_desk("Live"), make_desk("Bulk"), make_desk("Rebuilt")
    for step in random_.sample(steps, len(steps)):
        step(live)
        if random_.random() < 0.6:  # so that batches of several come up as well
            live.attribute()
    live.attribute()
    for step in steps:
        step(bulk)
        step(rebuilt)
    bulk.attribute()
    monkeypatch.setattr(rebuild, "CALLS_AT_ONCE", 10)
    services.rebuild_metrics(clinic_id=rebuilt.clinic.id, now=NOW)
    assert live.snapshot()[0], "an empty history shows nothing"
    assert live.snapshot() == bulk.snapshot()
    assert rebuilt.snapshot()[:2] == live.snapshot()[:2]
    rebuilt.attribute()
    services.rebuild_metrics(clinic_id=rebuilt.clinic.id, now=NOW)
    assert rebuilt.snapshot() == live.snapshot()
    services.rebuild_metrics(clinic_id=live.clinic.id, now=NOW)
    assert rebuilt.snapshot() == live.snapshot()


@pytest.mark.parametrize("count", [1, 2, 3, 50])
def test_the_parts_of_a_rebuild_hold_every_id_once(count: int) -> None:
    parts = list(rebuild._ranges(count))
    edges = [0, *[part.last.int + 1 for part in parts]]
    assert [part.first.int for part in parts] == edges[:-1]
    assert (len(parts), edges[-1]) == (count, 1 << 128)


def test_time_going_by_in_steps_is_time_having_gone_by(monkeypatch: pytest.MonkeyPatch) -> None:
    """Events are attributed at their own time, opportunities lapse and books close on the way."""
    random_ = random.Random(99)
    steps = history(random_, callers=6, events=80)
    live, late = make_desk("Live"), make_desk("Late")
    for step in steps:
        step(late)
    late.attribute()
    for number, step in enumerate(random_.sample(steps, len(steps))):
        step(live)
        live.now = ago(days=12) + timedelta(hours=3 * number)
        services.lapse_due(clinic_id=live.clinic.id, now=live.now)
        live.attribute()
    live.now = NOW
    services.lapse_due(clinic_id=live.clinic.id, now=NOW)
    live.attribute()
    assert live.snapshot()[2] == late.snapshot()[2]
    assert live.snapshot() == late.snapshot()


def test_a_rebuild_repairs_what_somebody_broke() -> None:
    desk = make_desk()
    desk.call(ago(hours=3))
    desk.call_back(ago(hours=2))
    desk.book(ago(hours=1))
    desk.attribute()
    right = desk.snapshot()
    with as_clinic(desk.clinic.id):
        Opportunity.objects.update(status="lapsed", attempts=9, value=None, appointment_id=None)
        Opportunity.objects.create(
            clinic_id=desk.clinic.id, caller=uuid.uuid4(), status="open", opened_at=ago(days=1), attempts=1,
            last_missed_at=ago(days=1), deadline=ago(), rules_version=1,
        )  # fmt: skip
    assert desk.snapshot() != right
    services.rebuild_metrics(clinic_id=desk.clinic.id, now=NOW)
    assert desk.snapshot() == right


def test_the_command_names_what_it_did(monkeypatch: pytest.MonkeyPatch) -> None:
    desk = make_desk()
    desk.call(ago(hours=3))
    out = io.StringIO()
    call_command("rebuild_metrics", desk.clinic.slug, "--from", "2026-11-01", "--to", "2026-11-30", stdout=out)
    assert out.getvalue() == "1 callers recomputed, open days rolled up.\n"
    assert len(desk.opportunities()) == 1


@pytest.mark.parametrize(
    "arguments",
    [["nobody"], ["{slug}", "--from", "yesterday"], ["{slug}", "--from", "2026-11-02", "--to", "2026-11-01"]],
)
def test_the_command_refuses_what_it_does_not_understand(arguments: list[str]) -> None:
    slug = make_desk().clinic.slug
    with pytest.raises(CommandError):
        call_command("rebuild_metrics", *[argument.format(slug=slug) for argument in arguments])
