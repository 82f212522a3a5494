-- name: districts
-- The district of devices (the widest area where there is none).
SELECT d.device_no, coalesce(
    (SELECT up.area_id FROM grid.areas up WHERE up.area_id = ANY(a.path) AND up.kind = 'district'),
    a.path[1]) AS district
FROM iot.devices d
JOIN grid.areas a USING (area_id)
WHERE d.device_no = ANY(CAST(:nos AS integer[]))

-- name: mark
-- Windows in which readings changed. One that is being taken right now is waited for.
INSERT INTO iot.dirty_windows (rule, device_no, group_key, at)
SELECT span.rule, span.device_no, span.group_key, at
FROM unnest(CAST(:rules AS text[]), CAST(:device_nos AS integer[]), CAST(:keys AS text[]),
        CAST(:widths AS interval[]), CAST(:firsts AS timestamptz[]),
        CAST(:lasts AS timestamptz[])) AS span (rule, device_no, group_key, width, first, last)
CROSS JOIN LATERAL generate_series(
    date_bin(width, first, timestamptz 'epoch') + width,
    date_bin(width, last, timestamptz 'epoch') + width, width) AS at
ORDER BY span.rule, span.device_no, at
ON CONFLICT DO NOTHING

-- name: due
-- Groups with windows that were over before a moment, the longest waiting first.
SELECT rule, group_key FROM iot.dirty_windows
WHERE at <= :until
GROUP BY rule, group_key
ORDER BY min(at)
LIMIT :most

-- name: claim
-- One judge per group at a time; false when another has it. Ends with the transaction.
SELECT pg_try_advisory_xact_lock(7215003, hashtext(CAST(:rule AS text) || ' ' || :group_key))

-- name: take
-- The oldest windows of a group, gone when the transaction commits.
DELETE FROM iot.dirty_windows
WHERE rule = :rule AND group_key = :group_key AND at IN (
    SELECT DISTINCT at FROM iot.dirty_windows
    WHERE rule = :rule AND group_key = :group_key AND at <= :until
    ORDER BY at
    LIMIT :most)
RETURNING device_no, at

-- name: measure
-- Means of the normal readings of windows, added up in order of time: always the same number.
INSERT INTO iot.compared (rule, device_no, at, mean, readings)
SELECT :rule, win.device_no, win.at, avg(r.value ORDER BY r.ts), count(*)
FROM unnest(CAST(:device_nos AS integer[]), CAST(:ats AS timestamptz[])) AS win (device_no, at)
JOIN iot.readings r ON r.device_no = win.device_no AND r.metric_no = :metric_no
    AND r.ts >= win.at - CAST(:width AS interval) AND r.ts < win.at AND r.flag = 'N'
GROUP BY win.device_no, win.at
ON CONFLICT (rule, device_no, at) DO UPDATE
SET mean = excluded.mean, readings = excluded.readings

-- name: measured
-- What devices measured in windows.
SELECT device_no, at, mean, readings, value FROM iot.compared
WHERE rule = :rule AND device_no = ANY(:device_nos) AND at = ANY(:ats)
ORDER BY at, device_no

-- name: put_values
-- How far devices stood out.
UPDATE iot.compared old SET value = new.value
FROM unnest(CAST(:device_nos AS integer[]), CAST(:ats AS timestamptz[]),
    CAST(:values AS double precision[])) AS new (device_no, at, value)
WHERE old.rule = :rule AND old.device_no = new.device_no AND old.at = new.at

-- name: series
-- How far one device stood out, from a moment on.
SELECT (extract(epoch FROM at) * 1000)::bigint AS ts_ms, value FROM iot.compared
WHERE rule = :rule AND device_no = :device_no AND at >= :first AND value IS NOT NULL
ORDER BY at

-- name: forget
-- What is too old to be compared.
DELETE FROM iot.compared WHERE at < :before
