"""By which connection a call came, and what it is called there: for asking that phone system about it, once, later.

Both are null for most calls, which costs a call no byte. There is no foreign key to the connection: it would cost a
look-up per row of an import, and calls outlive a connection that is removed.
"""

from django.db import migrations, models

# No statistics on what names a single call: the planner's samples would outlive the rows.
NEW_COLUMNS = """
ALTER TABLE calls_call ADD COLUMN connection_id uuid, ADD COLUMN provider_call_id varchar(64);
ALTER TABLE calls_call ALTER COLUMN provider_call_id SET STATISTICS 0;
"""

# As in 0001, but for statistics: LIKE copies no target, so what has none on the table gets none on the week.
MAKE_WEEK = """
CREATE OR REPLACE FUNCTION ringback_make_week(monday date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $body$
DECLARE
    suffix text := to_char(monday, 'YYYY_MM_DD');
    part text;
    unsampled text;
BEGIN
    IF extract(isodow FROM monday) <> 1 OR monday NOT BETWEEN current_date - 731 AND current_date + 42 THEN
        RAISE EXCEPTION 'not a week that can be made: %', monday USING ERRCODE = 'invalid_parameter_value';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('ringback weeks'));
    IF to_regclass('public.calls_call_' || suffix) IS NOT NULL THEN
        RETURN false;
    END IF;
    FOREACH part IN ARRAY ARRAY['calls_call', 'calls_callerhash'] LOOP
        -- Made apart and then attached: ATTACH lets readers and writers of the other weeks go on.
        EXECUTE format('CREATE TABLE public.%I (LIKE public.%I INCLUDING ALL)', part || '_' || suffix, part);
        EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', part || '_' || suffix);
        EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', part || '_' || suffix);
        FOR unsampled IN
            SELECT attname FROM pg_attribute
            WHERE attrelid = to_regclass('public.' || part) AND attnum > 0 AND attstattarget = 0 AND NOT attisdropped
        LOOP
            EXECUTE format('ALTER TABLE public.%I ALTER COLUMN %I SET STATISTICS 0', part || '_' || suffix, unsampled);
        END LOOP;
    END LOOP;
    EXECUTE format(
        'ALTER TABLE public.calls_call ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
        'calls_call_' || suffix, monday || ' 00:00:00+00', (monday + 7) || ' 00:00:00+00'
    );
    EXECUTE format(
        'ALTER TABLE public.calls_callerhash ATTACH PARTITION public.%I FOR VALUES FROM (%L) TO (%L)',
        'calls_callerhash_' || suffix, monday, monday + 7
    );
    RETURN true;
END $body$;
"""


class Migration(migrations.Migration):
    dependencies = [("calls", "0003_accounts_and_pulls")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    NEW_COLUMNS, "ALTER TABLE calls_call DROP COLUMN connection_id, DROP COLUMN provider_call_id"
                )
            ],
            state_operations=[
                migrations.AddField("call", "connection_id", models.UUIDField(null=True)),
                migrations.AddField("call", "provider_call_id", models.CharField(max_length=64, null=True)),
            ],
        ),
        migrations.RunSQL(MAKE_WEEK, migrations.RunSQL.noop),
    ]
