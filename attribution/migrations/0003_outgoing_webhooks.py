"""Outgoing webhooks: where to, and what is to be told there, with its row security."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

from tenants.rls import TenantTable

EVENTS = [
    ("missed_call.opened", "missed call.opened"),
    ("opportunity.recovered", "opportunity.recovered"),
    ("digest.daily", "digest.daily"),
    ("test", "test"),
]


class Migration(migrations.Migration):
    dependencies = [("attribution", "0002_booking_systems"), ("tenants", "0004_people_and_audit_trail")]

    operations = [
        migrations.CreateModel(
            name="OutgoingTarget",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("name", models.CharField(max_length=80)),
                ("url", models.BinaryField()),
                ("shown_address", models.CharField(max_length=300)),
                ("secret", models.BinaryField()),
                ("old_secret", models.BinaryField(null=True)),
                ("old_secret_until", models.DateTimeField(null=True)),
                (
                    "events",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list, size=None
                    ),
                ),
                ("created_at", models.DateTimeField()),
                ("active_since", models.DateTimeField()),
                ("paused_at", models.DateTimeField(null=True)),
                ("failing_since", models.DateTimeField(null=True)),
                ("switched_off_at", models.DateTimeField(null=True)),
                ("digest_at", models.DateTimeField(null=True)),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.clinic"
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("digest_at__isnull", False)),
                        fields=["digest_at"],
                        name="outgoing_digests_due",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("clinic", "id"), name="outgoing_target_of_clinic"),
                ],
            },
        ),
        migrations.CreateModel(
            name="OutgoingMessage",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("event", models.CharField(choices=EVENTS, max_length=40)),
                ("subject", models.CharField(max_length=80)),
                ("opportunity_id", models.UUIDField(null=True)),
                ("caller", models.UUIDField(null=True)),
                ("body", models.JSONField(null=True)),
                ("created_at", models.DateTimeField()),
                ("not_before", models.DateTimeField()),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("delivered_at", models.DateTimeField(null=True)),
                ("given_up_at", models.DateTimeField(null=True)),
                ("last_status", models.PositiveSmallIntegerField(null=True)),
                ("last_problem", models.CharField(blank=True, max_length=20)),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.clinic"
                    ),
                ),
                (
                    "target",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="attribution.outgoingtarget",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("delivered_at", None), ("given_up_at", None)),
                        fields=["target", "not_before"],
                        name="outgoing_messages_to_send",
                    ),
                    models.Index(fields=["clinic", "created_at"], name="outgoing_messages_by_time"),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("clinic", "target", "event", "subject"), name="a_fact_is_told_once"
                    ),
                ],
            },
        ),
        # A message goes to a target of its own clinic and of no other.
        migrations.RunSQL(
            """
            ALTER TABLE attribution_outgoingmessage ADD CONSTRAINT outgoing_target_of_same_clinic
                FOREIGN KEY (clinic_id, target_id) REFERENCES attribution_outgoingtarget (clinic_id, id)
                ON DELETE CASCADE;
            """,
            "ALTER TABLE attribution_outgoingmessage DROP CONSTRAINT outgoing_target_of_same_clinic",
        ),
        # Seen by `app.lookup = work`: which clinics have something to send is not known before.
        TenantTable("attribution_outgoingtarget", lookup="'work'").operation(),
        TenantTable("attribution_outgoingmessage", lookup="'work'").operation(),
    ]
