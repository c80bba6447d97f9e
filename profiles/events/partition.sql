-- Make the event log's partition for one month, protected like its parent. Direct access to a
-- partition shows nothing: row-level security is forced and there is no policy on it. What an owner
-- writes there all the same is on the record.

CREATE OR REPLACE FUNCTION ensure_partition(p_month date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
  first date := date_trunc('month', p_month)::date;
  name text := 'profiles_event_' || to_char(first, 'YYYYMM');
BEGIN
  IF to_regclass('public.' || name) IS NOT NULL THEN
    RETURN false;
  END IF;
  EXECUTE format('CREATE TABLE public.%I PARTITION OF public.profiles_event FOR VALUES FROM (%L) TO (%L)',
                 name, first::timestamp AT TIME ZONE 'UTC',
                 (first + interval '1 month')::timestamp AT TIME ZONE 'UTC');
  EXECUTE format('ALTER TABLE public.%I ENABLE ROW LEVEL SECURITY', name);
  EXECUTE format('ALTER TABLE public.%I FORCE ROW LEVEL SECURITY', name);
  PERFORM audit_watch_partition(format('public.%I', name)::regclass);
  RETURN true;
END $$;
