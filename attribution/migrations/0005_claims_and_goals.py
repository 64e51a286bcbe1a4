"""Claims and goals."""

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from tenants.rls import TenantTable


class Migration(migrations.Migration):
    dependencies = [
        ("attribution", "0004_digests"),
        ("tenants", "0004_people_and_audit_trail"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Claim",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "clinic_id",
                        "opportunity_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("opportunity_id", models.UUIDField()),
                ("claimed_at", models.DateTimeField()),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.clinic"
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Goals",
            fields=[
                (
                    "clinic",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="+",
                        serialize=False,
                        to="tenants.clinic",
                    ),
                ),
                (
                    "in_time_percent",
                    models.PositiveSmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(100),
                        ],
                    ),
                ),
                ("recovered_per_month", models.PositiveIntegerField(blank=True, null=True)),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("in_time_percent", None), ("in_time_percent__range", (1, 100)), _connector="OR"
                        ),
                        name="in_time_is_a_percentage",
                    )
                ],
            },
        ),
        TenantTable("attribution_claim").operation(),
        TenantTable("attribution_goals").operation(),
    ]
