"""Files that people imported, as counts, and how a clinic's own files are read; each with its row security."""

import uuid
from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from tenants.rls import TenantTable

CLINIC: dict[str, Any] = {"on_delete": django.db.models.deletion.CASCADE, "related_name": "+", "to": "tenants.clinic"}


class Migration(migrations.Migration):
    dependencies = [("calls", "0001_calls_by_week")]

    operations = [
        migrations.CreateModel(
            name="ImportRun",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                (
                    "kind",
                    models.CharField(choices=[("calls", "CALLS"), ("appointments", "APPOINTMENTS")], max_length=20),
                ),
                ("format", models.CharField(max_length=20)),
                ("is_dry_run", models.BooleanField()),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("done", "DONE"),
                            ("running", "RUNNING"),
                            ("stopped", "STOPPED"),
                            ("failed", "FAILED"),
                        ],
                        max_length=10,
                    ),
                ),
                ("started_by", models.UUIDField()),
                ("started_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
                ("stop_asked_at", models.DateTimeField(null=True)),
                ("bytes_total", models.PositiveBigIntegerField()),
                ("bytes_done", models.PositiveBigIntegerField(default=0)),
                ("report", models.JSONField(default=dict)),
                ("clinic", models.ForeignKey(**CLINIC)),
            ],
            options={
                "indexes": [models.Index(fields=["clinic", "-started_at"], name="runs_of_clinic")],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state", "running")), fields=("clinic",), name="one_import_at_a_time"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SavedMapping",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80)),
                ("header_key", models.CharField(max_length=64)),
                ("mapping", models.JSONField()),
                ("made_by", models.UUIDField()),
                ("made_at", models.DateTimeField()),
                ("clinic", models.ForeignKey(**CLINIC)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("clinic", "header_key"), name="one_mapping_of_a_header")
                ],
            },
        ),
        TenantTable("calls_importrun").operation(),
        TenantTable("calls_savedmapping").operation(),
    ]
