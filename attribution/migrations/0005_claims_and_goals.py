"""Claims and goals."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("attribution", "0004_digests")]

    operations = []
