"""What connections receive: how much by the hour, which fields, since when one is silent, and refusals by connection."""

import django.db.models.deletion
from django.db import migrations, models

from tenants.rls import TenantTable


class Migration(migrations.Migration):
    dependencies = [("calls", "0004_connection_and_provider_id_of_calls")]

    operations = [
        migrations.CreateModel(
            name="ConnectionHour",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("connection_id", models.UUIDField()),
                ("hour", models.DateTimeField()),
                ("messages", models.PositiveIntegerField(default=0)),
                ("calls", models.PositiveIntegerField(default=0)),
                ("refused", models.PositiveIntegerField(default=0)),
                ("first_message_at", models.DateTimeField(null=True)),
                ("last_message_at", models.DateTimeField(null=True)),
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
                    models.UniqueConstraint(fields=("clinic", "connection_id", "hour"), name="one_connection_hour")
                ],
            },
        ),
        migrations.CreateModel(
            name="ReceivedField",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("connection_id", models.UUIDField()),
                ("name", models.CharField(max_length=64)),
                ("count", models.PositiveBigIntegerField(default=0)),
                ("last_at", models.DateTimeField()),
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
                    models.UniqueConstraint(fields=("clinic", "connection_id", "name"), name="one_received_field")
                ],
            },
        ),
        migrations.AddField("connection", "resumed_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("connection", "silent_since", models.DateTimeField(blank=True, null=True)),
        migrations.AddField("refusalcount", "connection_id", models.UUIDField(blank=True, null=True)),
        migrations.RemoveConstraint("refusalcount", "one_refusal_count"),
        migrations.AddConstraint(
            "refusalcount",
            models.UniqueConstraint(
                fields=("clinic", "on", "source", "reason", "connection_id"),
                name="one_refusal_count",
                nulls_distinct=False,
            ),
        ),
        # They belong to a connection of their own clinic and of no other, and go with it.
        migrations.RunSQL(
            """
            ALTER TABLE calls_connectionhour ADD CONSTRAINT hour_of_same_clinic
                FOREIGN KEY (clinic_id, connection_id) REFERENCES calls_connection (clinic_id, id) ON DELETE CASCADE;
            ALTER TABLE calls_receivedfield ADD CONSTRAINT field_of_same_clinic
                FOREIGN KEY (clinic_id, connection_id) REFERENCES calls_connection (clinic_id, id) ON DELETE CASCADE;
            ALTER TABLE calls_refusalcount ADD CONSTRAINT refusals_of_same_clinic
                FOREIGN KEY (clinic_id, connection_id) REFERENCES calls_connection (clinic_id, id) ON DELETE CASCADE;
            """,
            """
            ALTER TABLE calls_connectionhour DROP CONSTRAINT hour_of_same_clinic;
            ALTER TABLE calls_receivedfield DROP CONSTRAINT field_of_same_clinic;
            ALTER TABLE calls_refusalcount DROP CONSTRAINT refusals_of_same_clinic;
            """,
        ),
        TenantTable("calls_connectionhour").operation(),
        TenantTable("calls_receivedfield").operation(),
    ]
