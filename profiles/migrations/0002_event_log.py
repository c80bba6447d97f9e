"""The event log: partitioned by month of `happened_at`, which Django's models cannot say."""

from django.db import migrations

TABLE = """
CREATE TABLE profiles_event (
  id uuid NOT NULL,
  seq bigint GENERATED ALWAYS AS IDENTITY,
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  workspace_id uuid NOT NULL DEFAULT current_workspace(),
  subject_id uuid NOT NULL,
  source_id uuid NOT NULL,
  key varchar(255) NOT NULL,
  kind varchar(8) NOT NULL,
  name varchar(200) NOT NULL,
  category smallint NOT NULL,
  happened_at timestamptz NOT NULL,
  received_at timestamptz NOT NULL,
  properties jsonb NOT NULL,
  amount_minor bigint,
  currency varchar(3) NOT NULL,
  flags varchar(24)[] NOT NULL,
  sealed bytea,
  purpose_bits bigint NOT NULL DEFAULT 0,
  purpose_ceiling bigint NOT NULL DEFAULT 9223372036854775807,
  PRIMARY KEY (id, happened_at)
) PARTITION BY RANGE (happened_at);
CREATE INDEX profiles_event_of_subject ON profiles_event (subject_id, happened_at);
CREATE INDEX profiles_event_named ON profiles_event (name, happened_at);
CREATE INDEX profiles_event_in_order ON profiles_event (xid, seq);
CREATE TABLE profiles_event_past PARTITION OF profiles_event
  FOR VALUES FROM (MINVALUE) TO ('2016-01-01 00:00+00');
CREATE TABLE profiles_event_future PARTITION OF profiles_event
  FOR VALUES FROM ('2031-01-01 00:00+00') TO (MAXVALUE);
ALTER TABLE profiles_event_past ENABLE ROW LEVEL SECURITY;
ALTER TABLE profiles_event_past FORCE ROW LEVEL SECURITY;
ALTER TABLE profiles_event_future ENABLE ROW LEVEL SECURITY;
ALTER TABLE profiles_event_future FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):
    dependencies = [("profiles", "0001_initial")]
    operations = [migrations.RunSQL(TABLE, "DROP TABLE profiles_event")]
