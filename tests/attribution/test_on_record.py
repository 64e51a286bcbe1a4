"""What is done about callers and with files is on the audit trail: who did it, a row each, nothing about anybody."""

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from attribution import services
from attribution.domain import ActionKind, DismissReason
from tenants.events import Actor, ActorKind
from tests.attribution.clinics import Desk, ago, make_desk
from tests.tenants.factories import bob as make_bob
from tests.tenants.trails import person, read_entries

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(db: None) -> Desk:
    desk = make_desk()
    desk.call(ago(hours=3))
    desk.attribute()
    return desk


def added(desk: Desk, before: int) -> list[tuple[str, str, uuid.UUID | None, str, dict[str, Any]]]:
    return [
        (
            entry.link.action,
            entry.link.actor_kind,
            entry.link.actor_id,
            entry.link.target,
            json.loads(entry.details or ""),
        )
        for entry in read_entries(desk.clinic.id)[before:]
    ]


@pytest.mark.parametrize(
    ("what", "event", "how"),
    [
        ({"kind": ActionKind.CALLED_BACK, "reached": True}, "caller_called_back", {"reached": True}),
        ({"kind": ActionKind.CALLED_BACK, "reached": False}, "caller_called_back", {"reached": False}),
        ({"kind": ActionKind.DISMISSED, "reason": DismissReason.SPAM}, "caller_dismissed", {"reason": "spam"}),
    ],
)
def test_an_action_and_its_undoing_are_a_row_each(
    desk: Desk, what: dict[str, Any], event: str, how: dict[str, Any]
) -> None:
    bob, opportunity_id = make_bob(desk.clinic).id, desk.opportunity.id
    before = len(read_entries(desk.clinic.id))
    action_id = services.record_action(
        clinic_id=desk.clinic.id, opportunity_id=opportunity_id, user_id=bob, now=desk.now, actor=person(bob), **what
    )
    services.undo_action(clinic_id=desk.clinic.id, action_id=action_id, user_id=bob, now=desk.now, actor=person(bob))
    done, undone = added(desk, before)
    about = {"opportunity_id": str(opportunity_id), "address": "203.0.113.0"}
    assert done == (event, "person", bob, "", {"how": how, **about})
    assert undone[:4] == ("caller_action_undone", "person", bob, "")
    assert undone[4].items() >= {**about, "action": what["kind"].value}.items()
    assert str(desk.opportunity.caller) not in str([done, undone])


def test_what_is_refused_leaves_no_row(desk: Desk) -> None:
    before = len(read_entries(desk.clinic.id))
    with pytest.raises(services.UnknownOpportunity):
        services.record_action(
            clinic_id=desk.clinic.id, opportunity_id=uuid.uuid4(), kind=ActionKind.CALLED_BACK, reached=True,
            user_id=None, now=desk.now, actor=Actor(ActorKind.KEY, uuid.uuid4()),
        )  # fmt: skip
    assert added(desk, before) == []


def test_a_made_up_history_is_not_on_record(desk: Desk) -> None:
    before = len(read_entries(desk.clinic.id))
    services.record_action(
        clinic_id=desk.clinic.id, opportunity_id=desk.opportunity.id, kind=ActionKind.CALLED_BACK, reached=True,
        user_id=None, now=desk.now, actor=None,
    )  # fmt: skip
    assert added(desk, before) == []


def test_a_file_is_on_record_with_its_counts(desk: Desk, tmp_path: Path) -> None:
    files = {
        "import_calls": "external_id,started_at,direction,outcome,number\nC1,2026-01-01T10:00Z,inbound,missed,{}\n",
        "import_appointments": "external_id,booked_at,numbers,status\nA1,2026-01-01T10:00:00Z,{},booked\n",
    }
    for command, event in (("import_calls", "calls_imported"), ("import_appointments", "appointments_imported")):
        path = tmp_path / "file.csv"
        path.write_text(files[command].format("+447700900123"))
        for is_dry_run in (True, False):
            before = len(read_entries(desk.clinic.id))
            call_command(command, desk.clinic.slug, str(path), "--format=csv", *["--dry-run"] * is_dry_run)
            rows = added(desk, before)
            assert [row[:4] for row in rows] == ([] if is_dry_run else [(event, "system", None, "")])
        assert set(rows[0][4]["counts"]) == {"read", "stored", "merged", "known_already", "refused"}
        assert "900123" not in str(rows)


def test_figures_computed_anew_are_on_record(desk: Desk) -> None:
    before = len(read_entries(desk.clinic.id))
    call_command("rebuild_metrics", desk.clinic.slug, "--from", "2026-11-01")
    assert added(desk, before) == [
        ("metrics_rebuilt", "system", None, "", {"callers": 1, "first_day": "2026-11-01", "last_day": None})
    ]
