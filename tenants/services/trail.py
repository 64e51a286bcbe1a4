"""What is taken out of a clinic's audit trail is on record in it: exports and proofs. Changes nothing else."""

import uuid
from dataclasses import dataclass
from typing import Any

from tenants import audit
from tenants.domain import ClinicFacts
from tenants.events import SYSTEM, Actor, Event
from tenants.models import AuditAnchor
from tenants.scope import as_clinic
from tenants.selectors import last_checkpoint, list_checkpoints
from tenants.trail.anchoring import Anchor
from tenants.trail.merkle import Head
from tenants.trail.seals import Checkpoint


class NoCheckpoint(LookupError):
    """No checkpoint has seen the trail yet."""


@dataclass(frozen=True, slots=True)
class Proof:
    """That a trail ended at a head when a checkpoint was made. `latest` is the newest checkpoint there is."""

    clinic: ClinicFacts
    anchor: Anchor
    checkpoint: Checkpoint
    latest: Checkpoint


def record_export(*, clinic_id: uuid.UUID, actor: Actor = SYSTEM, **about: Any) -> int:
    """Puts on record that the trail is exported; returns the number of that row, with which the export ends."""
    with as_clinic(clinic_id):
        return audit.record(Event.AUDIT_EXPORTED, actor=actor, clinic_id=clinic_id, **about)


def take_proof(*, clinic: ClinicFacts, actor: Actor) -> Proof:
    """The newest proof of a clinic's trail. Raises `NoCheckpoint`."""
    with as_clinic(clinic.id):
        row = AuditAnchor.objects.filter(clinic_id=clinic.id).order_by("-checkpoint_id").first()
        latest = last_checkpoint()
        if row is None or latest is None:
            raise NoCheckpoint("No checkpoint has been made since the clinic began.")
        (checkpoint,) = list_checkpoints(after=row.checkpoint_id - 1, until=row.checkpoint_id)
        anchor = Anchor(Head(clinic.id, row.seq, bytes(row.head)), row.path, row.checkpoint_id)
        audit.record(Event.AUDIT_PROOF_TAKEN, actor=actor, clinic_id=clinic.id, row=row.seq, checkpoint=checkpoint.id)
    return Proof(clinic, anchor, checkpoint, latest)
