-- What the session said about itself. Unset, empty or unknown: NULL or 0, so no row is shown.
-- `current_workspace` is made by the first migration, since columns default to it.

CREATE OR REPLACE FUNCTION purpose_mask() RETURNS bigint
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
  SELECT coalesce(
    (SELECT 1::bigint << p.bit FROM public.consent_purpose p
      WHERE p.key = nullif(current_setting('cdp.purpose', true), '')
        AND p.open AND current_user::text = ANY (p.roles)), 0)
$$;

CREATE OR REPLACE FUNCTION current_subject() RETURNS uuid
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
  SELECT nullif(current_setting('cdp.subject', true), '')::uuid
$$;

-- Every subject id of the person who is being erased, in their own window (consent.erasures).
CREATE OR REPLACE FUNCTION current_erased() RETURNS uuid[]
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog AS $$
  SELECT nullif(current_setting('cdp.erasing', true), '')::uuid[]
$$;
