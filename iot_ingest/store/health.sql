-- name: page
-- What is known of some devices, in the order of their numbers; no table of readings is touched.
WITH chosen AS MATERIALIZED (
    SELECT device_no, device_id, layer, model, name_zh, name_en, area_id, interval_s, disabled_at
    FROM iot.devices
    WHERE device_no > :after
        AND (CAST(:layer AS text) IS NULL OR layer = :layer)
        AND (CAST(:device_nos AS integer[]) IS NULL
            OR device_no = ANY(CAST(:device_nos AS integer[])))
    ORDER BY device_no
    LIMIT :most
)
SELECT d.*, s.online, s.since, s.last_message_at, l.clock_offset_s, l.flags, l.voltage,
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
ORDER BY d.device_no
