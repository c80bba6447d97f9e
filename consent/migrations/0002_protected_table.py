"""The list of protected tables that the fold walks; no model, written by `consent.policies`."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("consent", "0001_initial")]
    operations = [
        migrations.RunSQL(
            """CREATE TABLE consent_protected_table (
                 name text PRIMARY KEY,
                 category smallint,
                 on_close text NOT NULL CHECK (on_close IN ('stamp', 'ratchet', 'delete')))""",
            "DROP TABLE consent_protected_table",
        ),
        migrations.RunSQL(  # the ledger is append-only, for its owner too
            """CREATE FUNCTION consent_refuse_change() RETURNS trigger
               LANGUAGE plpgsql SET search_path = pg_catalog AS $$
               BEGIN
                 RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = '42501';
               END $$;
               CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON consent_record
                 FOR EACH ROW EXECUTE FUNCTION consent_refuse_change();
               CREATE TRIGGER never_emptied BEFORE TRUNCATE ON consent_record
                 FOR EACH STATEMENT EXECUTE FUNCTION consent_refuse_change();
               ALTER TABLE consent_record ENABLE ALWAYS TRIGGER append_only;
               ALTER TABLE consent_record ENABLE ALWAYS TRIGGER never_emptied""",
            "DROP FUNCTION consent_refuse_change() CASCADE",
        ),
    ]
