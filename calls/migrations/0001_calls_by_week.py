"""Calls and caller hashes in weekly partitions, keys, connections and work rows, each with its row security.

Partitions are made and dropped through two functions that run as the owner role: the application can ask for a week
and can ask that an expired week goes, and can do no other DDL.
"""

import uuid

import django.db.models.deletion
from django.db import migrations, models

from tenants.rls import TenantTable, app_role

# No foreign key to the clinic: it would cost a look-up per row of an import, and the policy already says whose row
# it is. No statistics on what tells callers apart: the planner's samples would outlive the rows.
PARTITIONED_TABLES = """
CREATE TABLE calls_call (
    clinic_id uuid NOT NULL,
    started_at timestamptz NOT NULL,
    id uuid NOT NULL,
    caller uuid,
    talk_seconds integer NOT NULL CHECK (talk_seconds >= 0),
    ring_seconds integer CHECK (ring_seconds >= 0),
    kind smallint NOT NULL CHECK (kind BETWEEN 0 AND 3),
    direction smallint NOT NULL CHECK (direction IN (1, 2)),
    outcome smallint NOT NULL CHECK (outcome BETWEEN 0 AND 4),
    line varchar(40) NOT NULL,
    source varchar(20) NOT NULL,
    CONSTRAINT only_callers_have_an_id CHECK ((kind = 3) = (caller IS NOT NULL)),
    PRIMARY KEY (clinic_id, started_at, id)
) PARTITION BY RANGE (started_at);
CREATE INDEX calls_of_caller ON calls_call (clinic_id, caller, started_at);
ALTER TABLE calls_call ALTER COLUMN caller SET STATISTICS 0, ALTER COLUMN id SET STATISTICS 0;

CREATE TABLE calls_callerhash (
    clinic_id uuid NOT NULL,
    week date NOT NULL,
    caller_hash bytea NOT NULL CHECK (octet_length(caller_hash) = 32),
    caller uuid NOT NULL,
    PRIMARY KEY (clinic_id, week, caller_hash)
) PARTITION BY RANGE (week);
CREATE INDEX hashes_of_caller ON calls_callerhash (clinic_id, caller);
ALTER TABLE calls_callerhash ALTER COLUMN caller SET STATISTICS 0, ALTER COLUMN caller_hash SET STATISTICS 0;
"""

# SECURITY DEFINER with a pinned search path: they make and drop tables, and read no row. A week can be made for at most
# two years back and six weeks ahead; it can be dropped when its first day is 90 days old, by the database's own clock.
WEEK_FUNCTIONS = """
CREATE FUNCTION ringback_make_week(monday date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
    suffix text := to_char(monday, 'YYYY_MM_DD');
    part text;
BEGIN
    IF extract(isodow FROM monday) <> 1 OR monday NOT BETWEEN current_date - 731 AND current_date + 42 THEN
        RAISE EXCEPTION 'not a week that can be made: %', monday USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ringback weeks'));
    IF to_regclass('public.calls_call_' || suffix) IS NOT NULL THEN
        RETURN false;
    END IF;
    FOREACH part IN ARRAY ARRAY['calls_call', 'calls_callerhash'] LOOP
        -- Made apart and then attached: ATTACH lets readers and writers of the other weeks go on.
        EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING ALL)', part || '_' || suffix, part);
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', part || '_' || suffix);
        EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', part || '_' || suffix);
        EXECUTE format('ALTER TABLE public.%I ALTER COLUMN caller SET STATISTICS 0', part || '_' || suffix);
    END LOOP;
    EXECUTE format('ALTER TABLE public.%I ALTER COLUMN id SET STATISTICS 0', 'calls_call_' || suffix);
    EXECUTE format('ALTER TABLE public.%I ALTER COLUMN caller_hash SET STATISTICS 0', 'calls_callerhash_' || suffix);
    EXECUTE format(
        'ALTER TABLE public.calls_call ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
        'calls_call_' || suffix, monday || ' 00:00:00+00', (monday + 7) || ' 00:00:00+00'
    );
    EXECUTE format(
        'ALTER TABLE public.calls_callerhash ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
        'calls_callerhash_' || suffix, monday, monday + 7
    );
    RETURN true;
END $body$;

CREATE FUNCTION ringback_drop_week(monday date) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
    suffix text := to_char(monday, 'YYYY_MM_DD');
BEGIN
    IF (monday::timestamp AT TIME ZONE 'UTC') + interval '90 days' > clock_timestamp() THEN
        RAISE EXCEPTION 'not 90 days old: %', monday USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ringback weeks'));
    EXECUTE format('DROP TABLE IF EXISTS public.%I', 'calls_call_' || suffix);
    EXECUTE format('DROP TABLE IF EXISTS public.%I', 'calls_callerhash_' || suffix);
END $body$;
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("tenants", "0001_clinics_people_and_keys"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(PARTITIONED_TABLES, "DROP TABLE calls_call, calls_callerhash")],
            state_operations=[
                migrations.CreateModel(
                    name="Call",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "clinic_id",
                                "started_at",
                                "id",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("clinic_id", models.UUIDField()),
                        ("started_at", models.DateTimeField()),
                        ("id", models.UUIDField()),
                        ("caller", models.UUIDField(null=True)),
                        (
                            "kind",
                            models.PositiveSmallIntegerField(
                                choices=[
                                    (0, "UNKNOWN"),
                                    (1, "NOT_A_PERSON"),
                                    (2, "WITHHELD"),
                                    (3, "CALLER"),
                                ]
                            ),
                        ),
                        (
                            "direction",
                            models.PositiveSmallIntegerField(choices=[(1, "INBOUND"), (2, "OUTBOUND")]),
                        ),
                        (
                            "outcome",
                            models.PositiveSmallIntegerField(
                                choices=[
                                    (0, "UNKNOWN"),
                                    (1, "RINGING"),
                                    (2, "MISSED"),
                                    (3, "VOICEMAIL"),
                                    (4, "ANSWERED"),
                                ]
                            ),
                        ),
                        ("ring_seconds", models.PositiveIntegerField(null=True)),
                        ("talk_seconds", models.PositiveIntegerField(default=0)),
                        ("line", models.CharField(blank=True, max_length=40)),
                        ("source", models.CharField(max_length=20)),
                    ],
                ),
                migrations.CreateModel(
                    name="CallerHash",
                    fields=[
                        (
                            "pk",
                            models.CompositePrimaryKey(
                                "clinic_id",
                                "week",
                                "caller_hash",
                                blank=True,
                                editable=False,
                                primary_key=True,
                                serialize=False,
                            ),
                        ),
                        ("clinic_id", models.UUIDField()),
                        ("week", models.DateField()),
                        ("caller_hash", models.BinaryField(max_length=32)),
                        ("caller", models.UUIDField()),
                    ],
                ),
            ],
        ),
        migrations.CreateModel(
            name="CallerKey",
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
                ("clinic_id", models.UUIDField()),
                ("week", models.DateField()),
                ("wrapped", models.BinaryField()),
                ("active_from", models.DateTimeField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("clinic_id", "week"), name="one_key_per_clinic_week")],
            },
        ),
        migrations.CreateModel(
            name="Change",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("caller", models.UUIDField(null=True)),
                ("on", models.DateField(db_column="day", null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("not_before", models.DateTimeField(null=True)),
                ("tries", models.PositiveSmallIntegerField(default=0)),
                ("set_aside_at", models.DateTimeField(null=True)),
                ("problem", models.CharField(blank=True, max_length=80)),
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
                        condition=models.Q(("set_aside_at", None)),
                        fields=["clinic", "id"],
                        name="changes_to_do",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("caller__isnull", False),
                            ("on__isnull", False),
                            _connector="OR",
                        ),
                        name="change_of_caller_or_day",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Connection",
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
                ("provider", models.CharField(max_length=20)),
                ("name", models.CharField(max_length=80)),
                ("token_hash", models.BinaryField(max_length=32, unique=True)),
                ("secret", models.BinaryField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("paused_at", models.DateTimeField(blank=True, null=True)),
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
                "constraints": [models.UniqueConstraint(fields=("clinic", "id"), name="connection_of_clinic")],
            },
        ),
        migrations.CreateModel(
            name="RefusalCount",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("on", models.DateField(db_column="day")),
                ("source", models.CharField(max_length=20)),
                ("reason", models.CharField(max_length=40)),
                ("count", models.PositiveIntegerField(default=0)),
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
                    models.UniqueConstraint(
                        fields=("clinic", "on", "source", "reason"),
                        name="one_refusal_count",
                    )
                ],
            },
        ),
        TenantTable("calls_call").operation(),
        TenantTable("calls_callerhash").operation(),
        TenantTable("calls_change", lookup="'work'").operation(),
        TenantTable("calls_connection", lookup="'hook:' || encode(token_hash, 'hex')").operation(),
        TenantTable("calls_refusalcount").operation(),
        migrations.RunSQL(
            f"GRANT SELECT, INSERT, DELETE ON calls_callerkey TO {app_role()}",
            migrations.RunSQL.noop,
            hints={"keystore": True},
        ),
        migrations.RunSQL(
            WEEK_FUNCTIONS,
            "DROP FUNCTION ringback_make_week(date), ringback_drop_week(date)",
        ),
        migrations.RunSQL(
            f"""
            REVOKE ALL ON FUNCTION ringback_make_week(date), ringback_drop_week(date) FROM PUBLIC;
            GRANT EXECUTE ON FUNCTION ringback_make_week(date), ringback_drop_week(date) TO {app_role()};
            """,
            migrations.RunSQL.noop,
        ),
    ]
