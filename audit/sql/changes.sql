-- What the database itself puts on the record: changed rows, by whichever way they were changed.
SET ROLE cdp_fold;

CREATE OR REPLACE FUNCTION audit_actor() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, public, pg_temp AS $$
    -- after a commit a transaction-local setting is '', not NULL
    SELECT coalesce(nullif(current_setting('cdp.actor', true), ''), 'db:' || session_user)
$$;

-- What a column said, as the record keeps it: short, and without what looks like an address or a
-- telephone number, whichever column somebody wrote it into.
CREATE OR REPLACE FUNCTION audit_shown(value jsonb) RETURNS text
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT left(regexp_replace(regexp_replace(
        CASE jsonb_typeof(value) WHEN 'null' THEN NULL WHEN 'string' THEN value #>> '{}'
             ELSE value::text END,
        '[^\s@<>"'']+@[^\s@<>"'']+\.[^\s@<>"'']+', '***', 'g'),
        '\+\d[\d\s().-]{7,}\d|(?<![0-9A-Za-z-])\d{10,}(?![0-9A-Za-z-])', '***', 'g'), 300)
$$;

-- The detail of a changed row about nobody: names of the changed columns, and of those in `shown`
-- what they said before and after. Too long a one keeps the names alone.
CREATE OR REPLACE FUNCTION audit_difference(names text, shown text[], before jsonb, after jsonb)
RETURNS text LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT CASE WHEN whole = '{}' THEN '' WHEN length(whole::text) <= 6000 THEN whole::text
                ELSE (whole - 'values')::text END
      FROM (SELECT jsonb_strip_nulls(jsonb_build_object(
                'columns', nullif(names, ''),
                'values', (SELECT jsonb_object_agg(
                                      name, jsonb_build_array(public.audit_shown(before -> name),
                                                              public.audit_shown(after -> name)))
                             FROM unnest(shown) AS name
                            WHERE coalesce(before -> name, 'null')
                                  IS DISTINCT FROM coalesce(after -> name, 'null')))) AS whole) d
$$;

-- Runs the statement that audit_watch wrote for this table, over the rows that changed. Only the
-- tables' owner may bind it to a table, so nobody else chooses the statement.
CREATE OR REPLACE FUNCTION audit_changes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    EXECUTE TG_ARGV[0];
    RETURN NULL;
END $$;

-- Purpose bits belong to the fold. Anyone else who changes them is named, row by row.
CREATE OR REPLACE FUNCTION audit_bits() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    INSERT INTO public.audit_inbox (workspace_id, actor, act, subject, obj)
    VALUES ((to_jsonb(NEW) ->> 'workspace_id')::uuid, public.audit_actor(), TG_ARGV[0] || '.bits',
            (to_jsonb(NEW) ->> 'subject_id')::uuid, TG_ARGV[0]);
    RETURN NULL;
END $$;

REVOKE ALL ON FUNCTION audit_changes(), audit_bits() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_changes(), audit_bits() TO cdp_owner;
RESET ROLE;

SET ROLE cdp_owner;
CREATE OR REPLACE FUNCTION audit_refuse() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: its rows stay on the record', lower(TG_OP), TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END $$;
RESET ROLE;
