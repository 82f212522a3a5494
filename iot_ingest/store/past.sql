-- name: in_use
-- The devices that were in use at an instant, and how often they were to send.
SELECT device_no, interval_s FROM iot.due
WHERE since <= :then AND (until IS NULL OR until > :then);

-- name: latest
-- Of some devices the newest value that had come by an instant of each metric, none older than a
-- day, as JSON {metric: [ms since 1970, value, flag]}, and when the last of them came: what came
-- later is not looked at, whenever it was measured. (With the bounds as they are the planner knows
-- which two or three days of a year it has to do with. Made to JSON here: thousands make a frame.)
SELECT l.device_no, date_part('epoch', max(r.received_at)) AS heard_s,
    CAST(json_object_agg(m.name, json_build_array(
        CAST(floor(date_part('epoch', r.ts) * 1000) AS bigint), r.value, r.flag)) AS text) AS values
FROM iot.latest l
JOIN iot.metrics m USING (metric_no)
CROSS JOIN LATERAL (
    SELECT ts, value, flag, received_at FROM iot.readings
    WHERE device_no = l.device_no AND metric_no = l.metric_no
        AND ts > :since AND ts <= :until AND received_at <= :then
    ORDER BY ts DESC
    LIMIT 1) AS r
WHERE l.device_no = ANY(CAST(:device_nos AS integer[]))
GROUP BY l.device_no;

-- name: by_step
-- Readings of a span that had come by an instant, by step.
SELECT date_bin(:step, ts, timestamptz '2000-01-01 00:00:00+00') AS at, min(value) AS lowest,
    sum(least(greatest(value, -1e290), 1e290)) AS total, max(value) AS highest,
    count(*) AS readings
FROM iot.readings
WHERE device_no = :device_no AND metric_no = :metric_no AND ts >= :first AND ts < :until
    AND received_at <= :then
GROUP BY 1
ORDER BY 1
LIMIT :most
