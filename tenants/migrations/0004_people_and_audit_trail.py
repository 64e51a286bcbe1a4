"""Invitations, roles, tokens of people, and the audit trail with the only functions that write it."""

import uuid

import django.core.validators
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import tenants.domain
from tenants.rls import TenantTable, app_role, grant

# One row of a trail, chained: its hash is made here from the hash before it, so that no client can leave one out. The lock
# puts a clinic's writers in a row (without it: 52 forks in 200 rows). SECURITY DEFINER, because the application's role may
# not insert; row security is forced, so the function sees the rows of the scope's clinic and no others.
# `tenants.trail.chain.link_hash` is the same in Python.
APPEND = """
CREATE FUNCTION ringback_append_audit(
    p_clinic uuid, p_actor_kind text, p_actor uuid, p_action text, p_target text, p_salt bytea, p_details text
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
    v_seq bigint := 0;
    v_previous bytea := decode(repeat('00', 32), 'hex');
    v_at timestamptz;
    v_details_hash bytea := sha256(p_salt || convert_to(p_details, 'UTF8'));
    v_line text;
BEGIN
    IF p_clinic IS DISTINCT FROM NULLIF(current_setting('app.clinic_id', true), '')::uuid THEN
        RAISE EXCEPTION 'not the clinic of the scope' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF p_actor_kind || p_action || p_target ~ '[[:cntrl:]]' OR octet_length(p_salt) <> 16
        OR octet_length(p_details) > 16384 THEN
        RAISE EXCEPTION 'not a row of an audit trail' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtextextended('ringback audit ' || p_clinic, 0));
    SELECT seq, hash INTO v_seq, v_previous FROM public.tenants_auditevent
        WHERE clinic_id = p_clinic ORDER BY seq DESC LIMIT 1;
    v_seq := coalesce(v_seq, 0) + 1;
    v_previous := coalesce(v_previous, decode(repeat('00', 32), 'hex'));
    v_at := clock_timestamp();
    v_line := concat_ws(
        E'\\n', 'ringback/audit/v1', p_clinic, v_seq, (extract(epoch FROM v_at) * 1000000)::bigint, p_actor_kind,
        coalesce(p_actor::text, ''), p_action, p_target, encode(v_details_hash, 'hex')
    );
    INSERT INTO public.tenants_auditevent
        (clinic_id, seq, at, actor_kind, actor_id, action, target, details_hash, previous, hash)
    VALUES (
        p_clinic, v_seq, v_at, p_actor_kind, p_actor, p_action, p_target, v_details_hash, v_previous,
        sha256(v_previous || convert_to(v_line, 'UTF8'))
    );
    INSERT INTO public.tenants_auditdetail (clinic_id, seq, salt, details) VALUES (p_clinic, v_seq, p_salt, p_details);
    RETURN v_seq;
END $body$;
"""

# Erases details, which the chain does not need, and says so in the trail. What is not 90 days old can't be erased
# (a day is left for clocks that differ).
FORGET = """
CREATE FUNCTION ringback_forget_audit_details(p_clinic uuid, p_before timestamptz) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
    v_count bigint;
BEGIN
    IF p_before > clock_timestamp() - interval '89 days' THEN
        RAISE EXCEPTION 'too young to be forgotten' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    DELETE FROM public.tenants_auditdetail detail USING public.tenants_auditevent event
        WHERE detail.clinic_id = p_clinic AND event.clinic_id = p_clinic AND event.seq = detail.seq
        AND event.at < p_before;
    GET DIAGNOSTICS v_count = ROW_COUNT;
    IF v_count > 0 THEN
        PERFORM public.ringback_append_audit(
            p_clinic, 'system', NULL, 'audit_details_forgotten', '',
            substr(sha256(convert_to(gen_random_uuid()::text, 'UTF8')), 1, 16),
            format('{"before": "%s", "count": %s}', to_char(p_before AT TIME ZONE 'UTC', 'YYYY-MM-DD'), v_count)
        );
    END IF;
    RETURN v_count;
END $body$;
"""

# Nobody changes a row, the owner included, while the triggers stand; `verify_audit` finds what a superuser did anyway.
APPEND_ONLY = """
CREATE FUNCTION ringback_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
    RAISE EXCEPTION 'rows of % are never changed', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END $body$;
"""


def append_only(table: str, verbs: str = "UPDATE OR DELETE") -> migrations.RunSQL:
    return migrations.RunSQL(
        f"CREATE TRIGGER append_only BEFORE {verbs} ON {table} FOR EACH ROW EXECUTE FUNCTION ringback_refuse_change();"
        f"CREATE TRIGGER never_empty BEFORE TRUNCATE ON {table} EXECUTE FUNCTION ringback_refuse_change();",
        migrations.RunSQL.noop,
    )


DETAIL_OF_EVENT = """
ALTER TABLE tenants_auditdetail ADD CONSTRAINT detail_of_event
    FOREIGN KEY (clinic_id, seq) REFERENCES tenants_auditevent (clinic_id, seq);
"""


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0003_api_answers_and_rare_uses"),
        ("mfa", "0003_authenticator_type_uniq"),
        ("usersessions", "0001_initial"),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditAnchor",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("clinic_id", models.UUIDField()),
                ("seq", models.BigIntegerField()),
                ("head", models.BinaryField(max_length=32)),
                ("path", models.JSONField()),
            ],
        ),
        migrations.CreateModel(
            name="AuditCheckpoint",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("at", models.DateTimeField()),
                ("root", models.BinaryField(max_length=32)),
                ("previous", models.BinaryField(max_length=32)),
                ("trails", models.PositiveIntegerField()),
                ("signature", models.BinaryField(max_length=64)),
                ("key", models.CharField(max_length=16)),
            ],
        ),
        migrations.CreateModel(
            name="AuditDetail",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "clinic_id", "seq", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("clinic_id", models.UUIDField()),
                ("seq", models.BigIntegerField()),
                ("salt", models.BinaryField(max_length=16)),
                ("details", models.TextField()),
            ],
        ),
        migrations.CreateModel(
            name="AuditEvent",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "clinic_id", "seq", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("clinic_id", models.UUIDField()),
                ("seq", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("actor_kind", models.CharField(max_length=10)),
                ("actor_id", models.UUIDField(null=True)),
                ("action", models.CharField(max_length=40)),
                ("target", models.CharField(max_length=80)),
                ("details_hash", models.BinaryField(max_length=32)),
                ("previous", models.BinaryField(max_length=32)),
                ("hash", models.BinaryField(max_length=32)),
            ],
        ),
        migrations.CreateModel(
            name="Invitation",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("email", models.EmailField(max_length=254)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("admin", "Admin"),
                            ("manager", "Manager"),
                            ("receptionist", "Receptionist"),
                            ("auditor", "Auditor"),
                        ],
                        max_length=20,
                    ),
                ),
                ("token_hash", models.BinaryField(max_length=32, unique=True)),
                ("link_expires_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("accepted_at", models.DateTimeField(null=True)),
                ("withdrawn_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="RefreshToken",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("token_hash", models.BinaryField(max_length=32, unique=True)),
                ("created_at", models.DateTimeField()),
                ("used_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="RefusedCount",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("clinic_id", models.UUIDField()),
                ("on", models.DateField(db_column="day")),
                ("what", models.CharField(max_length=30)),
                ("count", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Throttle",
            fields=[
                ("name", models.BinaryField(max_length=32, primary_key=True, serialize=False)),
                ("full_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="TokenFamily",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField()),
                ("expires_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                ("end_reason", models.CharField(blank=True, max_length=20)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="membership",
            name="membership_role_known",
        ),
        migrations.AddField(
            model_name="apikey",
            name="last_used_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="clinic",
            name="min_password_length",
            field=models.PositiveSmallIntegerField(
                default=12,
                validators=[django.core.validators.MinValueValidator(12), django.core.validators.MaxValueValidator(64)],
            ),
        ),
        migrations.AddField(
            model_name="clinic",
            name="require_two_factors",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="clinic",
            name="support_allowed",
            field=models.BooleanField(default=True),
        ),
        migrations.AddField(
            model_name="clinic",
            name="support_reason",
            field=models.CharField(blank=True, max_length=200),
        ),
        migrations.AddField(
            model_name="clinic",
            name="support_until",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="membership",
            name="expires_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AlterField(
            model_name="membership",
            name="role",
            field=models.CharField(
                choices=[
                    ("admin", "Admin"),
                    ("manager", "Manager"),
                    ("receptionist", "Receptionist"),
                    ("auditor", "Auditor"),
                    ("support", "Support"),
                ],
                max_length=20,
            ),
        ),
        migrations.AddConstraint(
            model_name="clinic",
            constraint=models.CheckConstraint(
                condition=models.Q(("min_password_length__range", (12, 64))), name="clinic_password_length_12_to_64"
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["admin", "manager", "receptionist", "auditor", "support"])),
                name="membership_role_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("expires_at__isnull", False), ("role", tenants.domain.Role["SUPPORT"])),
                    models.Q(models.Q(("role", tenants.domain.Role["SUPPORT"]), _negated=True), ("expires_at", None)),
                    _connector="OR",
                ),
                name="membership_of_support_expires",
            ),
        ),
        migrations.AddField(
            model_name="auditanchor",
            name="checkpoint",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tenants.auditcheckpoint"
            ),
        ),
        migrations.AddField(
            model_name="invitation",
            name="clinic",
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.clinic"),
        ),
        migrations.AddField(
            model_name="invitation",
            name="invited_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="refusedcount",
            constraint=models.UniqueConstraint(fields=("clinic_id", "on", "what"), name="one_refused_count"),
        ),
        migrations.AddField(
            model_name="tokenfamily",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="refreshtoken",
            name="family",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="+", to="tenants.tokenfamily"
            ),
        ),
        migrations.AddConstraint(
            model_name="auditanchor",
            constraint=models.UniqueConstraint(fields=("clinic_id", "checkpoint"), name="one_anchor_per_checkpoint"),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.UniqueConstraint(
                condition=models.Q(("accepted_at", None), ("withdrawn_at", None)),
                fields=("clinic", "email"),
                name="one_open_invitation",
            ),
        ),
        migrations.AddConstraint(
            model_name="invitation",
            constraint=models.CheckConstraint(
                condition=models.Q(("role__in", ["admin", "manager", "receptionist", "auditor"])),
                name="invitation_role_grantable",
            ),
        ),
        migrations.RunSQL(DETAIL_OF_EVENT, migrations.RunSQL.noop),
        *(TenantTable(table, rights="SELECT").operation() for table in ("tenants_auditevent", "tenants_auditdetail")),
        migrations.RunSQL(APPEND, "DROP FUNCTION ringback_append_audit"),
        migrations.RunSQL(FORGET, "DROP FUNCTION ringback_forget_audit_details"),
        migrations.RunSQL(APPEND_ONLY, "DROP FUNCTION ringback_refuse_change CASCADE"),
        append_only("tenants_auditevent"),
        append_only("tenants_auditdetail", "UPDATE"),
        append_only("tenants_auditcheckpoint"),
        append_only("tenants_auditanchor"),
        migrations.RunSQL(
            "REVOKE ALL ON FUNCTION ringback_append_audit, ringback_forget_audit_details FROM PUBLIC;"
            f"GRANT EXECUTE ON FUNCTION ringback_append_audit, ringback_forget_audit_details TO {app_role()};",
            migrations.RunSQL.noop,
        ),
        grant("tenants_auditcheckpoint", "SELECT, INSERT"),
        TenantTable("tenants_auditanchor", rights="SELECT, INSERT").operation(),
        TenantTable("tenants_refusedcount").operation(),
        TenantTable(
            "tenants_invitation",
            lookup="('invitation:' || encode(token_hash, 'hex'))",
        ).operation(),
        *(
            grant(table, "SELECT, INSERT, UPDATE, DELETE")
            for table in (
                "tenants_tokenfamily",
                "tenants_refreshtoken",
                "tenants_throttle",
                "mfa_authenticator",
                "usersessions_usersession",
            )
        ),
    ]
