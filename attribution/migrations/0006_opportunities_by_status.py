"""Opportunities by status: the worklist's neighbours and the API's `?status`, at any depth."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("attribution", "0005_claims_and_goals")]

    operations = [
        migrations.AddIndex(
            model_name="opportunity",
            index=models.Index(fields=["clinic", "status", "-opened_at", "-id"], name="opportunities_by_status"),
        ),
    ]
