-- name: claim
-- One historian at a time; false when another is at work. Ends with the transaction.
SELECT pg_try_advisory_xact_lock(7215003)

-- name: state
-- How far history is written.
SELECT closed_until, rolled_from, rolled_until, kept_from FROM iot.history

-- name: close
-- From now on, whoever stores a reading of a time before `until` marks its hour.
UPDATE iot.history SET closed_until = :until WHERE closed_until < :until

-- name: mark
-- No transaction that has begun to write has this number or a higher one.
SELECT CAST(CAST(pg_snapshot_xmax(pg_current_snapshot()) AS text) AS bigint)

-- name: unsettled
-- Whether a transaction below a mark is still under way: it may have seen an hour open, and not
-- have marked what it stored in it.
SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint) < :mark

-- name: roll_up
-- The hours of a span (within one UTC day), all devices.
INSERT INTO iot.hourly AS old (device_no, metric_no, hour, readings, lowest, total, highest,
    first_at, last_at, flagged, late)
SELECT r.device_no, r.metric_no, date_trunc('hour', r.ts), count(*), min(r.value),
    sum(least(greatest(r.value, -1e290), 1e290)), max(r.value), min(r.ts), max(r.ts),
    count(*) FILTER (WHERE r.flag <> 'N'),
    count(*) FILTER (WHERE r.received_at > r.ts
        + greatest(interval '2 minutes', coalesce(d.interval_s, 0) * interval '2 seconds'))
FROM iot.readings r
LEFT JOIN iot.devices d USING (device_no)
WHERE r.ts >= :first AND r.ts < :until
GROUP BY 1, 2, 3
ON CONFLICT (device_no, metric_no, hour) DO UPDATE
SET readings = excluded.readings, lowest = excluded.lowest, total = excluded.total,
    highest = excluded.highest, first_at = excluded.first_at, last_at = excluded.last_at,
    flagged = excluded.flagged, late = excluded.late
WHERE (old.readings, old.flagged, old.late)
    IS DISTINCT FROM (excluded.readings, excluded.flagged, excluded.late)

-- name: rolled
-- The hours of a span are rolled up.
UPDATE iot.history
SET rolled_from = least(rolled_from, :first), rolled_until = greatest(rolled_until, :until)

-- name: take_stale
-- Closed hours that readings came for, gone when the transaction commits.
DELETE FROM iot.stale WHERE ctid = ANY(ARRAY(SELECT ctid FROM iot.stale LIMIT :most))
RETURNING device_no, metric_no, hour

-- name: roll_up_again
-- Hours of some devices. What has no readings here (its day is kept in a file) stays as it is.
INSERT INTO iot.hourly AS old (device_no, metric_no, hour, readings, lowest, total, highest,
    first_at, last_at, flagged, late)
SELECT w.device_no, w.metric_no, w.hour, r.readings, r.lowest, r.total, r.highest, r.first_at,
    r.last_at, r.flagged, r.late
FROM unnest(CAST(:device_nos AS integer[]), CAST(:metric_nos AS smallint[]),
    CAST(:hours AS timestamptz[])) AS w (device_no, metric_no, hour)
LEFT JOIN iot.devices d USING (device_no)
CROSS JOIN LATERAL (
    SELECT count(*) AS readings, min(value) AS lowest,
        sum(least(greatest(value, -1e290), 1e290)) AS total, max(value) AS highest,
        min(ts) AS first_at, max(ts) AS last_at, count(*) FILTER (WHERE flag <> 'N') AS flagged,
        count(*) FILTER (WHERE received_at > ts
            + greatest(interval '2 minutes', coalesce(d.interval_s, 0) * interval '2 seconds')
        ) AS late
    FROM iot.readings
    WHERE device_no = w.device_no AND metric_no = w.metric_no
        AND ts >= w.hour AND ts < w.hour + interval '1 hour'
    HAVING count(*) > 0) AS r
ORDER BY w.device_no, w.metric_no, w.hour
ON CONFLICT (device_no, metric_no, hour) DO UPDATE
SET readings = excluded.readings, lowest = excluded.lowest, total = excluded.total,
    highest = excluded.highest, first_at = excluded.first_at, last_at = excluded.last_at,
    flagged = excluded.flagged, late = excluded.late

-- name: day_before
-- The last day that begins before a moment and has a partition; null when there is none.
SELECT max(d.day)
FROM pg_inherits i
JOIN pg_class c ON c.oid = i.inhrelid
-- (null for other names: the planner may look at them before it knows whose children they are)
CROSS JOIN LATERAL (
    SELECT to_date(substring(c.relname FROM '^readings_([0-9]{8})$'), 'YYYYMMDD') AS day) AS d
WHERE i.inhparent = CAST('iot.readings' AS regclass)
    AND d.day < CAST(:before AS timestamptz)

-- name: stale_hours
-- Hours of one series that are not rolled up as they are stored, within a span.
SELECT DISTINCT hour FROM iot.stale
WHERE device_no = :device_no AND metric_no = :metric_no AND hour >= :first AND hour < :until
ORDER BY hour

-- name: waiting
-- How many marks of stale hours wait.
SELECT count(*) FROM iot.stale
