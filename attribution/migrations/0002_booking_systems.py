"""Booking systems."""

import uuid
from typing import Any

import django.db.models.deletion
from django.db import migrations, models

from tenants.rls import TenantTable

CLINIC: dict[str, Any] = {"on_delete": django.db.models.deletion.CASCADE, "related_name": "+", "to": "tenants.clinic"}
# One that is asked by the clock has no token and can be found by whoever looks for work; one that sends messages, by
# whoever knows its token.
LOOKUP = "coalesce('hook:' || encode(token_hash, 'hex'), 'work')"


class Migration(migrations.Migration):
    dependencies = [
        ("attribution", "0001_opportunities_and_metrics"),
        ("tenants", "0004_people_and_audit_trail"),
    ]

    operations = [
        migrations.CreateModel(
            name="BookingSystem",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("kind", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=80)),
                ("credentials", models.BinaryField()),
                ("token_hash", models.BinaryField(max_length=32, null=True, unique=True)),
                ("created_at", models.DateTimeField()),
                ("paused_at", models.DateTimeField(blank=True, null=True)),
                ("cursor", models.DateTimeField(blank=True, null=True)),
                ("next_poll_at", models.DateTimeField(blank=True, null=True)),
                ("claimed_until", models.DateTimeField(blank=True, null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("checked_at", models.DateTimeField(blank=True, null=True)),
                ("last_read_at", models.DateTimeField(blank=True, null=True)),
                ("problem", models.CharField(blank=True, max_length=20)),
                ("last_seen", models.PositiveIntegerField(default=0)),
                ("last_new", models.PositiveIntegerField(default=0)),
                ("last_changed", models.PositiveIntegerField(default=0)),
                ("last_left_out", models.PositiveIntegerField(default=0)),
                ("last_refused", models.PositiveIntegerField(default=0)),
                ("clinic", models.ForeignKey(**CLINIC)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("clinic", "id"), name="booking_system_of_clinic")],
            },
        ),
        migrations.CreateModel(
            name="BookingLink",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "clinic_id", "moved", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("moved", models.CharField(max_length=64)),
                ("first", models.CharField(max_length=64)),
                ("seen_at", models.DateTimeField()),
                ("clinic", models.ForeignKey(**CLINIC)),
            ],
            options={
                "indexes": [models.Index(fields=["clinic", "first"], name="booking_links_of_first")],
            },
        ),
        TenantTable("attribution_bookingsystem", lookup=LOOKUP).operation(),
        TenantTable("attribution_bookinglink").operation(),
    ]
