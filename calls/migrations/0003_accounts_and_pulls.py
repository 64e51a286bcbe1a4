"""Accounts and pulls."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("calls", "0002_imports_and_mappings")]

    operations = []
