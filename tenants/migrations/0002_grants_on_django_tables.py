"""What the application's role may do with the tables of Django and allauth; a new one of theirs needs a new migration."""

from django.db import migrations

from tenants.rls import app_role, grant


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0001_clinics_people_and_keys"),
        ("account", "0009_emailaddress_unique_primary_email"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("sessions", "0001_initial"),
    ]

    operations = [
        *(
            grant(table, "SELECT, INSERT, UPDATE, DELETE")
            for table in (
                "auth_group",
                "auth_group_permissions",
                "django_session",
                "django_admin_log",
                "account_emailaddress",
                "account_emailconfirmation",
            )
        ),
        *(grant(table, "SELECT") for table in ("auth_permission", "django_content_type", "django_migrations")),
        migrations.RunSQL(
            f"GRANT SELECT ON django_migrations TO {app_role()}", migrations.RunSQL.noop, hints={"keystore": True}
        ),
    ]
