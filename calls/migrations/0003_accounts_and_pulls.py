"""What a phone system is asked with, and each time that it was asked for its calls."""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from tenants.rls import TenantTable


class Migration(migrations.Migration):
    dependencies = [("calls", "0002_imports_and_mappings")]

    operations = [
        migrations.CreateModel(
            name="Account",
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
                ("connection_id", models.UUIDField()),
                ("credentials", models.BinaryField()),
                ("created_at", models.DateTimeField()),
                ("checked_at", models.DateTimeField(blank=True, null=True)),
                ("problem", models.CharField(blank=True, max_length=20)),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.clinic",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("clinic", "connection_id"), name="one_account"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Pull",
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
                ("connection_id", models.UUIDField()),
                ("kind", models.CharField(max_length=10)),
                ("state", models.CharField(default="waiting", max_length=10)),
                ("since", models.DateTimeField()),
                ("until", models.DateTimeField()),
                ("reached", models.DateTimeField()),
                ("not_before", models.DateTimeField(blank=True, null=True)),
                ("failing_since", models.DateTimeField(blank=True, null=True)),
                ("read", models.PositiveIntegerField(default=0)),
                ("added", models.PositiveIntegerField(default=0)),
                ("left_out", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                ("started_by", models.UUIDField(blank=True, null=True)),
                ("started_at", models.DateTimeField()),
                ("updated_at", models.DateTimeField()),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("problem", models.CharField(blank=True, max_length=20)),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.clinic",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["clinic", "connection_id", "-started_at"], name="pulls_of_connection")
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("state__in", ("waiting", "running"))),
                        fields=("clinic", "connection_id", "kind"),
                        name="one_pull_at_a_time",
                    )
                ],
            },
        ),
        # They belong to a connection of their own clinic and of no other, and go with it.
        migrations.RunSQL(
            """
            ALTER TABLE calls_account ADD CONSTRAINT account_of_same_clinic
                FOREIGN KEY (clinic_id, connection_id) REFERENCES calls_connection (clinic_id, id) ON DELETE CASCADE;
            ALTER TABLE calls_pull ADD CONSTRAINT pull_of_same_clinic
                FOREIGN KEY (clinic_id, connection_id) REFERENCES calls_connection (clinic_id, id) ON DELETE CASCADE;
            """,
            """
            ALTER TABLE calls_account DROP CONSTRAINT account_of_same_clinic;
            ALTER TABLE calls_pull DROP CONSTRAINT pull_of_same_clinic;
            """,
        ),
        # Seen by `app.lookup = work`: which clinics have phone systems to be asked is not known before.
        TenantTable("calls_account", lookup="'work'").operation(),
        TenantTable("calls_pull", lookup="'work'").operation(),
    ]
