"""The deletion log, append-only for the application, and the runs of the purge."""

import uuid

from django.db import migrations, models

from tenants.rls import TenantTable, grant


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="PurgeRun",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=uuid.uuid4,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("started_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ["-started_at"],
            },
        ),
        migrations.CreateModel(
            name="DeletionLog",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("clinic_id", models.UUIDField()),
                ("run_id", models.UUIDField()),
                ("at", models.DateTimeField()),
                ("what", models.CharField(max_length=40)),
                ("before", models.DateTimeField()),
                ("count", models.PositiveIntegerField()),
                ("certificate", models.CharField(blank=True, max_length=64)),
            ],
            options={
                "indexes": [models.Index(fields=["clinic_id", "-at"], name="deletions_by_time")],
            },
        ),
        TenantTable("retention_deletionlog", rights="SELECT, INSERT").operation(),
        grant("retention_purgerun", "SELECT, INSERT, UPDATE"),
    ]
