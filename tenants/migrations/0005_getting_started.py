"""Getting started: whether a clinic's checklist is shown, and which of its steps somebody has settled."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("tenants", "0004_people_and_audit_trail")]

    operations = [
        migrations.AddField(model_name="clinic", name="guide_open", field=models.BooleanField(default=False)),
        migrations.AddField(
            model_name="clinic", name="guide_settled", field=models.JSONField(blank=True, default=list)
        ),
    ]
