-- name: every
-- Every reading of a span.
SELECT ts AS at, value AS lowest, value AS total, value AS highest, 1 AS readings
FROM iot.readings
WHERE device_no = :device_no AND metric_no = :metric_no AND ts >= :first AND ts < :until
ORDER BY ts
LIMIT :most

-- name: by_step
-- Readings by step: the least value, the sum, the greatest value, and how many there were.
SELECT date_bin(:step, ts, timestamptz '2000-01-01 00:00:00+00') AS at, min(value) AS lowest,
    sum(least(greatest(value, -1e290), 1e290)) AS total, max(value) AS highest,
    count(*) AS readings
FROM iot.readings
WHERE device_no = :device_no AND metric_no = :metric_no AND ts >= :first AND ts < :until
GROUP BY 1
ORDER BY 1
LIMIT :most

-- name: by_calendar
-- Readings by day or month of a time zone.
SELECT date_trunc(:unit, ts, :zone) AS at, min(value) AS lowest,
    sum(least(greatest(value, -1e290), 1e290)) AS total, max(value) AS highest,
    count(*) AS readings
FROM iot.readings
WHERE device_no = :device_no AND metric_no = :metric_no AND ts >= :first AND ts < :until
GROUP BY 1
ORDER BY 1
LIMIT :most

-- name: hours_by_step
-- Rolled up hours by step, without those that are stale.
SELECT date_bin(:step, hour, timestamptz '2000-01-01 00:00:00+00') AS at, min(lowest) AS lowest,
    sum(total) AS total, max(highest) AS highest, sum(readings)::bigint AS readings
FROM iot.hourly
WHERE device_no = :device_no AND metric_no = :metric_no AND hour >= :first AND hour < :until
    AND hour <> ALL(CAST(:without AS timestamptz[]))
GROUP BY 1
ORDER BY 1
LIMIT :most

-- name: hours_by_calendar
-- Rolled up hours by day or month of a time zone, without those that are stale.
SELECT date_trunc(:unit, hour, :zone) AS at, min(lowest) AS lowest, sum(total) AS total,
    max(highest) AS highest, sum(readings)::bigint AS readings
FROM iot.hourly
WHERE device_no = :device_no AND metric_no = :metric_no AND hour >= :first AND hour < :until
    AND hour <> ALL(CAST(:without AS timestamptz[]))
GROUP BY 1
ORDER BY 1
LIMIT :most
