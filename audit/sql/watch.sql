-- audit_watch(table, per_person, acts, ignored, shown): make the triggers that record a table's
-- changes. Per person: one entry for each person that a statement touched, with column names and
-- counts, never values; else one entry for each row, named table:key. Of a row about nobody the
-- columns in `shown` keep what they said before and after. Every table refuses TRUNCATE.
SET ROLE cdp_owner;

DROP FUNCTION IF EXISTS audit_watch(regclass, boolean, text[], text[]);

CREATE OR REPLACE FUNCTION audit_watch(
    target regclass, per_person boolean, acts text[], ignored text[], shown text[]
) RETURNS void
LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $fn$
DECLARE
    name text;
    is_partition boolean;
    columns text[];
    keys text[];
    has_workspace boolean;
    join_on text;
    differences text;
    act text;
    workspace text;
    source text;
    pairs text;
    sides text;
    detail text;
    statement text;
BEGIN
    SELECT c.relname, c.relispartition INTO name, is_partition FROM pg_class c WHERE c.oid = target;
    SELECT array_agg(a.attname::text ORDER BY a.attnum) INTO columns FROM pg_attribute a
     WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped;
    SELECT array_agg(a.attname::text ORDER BY k.ord) INTO keys
      FROM pg_index i CROSS JOIN unnest(i.indkey::smallint[]) WITH ORDINALITY AS k (num, ord)
      JOIN pg_attribute a ON a.attrelid = target AND a.attnum = k.num
     WHERE i.indrelid = target AND i.indisprimary;
    IF keys IS NULL THEN
        RAISE EXCEPTION '% has no primary key; give it one before it is watched', name;
    END IF;
    IF per_person AND NOT 'subject_id' = ANY (columns) THEN
        RAISE EXCEPTION '% has no subject_id; watch it row by row', name;
    END IF;
    IF per_person AND cardinality(shown) > 0 THEN
        RAISE EXCEPTION '% is about people; none of its values may be shown', name;
    END IF;
    IF NOT shown <@ columns THEN
        RAISE EXCEPTION '% lacks a column whose values are to be shown', name;
    END IF;
    -- only these are rendered: a row may hold megabytes beside them
    SELECT string_agg(format('%L, r.%I', c, c), ', ') INTO pairs FROM unnest(shown) AS c;
    has_workspace := 'workspace_id' = ANY (columns);

    -- every run writes all triggers anew, as columns may have come or gone
    FOREACH act IN ARRAY ARRAY['insert', 'update', 'delete', 'bits', 'truncate'] LOOP
        IF NOT (is_partition AND act = 'bits') THEN
            EXECUTE format('DROP TRIGGER IF EXISTS audit_%s ON %s', act, target);
        END IF;
    END LOOP;

    FOREACH act IN ARRAY acts LOOP
        workspace := 'nullif(current_setting(''cdp.workspace'', true), '''')::uuid';
        IF act = 'update' THEN
            SELECT string_agg(format('n.%1$I = o.%1$I', k), ' AND ') INTO join_on
              FROM unnest(keys) AS k;
            -- types without equality are compared as text
            SELECT string_agg(
                       format('CASE WHEN n.%1$I%2$s IS DISTINCT FROM o.%1$I%2$s THEN %1$L END',
                              a.attname,
                              CASE WHEN a.atttypid IN ('json'::regtype, 'xml'::regtype)
                                   THEN '::text' ELSE '' END),
                       ', ' ORDER BY a.attname)
              INTO differences
              FROM pg_attribute a
             WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped
               AND a.attname <> ALL (ignored);
            -- a full join, so that a changed key is a change and not a miss
            sides := CASE WHEN cardinality(shown) = 0 THEN '' ELSE format(
                ', jsonb_build_object(%s) AS before, jsonb_build_object(%s) AS after',
                replace(pairs, ', r.', ', o.'), replace(pairs, ', r.', ', n.')) END;
            source := format('(SELECT %s, ARRAY[%s] AS names%s FROM new_rows n '
                             'FULL JOIN old_rows o ON %s)',
                (SELECT string_agg(format('coalesce(n.%1$I, o.%1$I) AS %1$I', c), ', ')
                   FROM unnest(columns) AS c
                  WHERE c = ANY (keys) OR c IN ('subject_id', 'workspace_id')),
                differences, sides, join_on);
        ELSE
            source := CASE act WHEN 'insert' THEN 'new_rows' ELSE 'old_rows' END;
        END IF;
        IF has_workspace THEN
            workspace := format('coalesce(r.workspace_id, %s)', workspace);
        END IF;

        statement := 'INSERT INTO public.audit_inbox '
            || '(workspace_id, actor, act, subject, obj, detail) SELECT ' || workspace
            || format(', (SELECT public.audit_actor()), %L, ', name || '.' || act);
        IF per_person AND act = 'update' THEN
            statement := statement || format(
                'r.subject_id, %L, json_build_object(''columns'', '
                'string_agg(DISTINCT c.name, '','' ORDER BY c.name), '
                '''rows'', count(DISTINCT (%s)))::text '
                'FROM %s r CROSS JOIN unnest(r.names) AS c (name) WHERE c.name IS NOT NULL '
                'GROUP BY 1, r.subject_id', name,
                (SELECT string_agg(format('r.%I', k), ', ') FROM unnest(keys) AS k), source);
        ELSIF per_person THEN
            statement := statement || format(
                'r.subject_id, %L, json_build_object(''rows'', count(*))::text '
                'FROM %s r GROUP BY 1, r.subject_id', name, source);
        ELSE
            detail := CASE WHEN cardinality(shown) = 0 THEN
                    CASE act WHEN 'update' THEN 'json_build_object(''columns'', '
                             'array_to_string(r.names, '',''))::text' ELSE '''''' END
                ELSE format('public.audit_difference(%s, %L, %s, %s)',
                    CASE act WHEN 'update' THEN 'array_to_string(r.names, '','')' ELSE '''''' END,
                    shown,
                    CASE act WHEN 'update' THEN 'r.before' WHEN 'insert' THEN 'NULL'
                             ELSE format('jsonb_build_object(%s)', pairs) END,
                    CASE act WHEN 'update' THEN 'r.after' WHEN 'delete' THEN 'NULL'
                             ELSE format('jsonb_build_object(%s)', pairs) END) END;
            statement := statement || format(
                'NULL, %L || %s, %s FROM %s r%s', name || ':',
                (SELECT string_agg(format('r.%I::text', k), ' || ''/'' || ') FROM unnest(keys) AS k),
                detail, source,
                CASE act WHEN 'update' THEN ' WHERE array_to_string(r.names, '','') <> '''''
                         ELSE '' END);
        END IF;

        EXECUTE format(
            'CREATE TRIGGER audit_%1$s AFTER %2$s ON %3$s REFERENCING %4$s '
            'FOR EACH STATEMENT EXECUTE FUNCTION audit_changes(%5$L)',
            act, upper(act), target,
            CASE act WHEN 'insert' THEN 'NEW TABLE AS new_rows'
                     WHEN 'delete' THEN 'OLD TABLE AS old_rows'
                     ELSE 'OLD TABLE AS old_rows NEW TABLE AS new_rows' END,
            statement);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER audit_%s', target, act);
    END LOOP;

    IF 'purpose_bits' = ANY (columns) AND NOT is_partition THEN
        EXECUTE format(
            'CREATE TRIGGER audit_bits AFTER UPDATE ON %s FOR EACH ROW '
            'WHEN (OLD.purpose_bits IS DISTINCT FROM NEW.purpose_bits '
            'AND current_user <> ''cdp_fold'') EXECUTE FUNCTION audit_bits(%L)', target, name);
        EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER audit_bits', target);
    END IF;
    EXECUTE format('CREATE TRIGGER audit_truncate BEFORE TRUNCATE ON %s '
                   'FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()', target);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER audit_truncate', target);
END $fn$;

-- A partition has a door of its own: whatever is written past its parent is recorded there.
CREATE OR REPLACE FUNCTION audit_watch_partition(part regclass) RETURNS void
LANGUAGE sql SET search_path = pg_catalog, public, pg_temp AS $$
    SELECT public.audit_watch(part, true, ARRAY['insert', 'update', 'delete'], '{}', '{}')
$$;

REVOKE ALL ON FUNCTION audit_watch(regclass, boolean, text[], text[], text[]),
    audit_watch_partition(regclass) FROM PUBLIC;
RESET ROLE;
