"""Outgoing webhooks."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("attribution", "0002_booking_systems")]

    operations = []
