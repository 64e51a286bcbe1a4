"""Connection and provider id of calls."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("calls", "0003_accounts_and_pulls")]

    operations = []
