-- name: ensure_partition
-- The day's partition of iot.readings; true when it was made now.
SELECT iot.ensure_partition(:day)

-- name: add_new
-- Store a batch of which nothing is stored yet. Half the work of `keep`: no look for what is there
-- before each row, nothing to be taken back. What was there after all is a unique violation.
INSERT INTO iot.readings (device_no, metric_no, ts, value, flag, received_at)
SELECT *
FROM unnest(CAST(:device_nos AS integer[]), CAST(:metric_nos AS smallint[]),
    CAST(:tss AS timestamptz[]), CAST(:values AS double precision[]), CAST(:flags AS "char"[]),
    CAST(:received_ats AS timestamptz[]))

-- name: move_latest
-- Newer values of devices and metrics, one each.
INSERT INTO iot.latest AS old (device_no, metric_no, ts, value, flag, received_at)
SELECT *
FROM unnest(CAST(:device_nos AS integer[]), CAST(:metric_nos AS smallint[]),
    CAST(:tss AS timestamptz[]), CAST(:values AS double precision[]), CAST(:flags AS "char"[]),
    CAST(:received_ats AS timestamptz[]))
ON CONFLICT (device_no, metric_no) DO UPDATE
SET ts = excluded.ts, value = excluded.value, flag = excluded.flag,
    received_at = excluded.received_at
WHERE old.ts < excluded.ts

-- name: mark_dirty
-- Spans that the rules have to look at.
INSERT INTO iot.dirty (device_no, metric_no, from_ts, to_ts)
SELECT *
FROM unnest(CAST(:device_nos AS integer[]), CAST(:metric_nos AS smallint[]),
    CAST(:firsts AS timestamptz[]), CAST(:lasts AS timestamptz[]))

-- name: mark_late
-- Hours that are closed already. (Readings were stored before this in the same transaction, which
-- so has its id: `hourly.unsettled` relies on that.)
INSERT INTO iot.stale (device_no, metric_no, hour)
SELECT device_no, metric_no, date_trunc('hour', ts)
FROM unnest(CAST(:device_nos AS integer[]), CAST(:metric_nos AS smallint[]),
    CAST(:tss AS timestamptz[])) AS one (device_no, metric_no, ts)
WHERE ts < (SELECT closed_until FROM iot.history)

-- name: keep
-- Store what is new of a batch; move on the latest values; mark the spans that the rules have
-- to look at, day by day, so that one very old reading does not drag a year behind it.
WITH incoming AS (
    SELECT *
    FROM unnest(CAST(:ns AS integer[]), CAST(:device_nos AS integer[]),
        CAST(:metric_nos AS smallint[]), CAST(:tss AS timestamptz[]),
        CAST(:values AS double precision[]), CAST(:flags AS "char"[]),
        CAST(:received_ats AS timestamptz[]))
        AS one (n, device_no, metric_no, ts, value, flag, received_at)
), stored AS (
    INSERT INTO iot.readings (device_no, metric_no, ts, value, flag, received_at)
    SELECT DISTINCT ON (device_no, metric_no, ts) device_no, metric_no, ts, value, flag, received_at
    FROM incoming
    ORDER BY device_no, metric_no, ts, n
    ON CONFLICT DO NOTHING
    RETURNING device_no, metric_no, ts, value, flag, received_at
), newest AS (
    INSERT INTO iot.latest AS old (device_no, metric_no, ts, value, flag, received_at)
    SELECT DISTINCT ON (device_no, metric_no) device_no, metric_no, ts, value, flag, received_at
    FROM stored
    ORDER BY device_no, metric_no, ts DESC
    ON CONFLICT (device_no, metric_no) DO UPDATE
    SET ts = excluded.ts, value = excluded.value, flag = excluded.flag,
        received_at = excluded.received_at
    WHERE old.ts < excluded.ts
), marked AS (
    INSERT INTO iot.dirty (device_no, metric_no, from_ts, to_ts)
    SELECT device_no, metric_no, min(ts), max(ts)
    FROM stored
    WHERE metric_no = ANY(CAST(:judged AS smallint[]))
    GROUP BY device_no, metric_no, date_trunc('day', ts)
    RETURNING device_no
)
SELECT count(*) AS stored, coalesce(array_agg(DISTINCT device_no), '{}') AS device_nos,
    EXISTS (SELECT FROM marked) AS marked
FROM stored

-- name: conflicts
-- Rows of a batch whose identity is stored with another value or flag. Row by row, so that one
-- very old reading does not make it read a year.
SELECT i.n, i.device_no, i.metric_no, i.ts, i.value, r.value AS kept
FROM unnest(CAST(:ns AS integer[]), CAST(:device_nos AS integer[]),
    CAST(:metric_nos AS smallint[]), CAST(:tss AS timestamptz[]),
    CAST(:values AS double precision[]), CAST(:flags AS "char"[]))
    AS i (n, device_no, metric_no, ts, value, flag)
CROSS JOIN LATERAL (
    SELECT value, flag FROM iot.readings
    WHERE device_no = i.device_no AND metric_no = i.metric_no AND ts = i.ts
        AND ts BETWEEN :first AND :last
    OFFSET 0) AS r
WHERE r.value <> i.value OR r.flag <> i.flag
ORDER BY i.n

-- name: note_sent_again
-- Count rows of a batch that were known already, by device and hour; how many there are.
WITH again AS (
    SELECT i.device_no, date_trunc('hour', i.ts) AS hour,
        count(*) - count(DISTINCT (i.metric_no, i.ts)) FILTER (WHERE r.new) AS readings
    FROM unnest(CAST(:ns AS integer[]), CAST(:device_nos AS integer[]),
        CAST(:metric_nos AS smallint[]), CAST(:tss AS timestamptz[]),
        CAST(:values AS double precision[]), CAST(:flags AS "char"[]))
        AS i (n, device_no, metric_no, ts, value, flag)
    CROSS JOIN LATERAL (
        SELECT value, flag, xmin = pg_current_xact_id()::xid AS new FROM iot.readings
        WHERE device_no = i.device_no AND metric_no = i.metric_no AND ts = i.ts
            AND ts BETWEEN :first AND :last
        OFFSET 0) AS r
    WHERE r.value = i.value AND r.flag = i.flag
    GROUP BY 1, 2
), noted AS (
    INSERT INTO iot.sent_again AS old (device_no, hour, readings)
    SELECT device_no, hour, readings FROM again WHERE readings > 0 ORDER BY device_no, hour
    ON CONFLICT (device_no, hour) DO UPDATE SET readings = old.readings + excluded.readings
)
SELECT coalesce(sum(readings), 0)::bigint FROM again

-- name: newest_before
-- The last reading before a moment, of several devices and metrics.
SELECT w.device_no, w.metric_no, r.ts, r.value, CAST(r.flag AS text) AS flag
FROM unnest(CAST(:device_nos AS integer[]), CAST(:metric_nos AS smallint[]),
    CAST(:moments AS timestamptz[])) AS w (device_no, metric_no, moment)
CROSS JOIN LATERAL (
    SELECT ts, value, flag FROM iot.readings
    WHERE device_no = w.device_no AND metric_no = w.metric_no AND ts < w.moment
    ORDER BY ts DESC
    LIMIT 1) AS r

-- name: latest
-- The latest value of every metric of the given devices, of all devices when none are given.
SELECT l.device_no, m.name AS metric, l.ts, l.value, l.flag::text AS flag, l.received_at
FROM iot.latest l
JOIN iot.metrics m USING (metric_no)
WHERE CAST(:device_nos AS integer[]) IS NULL OR l.device_no = ANY(CAST(:device_nos AS integer[]))
ORDER BY l.device_no, m.name

-- name: count_readings
-- How many readings are stored.
SELECT count(*) FROM iot.readings
