-- Dropping a table of the log is refused, whoever asks; dropping any other is on the record. Only a
-- superuser makes event triggers, so on some servers there is none; `manage.py doctor` says so.
CREATE OR REPLACE FUNCTION audit_dropped() RETURNS event_trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    dropped text;
BEGIN
    FOR dropped IN SELECT object_name FROM pg_event_trigger_dropped_objects()
        WHERE object_type = 'table' AND schema_name = 'public' AND NOT is_temporary
    LOOP
        IF dropped IN ('audit_inbox', 'audit_entry', 'audit_leaf', 'audit_tile', 'audit_checkpoint')
        THEN
            RAISE EXCEPTION 'drop of % is refused: its rows stay on the record', dropped
                USING ERRCODE = 'insufficient_privilege';
        END IF;
        -- the first migrations drop before there is a record
        IF to_regclass('public.audit_inbox') IS NOT NULL THEN
            INSERT INTO public.audit_inbox (actor, act, obj)
            VALUES (public.audit_actor(), 'table.drop', 'table:' || dropped);
        END IF;
    END LOOP;
END $$;
ALTER FUNCTION audit_dropped() OWNER TO cdp_fold;

DROP EVENT TRIGGER IF EXISTS audit_dropped;
CREATE EVENT TRIGGER audit_dropped ON sql_drop EXECUTE FUNCTION audit_dropped();
ALTER EVENT TRIGGER audit_dropped ENABLE ALWAYS;
