-- name: before
-- What some devices measured `span` before their latest value, or the first normal reading after
-- that: null where there is no earlier one.
SELECT l.device_no, l.metric_no, l.ts, l.value, r.ts AS before_ts, r.value AS before
FROM unnest(CAST(:device_nos AS integer[])) AS d (device_no)
JOIN iot.latest AS l USING (device_no)
LEFT JOIN LATERAL (
    SELECT ts, value FROM iot.readings
    WHERE device_no = l.device_no AND metric_no = l.metric_no AND flag = 'N'
        AND ts >= l.ts - CAST(:span AS interval) AND ts < l.ts
    ORDER BY ts
    LIMIT 1) AS r ON true
WHERE l.metric_no = ANY(CAST(:metric_nos AS smallint[]));

-- name: means
-- Means and extremes of some devices and metrics since a moment, of their normal readings.
SELECT d.device_no, m.metric_no, r.mean, r.highest, r.readings
FROM unnest(CAST(:device_nos AS integer[])) AS d (device_no)
CROSS JOIN unnest(CAST(:metric_nos AS smallint[])) AS m (metric_no)
CROSS JOIN LATERAL (
    SELECT avg(value) AS mean, max(value) AS highest, count(*) AS readings
    FROM iot.readings
    WHERE device_no = d.device_no AND metric_no = m.metric_no AND ts > :since AND ts <= :until
        AND flag = 'N') AS r
WHERE r.readings > 0;

-- name: wind
-- Where the air went at some devices since a moment: the mean of speed times direction, eastward and
-- northward, of readings that have both; and the mean speed.
SELECT d.device_no, r.east, r.north, r.speed, r.readings, r.at
FROM unnest(CAST(:device_nos AS integer[])) AS d (device_no)
CROSS JOIN LATERAL (
    SELECT -avg(s.value * sin(radians(w.value))) AS east,
        -avg(s.value * cos(radians(w.value))) AS north, avg(s.value) AS speed,
        count(*) AS readings, max(s.ts) AS at
    FROM iot.readings AS s
    JOIN iot.readings AS w ON w.device_no = s.device_no AND w.metric_no = :direction_no
        AND w.ts = s.ts AND w.flag = 'N'
    WHERE s.device_no = d.device_no AND s.metric_no = :speed_no AND s.ts > :since
        AND s.ts <= :until AND s.flag = 'N') AS r
WHERE r.readings > 0;

-- name: days
-- For each device and local day how many whole hours were measured, and of how many the mean was
-- above a value.
SELECT h.device_no, CAST(h.hour AT TIME ZONE :zone AS date) AS day, count(*) AS hours,
    count(*) FILTER (WHERE h.total / h.readings > :value) AS above
FROM iot.hourly AS h
JOIN iot.devices AS d USING (device_no)
WHERE h.device_no = ANY(CAST(:device_nos AS integer[])) AND h.metric_no = :metric_no
    AND h.hour >= :since AND h.readings * d.interval_s >= :share * 3600
GROUP BY h.device_no, day
ORDER BY h.device_no, day;
