-- The fifths and means of recency, frequency and money over everybody who bought in the window.
WITH bought AS (
  SELECT o.subject_id,
         (%(as_of)s AT TIME ZONE %(zone)s)::date
           - (max(p.happened_at) AT TIME ZONE %(zone)s)::date AS r,
         count(DISTINCT p.order_key) AS f,
         coalesce(sum(p.amount_minor)
           FILTER (WHERE %(currency)s = '' OR p.currency IN ('', %(currency)s)), 0) AS m
    FROM kernel_origin o
    JOIN profiles_profile f ON f.subject_id = o.subject_id
    JOIN profiles_purchase p ON p.subject_id = o.origin
   WHERE p.happened_at >= %(since)s AND p.happened_at < %(as_of)s
   GROUP BY o.subject_id
)
SELECT count(*),
       percentile_cont(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY r::float8),
       percentile_cont(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY f::float8),
       percentile_cont(ARRAY[0.2, 0.4, 0.6, 0.8]) WITHIN GROUP (ORDER BY m::float8),
       avg(r), avg(f), avg(m)
  FROM bought
