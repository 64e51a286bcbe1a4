"""Pulls for tests: a clinic, a connection with an account, a loopback phone system, and a clock of their own."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from django.test import override_settings

from calls import services
from calls.domain import PullKind
from calls.fetching import Pace, run_pull
from calls.models import Call
from calls.selectors import PullLine, find_pull
from tenants.domain import ClinicFacts
from tenants.models import AuditEvent
from tenants.scope import as_clinic
from tests.calls.provider_apis import Api, serving


@dataclass
class Asked:
    """A connection whose phone system is `api`."""

    clinic: ClinicFacts
    connection: services.NewConnection
    api: Api
    now: datetime
    slept: list[float] = field(default_factory=list)

    def pace(self, seconds: float = 600.0, patience: float = 600.0) -> Pace:
        return Pace(seconds=seconds, patience=patience, sleep=self.slept.append, clock=lambda: self.now)

    def begin(self, days: float = 3, kind: PullKind = PullKind.BACKFILL) -> PullLine:
        pull_id = services.start_pull(
            clinic_id=self.clinic.id,
            connection_id=self.connection.id,
            kind=kind,
            since=self.now - timedelta(days=days),
            until=self.now,
            now=self.now,
        )
        return self.go_on(pull_id, run=False)

    def go_on(self, pull_id: uuid.UUID, *, run: bool = True, pace: Pace | None = None) -> PullLine:
        if run:
            run_pull(clinic=self.clinic, pull_id=pull_id, pace=pace or self.pace())
        found = find_pull(self.clinic.id, pull_id)
        assert found is not None
        return found

    def fetch(self, days: float = 3, kind: PullKind = PullKind.BACKFILL, pace: Pace | None = None) -> PullLine:
        return self.go_on(self.begin(days, kind).id, pace=pace)

    def rows(self) -> list[tuple[object, ...]]:
        """Everything of the calls that is stored, but which clinic's they are."""
        names = [each.attname for each in Call._meta.concrete_fields if each.attname not in ("pk", "clinic_id")]
        with as_clinic(self.clinic.id):
            return list(Call.objects.order_by("started_at", "id").values_list(*names))

    def trail(self) -> list[tuple[str, str]]:
        with as_clinic(self.clinic.id):
            rows = AuditEvent.objects.filter(action__in=("calls_fetched", "account_set", "account_removed"))
            return list(rows.order_by("seq").values_list("action", "actor_kind"))


@contextmanager
def asking(clinic: ClinicFacts, api: Api, now: datetime, name: str = "Main line", secret: str = "x") -> Iterator[Asked]:
    """The connection with the account, while the phone system is served."""
    with (
        serving(api),
        override_settings(PROVIDER_API_URLS={api.name: api.base}, OUTBOUND_INNER_HOSTS=[urlsplit(api.base).netloc]),
    ):
        made = services.add_connection(clinic_id=clinic.id, provider=api.name, name=name, secret=secret, now=now)
        services.set_account(clinic_id=clinic.id, connection_id=made.id, credentials=api.credentials, now=now)
        yield Asked(clinic, made, api, now)
