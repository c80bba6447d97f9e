-- The definer functions of cdp_fold: the only code that sees every person, each with one job.

-- Every subject id that stands for the subject of this session.
CREATE OR REPLACE FUNCTION current_origins() RETURNS uuid[]
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT array_agg(o.origin) FROM kernel_origin o WHERE o.subject_id = current_subject()
$$;

-- Was this person erased? What still computes about them then writes nothing.
CREATE OR REPLACE FUNCTION consent_is_erased(p_subject uuid) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT EXISTS (SELECT 1 FROM consent_subject
                  WHERE subject_id = p_subject AND erased_at IS NOT NULL)
$$;

-- Stamp a new row with what the person permits for its category. FOR SHARE makes an insert and a
-- withdrawal wait for each other, so that no row slips in with old bits; behind an erasure there
-- is no permission left, and the row is not written.
CREATE OR REPLACE FUNCTION consent_stamp() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE live bigint;
BEGIN
  SELECT c.purpose_bits INTO live FROM consent_permission c
   WHERE c.subject_id = NEW.subject_id AND c.category = NEW.category FOR SHARE;
  IF live IS NULL AND consent_is_erased(NEW.subject_id) THEN RETURN NULL; END IF;
  NEW.purpose_bits := coalesce(live, 0) & NEW.purpose_ceiling;
  RETURN NEW;
END $$;

-- The same for tables of one category.
CREATE OR REPLACE FUNCTION consent_stamp_fixed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE live bigint;
BEGIN
  SELECT c.purpose_bits INTO live FROM consent_permission c
   WHERE c.subject_id = NEW.subject_id AND c.category = TG_ARGV[0]::smallint FOR SHARE;
  IF live IS NULL AND consent_is_erased(NEW.subject_id) THEN RETURN NULL; END IF;
  NEW.purpose_bits := coalesce(live, 0) & NEW.purpose_ceiling;
  RETURN NEW;
END $$;

-- A result also remembers the purpose that computed it.
CREATE OR REPLACE FUNCTION consent_stamp_derived() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE live bigint;
BEGIN
  SELECT c.purpose_bits INTO live FROM consent_permission c
   WHERE c.subject_id = NEW.subject_id AND c.category = TG_ARGV[0]::smallint FOR SHARE;
  IF live IS NULL AND consent_is_erased(NEW.subject_id) THEN RETURN NULL; END IF;
  NEW.purpose_bits := coalesce(live, 0) & NEW.purpose_ceiling;
  SELECT 1::bigint << p.bit INTO STRICT NEW.purpose_made FROM consent_purpose p
   WHERE p.key = current_setting('cdp.purpose', true);
  RETURN NEW;
END $$;

-- Put folds in force: one (subject, category, bits) a position. Permissions, then every protected
-- row of these subjects, in the transaction that wrote the consent record.
CREATE OR REPLACE FUNCTION consent_apply(
  p_workspace uuid, p_subjects uuid[], p_categories smallint[], p_bits bigint[]
) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE t record; cat text; people uuid[]; touched bigint := 0; n bigint;
BEGIN
  SELECT array_agg(DISTINCT s ORDER BY s) INTO people FROM unnest(p_subjects) s;
  PERFORM 1 FROM consent_permission c WHERE c.subject_id = ANY (people)
    ORDER BY c.subject_id, c.category FOR UPDATE;
  INSERT INTO consent_permission AS c (subject_id, category, workspace_id, purpose_bits)
    SELECT b.s, b.k, p_workspace, b.v
      FROM unnest(p_subjects, p_categories, p_bits) AS b(s, k, v) ORDER BY b.s, b.k
  ON CONFLICT (subject_id, category) DO UPDATE SET purpose_bits = EXCLUDED.purpose_bits
    WHERE c.purpose_bits <> EXCLUDED.purpose_bits;
  PERFORM set_config('cdp.folding', 'on', true);
  FOR t IN SELECT * FROM consent_protected_table ORDER BY name LOOP
    cat := coalesce(t.category::text, 't.category');
    IF t.on_close = 'delete' THEN
      EXECUTE format('DELETE FROM %I t USING consent_permission c WHERE t.subject_id = ANY ($1)
        AND c.subject_id = t.subject_id AND c.category = %s
        AND t.purpose_made & c.purpose_bits = 0', t.name, cat) USING people;
      GET DIAGNOSTICS n = ROW_COUNT;
      touched := touched + n;
    END IF;
    EXECUTE format('UPDATE %I t SET purpose_bits = c.purpose_bits & t.purpose_ceiling,
        purpose_ceiling = t.purpose_ceiling & CASE WHEN %L THEN c.purpose_bits ELSE -1 END
      FROM consent_permission c WHERE t.subject_id = ANY ($1) AND c.subject_id = t.subject_id
        AND c.category = %s AND t.purpose_bits <> c.purpose_bits & t.purpose_ceiling',
        t.name, t.on_close = 'ratchet', cat) USING people;
    GET DIAGNOSTICS n = ROW_COUNT;
    touched := touched + n;
  END LOOP;
  PERFORM set_config('cdp.folding', '', true);
  RETURN touched;
END $$;

-- Is an expiry overdue, so that a yes that has run out may still be in force?
CREATE OR REPLACE FUNCTION consent_stale(p_as_of timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public AS $$
  SELECT EXISTS (SELECT 1 FROM consent_subject
                  WHERE next_change_at < p_as_of - interval '60 s')
$$;

-- Totals outside a window: how many people there are, and how many permit each purpose.
CREATE OR REPLACE FUNCTION consent_count(p_workspace uuid, p_as_of timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  DELETE FROM consent_permissiontotal WHERE workspace_id = p_workspace;
  INSERT INTO consent_permissiontotal (workspace_id, purpose_key, people, counted_at)
    SELECT p_workspace, '', count(*), p_as_of FROM profiles_profile
     WHERE workspace_id = p_workspace
    UNION ALL
    SELECT p_workspace, p.key,
           count(*) FILTER (WHERE c.purpose_bits & (1::bigint << p.bit) <> 0), p_as_of
      FROM consent_purpose p
      LEFT JOIN consent_permission c ON c.workspace_id = p_workspace AND c.category = 1
       AND EXISTS (SELECT 1 FROM profiles_profile f WHERE f.subject_id = c.subject_id)
     GROUP BY p.key;
END $$;
