"""Digests."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("attribution", "0003_outgoing_webhooks")]

    operations = []
