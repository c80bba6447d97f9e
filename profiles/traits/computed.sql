-- Every computed trait of a set of people, as of one moment, in one statement.
INSERT INTO profiles_computedtrait AS t (id, subject_id, key, number, text, items, at, as_of)
WITH people AS (
  SELECT subject_id FROM profiles_profile WHERE subject_id = ANY (%(subjects)s::uuid[])
),
origins AS MATERIALIZED (
  SELECT o.origin, o.subject_id FROM people JOIN kernel_origin o USING (subject_id)
),
lines AS MATERIALIZED (
  SELECT o.subject_id, p.order_key, p.happened_at, p.department, p.brand, p.quantity,
         CASE WHEN %(currency)s = '' OR p.currency IN ('', %(currency)s)
              THEN p.amount_minor ELSE 0 END AS amount
    FROM origins o JOIN profiles_purchase p ON p.subject_id = o.origin
   WHERE p.happened_at < %(as_of)s
),
spent AS (
  SELECT subject_id,
         count(DISTINCT order_key) AS orders,
         sum(amount) AS spend,
         sum(amount) FILTER (WHERE happened_at >= %(recent)s) AS recent,
         min(happened_at) AS first_at,
         max(happened_at) AS last_at,
         (%(as_of)s AT TIME ZONE %(zone)s)::date
           - (max(happened_at) FILTER (WHERE happened_at >= %(since)s) AT TIME ZONE %(zone)s)::date
           AS r,
         count(DISTINCT order_key) FILTER (WHERE happened_at >= %(since)s) AS f,
         sum(amount) FILTER (WHERE happened_at >= %(since)s) AS m
    FROM lines GROUP BY subject_id
),
placed AS (  -- a score is one more than the cut points strictly below; recency counts backwards
  SELECT subject_id, r, f, m,
         5 - (SELECT count(*) FROM unnest(%(r_cuts)s::float8[]) c WHERE c < r) AS r_score,
         1 + (SELECT count(*) FROM unnest(%(f_cuts)s::float8[]) c WHERE c < f) AS f_score,
         1 + (SELECT count(*) FROM unnest(%(m_cuts)s::float8[]) c WHERE c < m) AS m_score,
         CASE WHEN r <= %(r_mean)s THEN 'R' ELSE '-' END
           || CASE WHEN f > %(f_mean)s THEN 'F' ELSE '-' END
           || CASE WHEN m > %(m_mean)s THEN 'M' ELSE '-' END AS cell
    FROM spent WHERE f > 0
),
tasted AS (  -- lines of quantity 0 are money, not something bought
  SELECT subject_id, 'department' AS kind, department AS item, order_key, amount
    FROM lines WHERE quantity <> 0 AND department <> ALL (%(no_favorite)s::text[])
  UNION ALL
  SELECT subject_id, 'brand', brand, order_key, amount
    FROM lines WHERE quantity <> 0 AND department <> ALL (%(no_favorite)s::text[]) AND brand <> ''
),
counted AS (
  SELECT subject_id, kind, item,
         row_number() OVER (
           PARTITION BY subject_id, kind
           ORDER BY count(DISTINCT order_key) DESC, sum(amount) DESC, item COLLATE "C") AS place
    FROM tasted GROUP BY subject_id, kind, item
  HAVING count(DISTINCT order_key) >= %(favorite_orders)s
),
liked AS (
  SELECT subject_id,
         array_agg(item ORDER BY place) FILTER (WHERE kind = 'department') AS departments,
         array_agg(item ORDER BY place) FILTER (WHERE kind = 'brand') AS brands
    FROM counted WHERE place <= %(favorites)s GROUP BY subject_id
),
active AS (
  SELECT o.subject_id,
         max(e.happened_at) FILTER (
           WHERE e.kind = ANY (%(active_kinds)s) AND e.name <> ALL (%(passive)s)) AS seen_at,
         count(*) FILTER (WHERE e.name = %(coupon)s) AS coupons
    FROM origins o JOIN profiles_event e ON e.subject_id = o.origin
   WHERE e.happened_at < %(as_of)s GROUP BY o.subject_id
)
SELECT gen_random_uuid(), people.subject_id, v.key, v.number, v.text, v.items, v.at, %(as_of)s
  FROM people
  LEFT JOIN spent USING (subject_id)
  LEFT JOIN placed USING (subject_id)
  LEFT JOIN liked USING (subject_id)
  LEFT JOIN active USING (subject_id)
 CROSS JOIN LATERAL (VALUES
    ('orders', coalesce(spent.orders, 0)::float8, NULL::text, NULL::text[], NULL::timestamptz),
    ('spend_minor', coalesce(spent.spend, 0)::float8, NULL, NULL, NULL),
    ('spend_90d_minor', coalesce(spent.recent, 0)::float8, NULL, NULL, NULL),
    ('average_order_minor', (spent.spend / spent.orders)::float8, NULL, NULL, NULL),
    ('first_order_at', NULL, NULL, NULL, spent.first_at),
    ('last_order_at', NULL, NULL, NULL, spent.last_at),
    ('last_seen_at', NULL, NULL, NULL, active.seen_at),
    ('favorite_department', NULL, liked.departments[1], NULL, NULL),
    ('favorite_departments', NULL, NULL, liked.departments, NULL),
    ('favorite_brands', NULL, NULL, liked.brands, NULL),
    ('coupons_redeemed', coalesce(active.coupons, 0)::float8, NULL, NULL, NULL),
    ('rfm_recency_days', placed.r::float8, NULL, NULL, NULL),
    ('rfm_frequency', placed.f::float8, NULL, NULL, NULL),
    ('rfm_monetary_minor', placed.m::float8, NULL, NULL, NULL),
    ('rfm_r', placed.r_score::float8, NULL, NULL, NULL),
    ('rfm_f', placed.f_score::float8, NULL, NULL, NULL),
    ('rfm_m', placed.m_score::float8, NULL, NULL, NULL),
    ('rfm', NULL, placed.r_score::text || placed.f_score || placed.m_score, NULL, NULL),
    ('rfm_cell', NULL, %(cells)s::jsonb ->> placed.cell, NULL, NULL)
  ) AS v(key, number, text, items, at)
 WHERE num_nonnulls(v.number, v.text, v.items, v.at) > 0
 ORDER BY people.subject_id, v.key
ON CONFLICT (subject_id, key) DO UPDATE
   SET number = EXCLUDED.number, text = EXCLUDED.text, items = EXCLUDED.items,
       at = EXCLUDED.at, as_of = EXCLUDED.as_of
 WHERE t.as_of <= EXCLUDED.as_of
