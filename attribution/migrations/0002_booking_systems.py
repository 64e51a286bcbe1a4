"""Booking systems."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("attribution", "0001_opportunities_and_metrics")]

    operations = []
