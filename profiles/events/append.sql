-- The one writer of the event log and of order lines: a batch is stamped set-wise
-- from the people's permissions (locked FOR SHARE, so a withdrawal waits or is waited for), and
-- appended. A line's id is its event's with the line's number at the end, so ids stay in order.

CREATE OR REPLACE FUNCTION append_events(p_workspace uuid, p_events jsonb, p_lines json)
RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
BEGIN
  PERFORM 1 FROM consent_permission c
    WHERE c.subject_id IN (
      SELECT DISTINCT e.subject_id FROM jsonb_to_recordset(p_events) AS e(subject_id uuid))
    ORDER BY c.subject_id, c.category FOR SHARE;

  INSERT INTO profiles_event (
      id, workspace_id, subject_id, source_id, key, kind, name, category, happened_at, received_at,
      properties, amount_minor, currency, flags, sealed, purpose_ceiling, purpose_bits)
    SELECT e.id, p_workspace, e.subject_id, e.source_id, e.key, e.kind, e.name, e.category,
           e.happened_at, e.received_at, e.properties, e.amount_minor, e.currency, e.flags,
           decode(e.sealed, 'base64'), e.ceiling, coalesce(c.purpose_bits, 0) & e.ceiling
      FROM jsonb_to_recordset(p_events) AS e(
        id uuid, subject_id uuid, source_id uuid, key text, kind text, name text,
        category smallint, happened_at timestamptz, received_at timestamptz, properties jsonb,
        amount_minor bigint, currency text, flags text[], sealed text, ceiling bigint)
      LEFT JOIN consent_permission c ON c.subject_id = e.subject_id AND c.category = e.category
     ORDER BY e.id;

  INSERT INTO profiles_purchase (
      id, workspace_id, subject_id, event_id, order_key, happened_at, product, department,
      product_category, brand, quantity, amount_minor, currency, purpose_ceiling, purpose_bits)
    SELECT overlay(l.event_id::text PLACING lpad(to_hex(l.line), 4, '0') FROM 33)::uuid,
           p_workspace, l.subject_id, l.event_id, l.order_key, l.happened_at,
           l.product, l.department, l.product_category, l.brand, l.quantity, l.amount_minor,
           l.currency, l.ceiling, coalesce(c.purpose_bits, 0) & l.ceiling
      FROM json_to_recordset(p_lines) AS l(
        subject_id uuid, event_id uuid, line int, order_key text, happened_at timestamptz, product text,
        department text, product_category text, brand text, quantity float8, amount_minor bigint,
        currency text, ceiling bigint)
      LEFT JOIN consent_permission c ON c.subject_id = l.subject_id AND c.category = 3;
END $$;
