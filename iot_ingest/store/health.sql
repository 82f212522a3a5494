-- name: page
-- What is known of some devices, in the order of their numbers; no table of readings is touched.
WITH chosen AS MATERIALIZED (
    SELECT device_no, device_id, layer, model, name_zh, name_en, area_id, interval_s, disabled_at,
        metrics
    FROM iot.devices
    WHERE device_no > :after
        AND (CAST(:layer AS text) IS NULL OR layer = :layer)
        AND (CAST(:device_nos AS integer[]) IS NULL
            OR device_no = ANY(CAST(:device_nos AS integer[])))
    ORDER BY device_no
    LIMIT :most
)
SELECT d.device_no, d.device_id, d.layer, d.model, d.name_zh, d.name_en, d.area_id, d.interval_s,
    d.disabled_at, e.expected_hour, h.received_hour, e.expected_day, h.received_day, h.late_share,
    s.online, s.since, s.last_message_at, l.clock_offset_s, l.flags, l.voltage,
    coalesce(q.quarantined, '{}') AS quarantined, p.lon, p.lat, p.away_m, p.trouble,
    b.blocked_until
FROM chosen d
LEFT JOIN iot.device_status s USING (device_no)
LEFT JOIN iot.positions p USING (device_no)
LEFT JOIN LATERAL (
    SELECT percentile_cont(0.5) WITHIN GROUP (
            ORDER BY extract(epoch FROM received_at - ts)::float) AS clock_offset_s,
        string_agg(DISTINCT flag::text, '') FILTER (WHERE flag <> 'N') AS flags,
        max(value) FILTER (WHERE metric_no
            = (SELECT m.metric_no FROM iot.metrics m WHERE m.name = 'voltage')) AS voltage
    FROM iot.latest
    WHERE device_no = d.device_no) AS l ON true
LEFT JOIN LATERAL (
    SELECT jsonb_object_agg(reason, messages) AS quarantined
    FROM (
        SELECT reason, count(*) AS messages FROM iot.quarantine
        WHERE device_id = d.device_id AND resolved_at IS NULL
        GROUP BY reason) AS waiting) AS q ON true
LEFT JOIN LATERAL (
    SELECT max(until) AS blocked_until FROM iot.blocks
    WHERE device_no = d.device_no AND lifted_at IS NULL AND until > now()
        AND address IS NULL AND since > now() - interval '2 days') AS b ON true
-- the last whole hour and the last 24 of them, as far as they are rolled up and it was due
LEFT JOIN LATERAL (
    SELECT rolled_until AS until, greatest(rolled_until - interval '24 hours', rolled_from,
            -- an hour in which it became due is none of the whole ones
            (SELECT date_trunc('hour', since + interval '1 hour' - interval '1 microsecond')
             FROM iot.due WHERE device_no = d.device_no AND due.until IS NULL)) AS first
    FROM iot.history) AS span ON span.until > span.first
LEFT JOIN LATERAL (
    SELECT per_hour * extract(epoch FROM span.until - span.first)::float / 3600 AS expected_day,
        CASE WHEN span.first <= span.until - interval '1 hour' THEN per_hour END AS expected_hour
    FROM (SELECT cardinality(d.metrics) * 3600.0::float / d.interval_s AS per_hour) AS rate
    ) AS e ON span.until IS NOT NULL
LEFT JOIN LATERAL (
    SELECT coalesce(sum(readings), 0)::bigint AS received_day,
        coalesce(sum(readings) FILTER (WHERE hour = span.until - interval '1 hour'), 0)::bigint
            AS received_hour,
        sum(late)::float / nullif(sum(readings), 0) AS late_share
    FROM iot.metrics m
    JOIN iot.hourly USING (metric_no)
    WHERE m.name = ANY(d.metrics) AND device_no = d.device_no
        AND hour >= span.first AND hour < span.until) AS h ON span.until IS NOT NULL
ORDER BY d.device_no
