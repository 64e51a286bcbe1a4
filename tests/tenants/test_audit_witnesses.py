"""What anchors, checkpoints and the file kept elsewhere saw is held against a trail, and against each other."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import Settings

from tenants.domain import ClinicFacts
from tenants.trail.reading import read_kept
from tenants.trail_reports import Outside, whole_lines
from tests.tenants.tampered import Superuser, delete_from, found, six_rows
from tests.tenants.trails import (
    PUBLIC_KEYS,
    checkpoint,
    read_entries,
    sign_with,
    tampering,
)


@pytest.fixture
def clinic(committed_db: None, settings: Settings) -> ClinicFacts:
    return six_rows(settings)


@pytest.fixture
def kept(clinic: ClinicFacts, settings: Settings, tmp_path: Path) -> Iterator[Path]:
    """A file of checkpoints, kept elsewhere."""
    sign_with(settings, AUDIT_CHECKPOINT_FILE=str(tmp_path / "checkpoints.jsonl"))
    checkpoint()
    yield tmp_path / "checkpoints.jsonl"


def outside(path: Path) -> Outside:
    with path.open() as file:
        lines, torn = whole_lines(read_kept(file))
    assert torn == []
    return Outside(PUBLIC_KEYS, lines)


def test_a_cut_tail_with_its_anchors_is_found_by_the_file_kept_elsewhere(
    clinic: ClinicFacts, kept: Path, superuser_sql: Superuser
) -> None:
    assert found(clinic, outside(kept)) is None
    assert found(None, outside(kept)) is None
    delete_from(superuser_sql, "tenants_auditevent", clinic.id, "seq > 4")
    with tampering(superuser_sql):
        superuser_sql.execute("DELETE FROM tenants_auditanchor; DELETE FROM tenants_auditcheckpoint")
    assert found() is None  # all that could tell is gone here
    assert found(clinic, outside(kept)) == ("cut", 5)
    assert found(None, outside(kept)) == ("cut", 5)


def test_checkpoints_that_are_gone_here_are_found_by_the_file(kept: Path, superuser_sql: Superuser) -> None:
    with tampering(superuser_sql):
        superuser_sql.execute("DELETE FROM tenants_auditanchor; DELETE FROM tenants_auditcheckpoint")
    assert found(None, outside(kept)) == ("checkpoints_broken", None)


def test_a_checkpoint_that_was_made_up_is_not_signed(clinic: ClinicFacts, superuser_sql: Superuser) -> None:
    checkpoint()
    with tampering(superuser_sql):
        superuser_sql.execute("UPDATE tenants_auditcheckpoint SET root = set_byte(root, 0, get_byte(root, 0) # 1)")
    assert found(clinic) == ("signature_wrong", None)
    assert found(clinic, Outside({})) == ("anchor_wrong", 6)


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_checkpoint_that_is_gone_breaks_their_chain(
    clinic: ClinicFacts, superuser_sql: Superuser, number: int
) -> None:
    made = [checkpoint(after) for after in (0, 1, 2, 3)]
    with tampering(superuser_sql):
        superuser_sql.execute("DELETE FROM tenants_auditcheckpoint WHERE id = %s", [made[number - 1].id])
    assert found() == ("checkpoints_broken", None)


def test_an_anchor_that_was_changed_leads_nowhere(clinic: ClinicFacts, superuser_sql: Superuser) -> None:
    checkpoint()
    with tampering(superuser_sql):
        superuser_sql.execute(
            "UPDATE tenants_auditanchor SET seq = 4, head = %s WHERE clinic_id = %s",
            [read_entries(clinic.id)[3].link.hash, clinic.id],
        )
    delete_from(superuser_sql, "tenants_auditevent", clinic.id, "seq > 4")
    assert found(clinic) == ("anchor_wrong", 4)
