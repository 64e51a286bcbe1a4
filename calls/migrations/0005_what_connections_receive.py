"""What connections receive."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("calls", "0004_connection_and_provider_id_of_calls")]

    operations = []
