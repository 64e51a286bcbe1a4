"""Lists of calls by what is seldom: without these a page of them would look through all calls of the clinic.

Partial, so that what is frequent (and found soon by time alone) costs nothing. `ringback_make_week` gives new weeks
the indexes of the parent.
"""

from django.db import migrations

INDEXES = """
CREATE INDEX calls_seldom ON calls_call (clinic_id, outcome, started_at, id, direction) WHERE outcome IN (0, 1, 3);
CREATE INDEX calls_outbound ON calls_call (clinic_id, started_at, id, outcome) WHERE direction = 2;
"""


class Migration(migrations.Migration):
    dependencies = [("calls", "0005_what_connections_receive")]

    operations = [migrations.RunSQL(INDEXES, "DROP INDEX calls_seldom, calls_outbound")]
