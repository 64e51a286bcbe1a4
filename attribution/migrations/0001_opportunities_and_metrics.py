"""Appointments, opportunities, staff actions, rules and metrics, each with its row security."""

import uuid

import django.contrib.postgres.fields
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import attribution.domain
from tenants.rls import TenantTable


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0001_clinics_people_and_keys"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AppointmentCaller",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "clinic_id",
                        "caller",
                        "appointment_id",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("caller", models.UUIDField()),
                ("appointment_id", models.UUIDField()),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.clinic",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CallerBooks",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "clinic_id",
                        "caller",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("caller", models.UUIDField()),
                ("settled_until", models.DateTimeField()),
                ("last_missed_at", models.DateTimeField()),
                (
                    "last_status",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("attempted", "attempted"),
                            ("reached", "reached"),
                            ("recovered", "recovered"),
                            ("returned", "returned"),
                            ("booked_elsewhere", "booked elsewhere"),
                            ("dismissed", "dismissed"),
                            ("lapsed", "lapsed"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.clinic",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DailyMetrics",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "clinic_id",
                        "on",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("on", models.DateField(db_column="day")),
                ("inbound", models.PositiveIntegerField(default=0)),
                ("answered", models.PositiveIntegerField(default=0)),
                ("missed", models.PositiveIntegerField(default=0)),
                ("voicemail", models.PositiveIntegerField(default=0)),
                ("abandoned", models.PositiveIntegerField(default=0)),
                ("withheld", models.PositiveIntegerField(default=0)),
                ("outbound", models.PositiveIntegerField(default=0)),
                ("missed_out_of_hours", models.PositiveIntegerField(default=0)),
                ("opportunities", models.PositiveIntegerField(default=0)),
                ("called_back", models.PositiveIntegerField(default=0)),
                ("reached", models.PositiveIntegerField(default=0)),
                ("recovered", models.PositiveIntegerField(default=0)),
                ("lapsed", models.PositiveIntegerField(default=0)),
                ("dismissed", models.PositiveIntegerField(default=0)),
                ("delay_5m", models.PositiveIntegerField(default=0)),
                ("delay_15m", models.PositiveIntegerField(default=0)),
                ("delay_30m", models.PositiveIntegerField(default=0)),
                ("delay_1h", models.PositiveIntegerField(default=0)),
                ("delay_2h", models.PositiveIntegerField(default=0)),
                ("delay_4h", models.PositiveIntegerField(default=0)),
                ("delay_8h", models.PositiveIntegerField(default=0)),
                ("delay_24h", models.PositiveIntegerField(default=0)),
                ("delay_48h", models.PositiveIntegerField(default=0)),
                ("delay_later", models.PositiveIntegerField(default=0)),
                ("appointments", models.PositiveIntegerField(default=0)),
                ("recovered_appointments", models.PositiveIntegerField(default=0)),
                (
                    "recovered_value",
                    models.DecimalField(decimal_places=2, max_digits=12, null=True),
                ),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.clinic",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="DayChange",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "clinic_id",
                        "on",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("on", models.DateField(db_column="day")),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.clinic",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="HourlyMetrics",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "clinic_id",
                        "on",
                        "hour",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("on", models.DateField(db_column="day")),
                ("hour", models.PositiveSmallIntegerField()),
                ("inbound", models.PositiveIntegerField(default=0)),
                ("missed", models.PositiveIntegerField(default=0)),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.clinic",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MonthlyValue",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "clinic_id",
                        "month",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("month", models.DateField()),
                (
                    "recovered_value",
                    models.DecimalField(decimal_places=2, max_digits=14),
                ),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.clinic",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Appointment",
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
                ("external_id", models.CharField(max_length=64)),
                ("booked_at", models.DateTimeField()),
                ("type", models.CharField(blank=True, max_length=40)),
                (
                    "value",
                    models.DecimalField(decimal_places=2, max_digits=9, null=True),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("booked", "booked"), ("cancelled", "cancelled")],
                        max_length=10,
                    ),
                ),
                (
                    "callers",
                    django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), default=list, size=None),
                ),
                ("caller", models.UUIDField(null=True)),
                (
                    "verdict",
                    models.CharField(
                        choices=[
                            ("recovered", "recovered"),
                            ("unattributed", "unattributed"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        choices=[
                            ("callback", "callback"),
                            ("caller_returned", "caller returned"),
                            ("no_contact", "no contact"),
                            ("cancelled", "cancelled"),
                            ("withheld", "withheld"),
                            ("window_elapsed", "window elapsed"),
                            ("already_recovered", "already recovered"),
                            ("no_missed_call", "no missed call"),
                        ],
                        max_length=20,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
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
                    models.Index(
                        fields=["clinic", "-booked_at", "-id"],
                        name="appointments_by_time",
                    ),
                    models.Index(
                        fields=["clinic", "caller", "booked_at"],
                        name="appointments_of_caller",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("clinic", "external_id"),
                        name="one_appointment_per_external_id",
                    ),
                    models.UniqueConstraint(fields=("clinic", "id"), name="appointment_of_clinic"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Opportunity",
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
                ("caller", models.UUIDField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("open", "open"),
                            ("attempted", "attempted"),
                            ("reached", "reached"),
                            ("recovered", "recovered"),
                            ("returned", "returned"),
                            ("booked_elsewhere", "booked elsewhere"),
                            ("dismissed", "dismissed"),
                            ("lapsed", "lapsed"),
                        ],
                        max_length=20,
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("last_missed_at", models.DateTimeField()),
                ("deadline", models.DateTimeField()),
                ("attempts", models.PositiveIntegerField()),
                ("callbacks", models.PositiveIntegerField(default=0)),
                ("called_back_at", models.DateTimeField(null=True)),
                ("reached_at", models.DateTimeField(null=True)),
                ("contact_at", models.DateTimeField(null=True)),
                (
                    "contact_kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("callback", "callback"),
                            ("caller_returned", "caller returned"),
                        ],
                        max_length=20,
                    ),
                ),
                ("contact_talk_seconds", models.PositiveIntegerField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("appointment_id", models.UUIDField(null=True)),
                ("booked_at", models.DateTimeField(null=True)),
                (
                    "value",
                    models.DecimalField(decimal_places=2, max_digits=9, null=True),
                ),
                (
                    "value_source",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("appointment", "appointment"),
                            ("type_estimate", "type estimate"),
                            ("clinic_default", "clinic default"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "rule",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("callback", "callback"),
                            ("caller_returned", "caller returned"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "dismiss_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("spam", "spam"),
                            ("wrong_number", "wrong number"),
                            ("supplier", "supplier"),
                            ("existing_booking", "existing booking"),
                            ("other", "other"),
                        ],
                        max_length=20,
                    ),
                ),
                ("rules_version", models.PositiveIntegerField()),
                ("is_settled", models.BooleanField(default=False)),
                (
                    "clinic",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.clinic",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        fields=["clinic", "-opened_at", "-id"],
                        name="opportunities_by_time",
                    ),
                    models.Index(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    attribution.domain.OpportunityStatus["OPEN"],
                                    attribution.domain.OpportunityStatus["ATTEMPTED"],
                                ],
                            )
                        ),
                        fields=["clinic", "opened_at"],
                        name="opportunities_waiting",
                    ),
                    models.Index(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    attribution.domain.OpportunityStatus["OPEN"],
                                    attribution.domain.OpportunityStatus["ATTEMPTED"],
                                    attribution.domain.OpportunityStatus["REACHED"],
                                ],
                            )
                        ),
                        fields=["clinic", "deadline"],
                        name="opportunities_to_lapse",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("clinic", "caller", "opened_at"),
                        name="one_opportunity_per_opening",
                    ),
                    models.UniqueConstraint(
                        fields=("clinic", "appointment_id"),
                        name="an_appointment_is_won_once",
                        deferrable=models.Deferrable["DEFERRED"],
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RulesVersion",
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
                ("version", models.PositiveIntegerField()),
                ("in_force_from", models.DateTimeField()),
                ("voicemail_is_missed", models.BooleanField(default=True)),
                ("min_ring_seconds", models.PositiveSmallIntegerField(default=3)),
                ("min_talk_seconds", models.PositiveSmallIntegerField(default=20)),
                ("callback_window", models.DurationField()),
                ("booking_window", models.DurationField()),
                ("clock_tolerance", models.DurationField()),
                ("caller_returned_counts", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
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
                "constraints": [models.UniqueConstraint(fields=("clinic", "version"), name="one_rules_version")],
            },
        ),
        migrations.CreateModel(
            name="StaffAction",
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
                ("caller", models.UUIDField()),
                ("at", models.DateTimeField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("called_back", "called back"),
                            ("dismissed", "dismissed"),
                        ],
                        max_length=12,
                    ),
                ),
                ("reached", models.BooleanField(null=True)),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("spam", "spam"),
                            ("wrong_number", "wrong number"),
                            ("supplier", "supplier"),
                            ("existing_booking", "existing booking"),
                            ("other", "other"),
                        ],
                        max_length=20,
                    ),
                ),
                (
                    "clinic",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="tenants.clinic",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["clinic", "caller", "at"], name="actions_of_caller")],
                "constraints": [
                    models.UniqueConstraint(fields=("clinic", "id"), name="action_of_clinic"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("kind", attribution.domain.ActionKind["CALLED_BACK"]),
                                ("reached__isnull", False),
                                ("reason", ""),
                            ),
                            models.Q(
                                ("kind", attribution.domain.ActionKind["DISMISSED"]),
                                ("reached__isnull", True),
                                models.Q(("reason", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="action_has_what_its_kind_needs",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TypeEstimate",
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
                ("code", models.CharField(max_length=40)),
                ("name", models.CharField(max_length=80)),
                ("value", models.DecimalField(decimal_places=2, max_digits=9)),
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
                    models.UniqueConstraint(fields=("clinic", "code"), name="one_estimate_per_type"),
                    models.CheckConstraint(
                        condition=models.Q(("value__gte", 0)),
                        name="estimate_not_negative",
                    ),
                ],
            },
        ),
        # A recovery points at an appointment of its own clinic and of no other.
        migrations.RunSQL(
            """
            ALTER TABLE attribution_opportunity ADD CONSTRAINT appointment_of_same_clinic
                FOREIGN KEY (clinic_id, appointment_id) REFERENCES attribution_appointment (clinic_id, id)
                DEFERRABLE INITIALLY DEFERRED;
            """,
            "ALTER TABLE attribution_opportunity DROP CONSTRAINT appointment_of_same_clinic",
        ),
        migrations.RunSQL(
            """
            ALTER TABLE attribution_appointmentcaller ADD CONSTRAINT candidate_of_same_clinic
                FOREIGN KEY (clinic_id, appointment_id) REFERENCES attribution_appointment (clinic_id, id)
                ON DELETE CASCADE;
            -- For that cascade: the primary key begins with the caller.
            CREATE INDEX candidates_of_appointment ON attribution_appointmentcaller (clinic_id, appointment_id);
            """,
            """
            ALTER TABLE attribution_appointmentcaller DROP CONSTRAINT candidate_of_same_clinic;
            DROP INDEX candidates_of_appointment;
            """,
        ),
        TenantTable("attribution_rulesversion", rights="SELECT, INSERT").operation(),
        TenantTable("attribution_typeestimate").operation(),
        TenantTable("attribution_appointment").operation(),
        TenantTable("attribution_appointmentcaller").operation(),
        TenantTable("attribution_staffaction").operation(),
        TenantTable("attribution_opportunity").operation(),
        TenantTable("attribution_callerbooks").operation(),
        TenantTable("attribution_daychange", lookup="'work'").operation(),
        TenantTable("attribution_dailymetrics").operation(),
        TenantTable("attribution_hourlymetrics").operation(),
        TenantTable("attribution_monthlyvalue").operation(),
    ]
