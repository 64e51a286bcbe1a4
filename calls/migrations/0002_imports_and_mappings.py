"""Imports and mappings."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("calls", "0001_calls_by_week")]

    operations = []
