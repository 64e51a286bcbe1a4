"""What the API keeps for a day: answers by idempotency key, and uses of what may be used a few times an hour."""

import django.db.models.deletion
from django.db import migrations, models

from tenants.rls import TenantTable


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0002_grants_on_django_tables"),
    ]

    operations = [
        migrations.CreateModel(
            name="IdempotentAnswer",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("key_hash", models.BinaryField(max_length=32)),
                ("body_hash", models.BinaryField(max_length=32)),
                ("status", models.PositiveSmallIntegerField(null=True)),
                ("answer", models.TextField(blank=True)),
                ("created_at", models.DateTimeField()),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.clinic"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["clinic", "created_at"], name="answers_by_time")],
                "constraints": [
                    models.UniqueConstraint(fields=("clinic", "key_hash"), name="one_answer_per_key"),
                ],
            },
        ),
        migrations.CreateModel(
            name="RareUse",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("api_key_id", models.UUIDField()),
                ("what", models.CharField(max_length=20)),
                ("at", models.DateTimeField()),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.clinic"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["clinic", "api_key_id", "what", "at"], name="rare_uses_by_time")],
            },
        ),
        TenantTable("tenants_idempotentanswer").operation(),
        TenantTable("tenants_rareuse").operation(),
    ]
