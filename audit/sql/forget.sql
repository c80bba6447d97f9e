-- Drop the leaves of a stretch that the log itself names, and nothing else: an entry with that name
-- is in the tree, none of what goes is younger than 30 days, entries of the log about itself stay.
SET ROLE cdp_fold;
CREATE OR REPLACE FUNCTION audit_forget(
    first bigint, beyond bigint, act_begins text, named text
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    dropped bigint;
BEGIN
    IF named <> format('entries:%s-%s:%s', first, beyond, act_begins) OR NOT EXISTS (
        SELECT 1 FROM public.audit_entry WHERE act = 'log.forget' AND obj = named)
    THEN
        RAISE EXCEPTION 'no entry of the log names this stretch'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    DELETE FROM public.audit_leaf l USING public.audit_entry e
     WHERE e.idx = l.idx AND l.idx >= first AND l.idx < beyond
       AND starts_with(e.act, act_begins) AND NOT starts_with(e.act, 'log.')
       AND e.at < clock_timestamp() - interval '30 days';
    GET DIAGNOSTICS dropped = ROW_COUNT;
    RETURN dropped;
END $$;
REVOKE ALL ON FUNCTION audit_forget(bigint, bigint, text, text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit_forget(bigint, bigint, text, text) TO cdp_audit;
RESET ROLE;
