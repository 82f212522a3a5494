-- name: current
-- Current findings of devices and metrics that last until `first` or longer.
SELECT f.finding_id, f.rule, f.layer, f.device_no, f.metric_no, f.onset, f.ended_at, f.level,
    f.peak, f.peak_at, f.bound, f.clause, f.revision, f.changed_at
FROM unnest(CAST(:device_nos AS integer[]), CAST(:metric_nos AS smallint[]),
    CAST(:firsts AS timestamptz[])) AS w (device_no, metric_no, first)
JOIN iot.findings f USING (device_no, metric_no)
WHERE NOT f.withdrawn AND coalesce(f.ended_at, timestamptz 'infinity') >= w.first
ORDER BY f.onset

-- name: open
-- Everything that is wrong now.
SELECT finding_id, rule, layer, device_no, metric_no, onset, ended_at, level, peak, peak_at, bound,
    clause, revision, changed_at
FROM iot.findings
WHERE ended_at IS NULL AND NOT withdrawn
ORDER BY onset, finding_id

-- name: of_device
-- A device's current findings that touch a span, for its series on the screen.
SELECT finding_id, rule, layer, device_no, metric_no, onset, ended_at, level, peak, peak_at, bound,
    clause, revision, changed_at
FROM iot.findings
WHERE device_no = :device_no AND NOT withdrawn AND onset < :until
    AND (ended_at IS NULL OR ended_at >= :first)
ORDER BY onset, finding_id

-- name: all_current
-- Every finding that is not withdrawn.
SELECT finding_id, rule, layer, device_no, metric_no, onset, ended_at, level, peak, peak_at, bound,
    clause, revision, changed_at
FROM iot.findings
WHERE NOT withdrawn
ORDER BY device_no, rule, onset

-- name: known_ids
-- Which of these ids are in use.
SELECT finding_id FROM iot.findings WHERE finding_id = ANY(CAST(:ids AS text[]))

-- name: put
-- A finding as it is known now.
INSERT INTO iot.findings (finding_id, rule, layer, device_no, metric_no, onset, ended_at, level,
    peak, peak_at, bound, clause, revision, changed_at)
VALUES (:finding_id, :rule, :layer, :device_no, :metric_no, :onset, :ended_at, :level, :peak,
    :peak_at, :bound, :clause, :revision, :changed_at)
ON CONFLICT (finding_id) DO UPDATE
SET onset = excluded.onset, ended_at = excluded.ended_at, level = excluded.level,
    peak = excluded.peak, peak_at = excluded.peak_at, bound = excluded.bound,
    clause = excluded.clause, revision = excluded.revision, changed_at = excluded.changed_at

-- name: withdraw
-- What turned out never to have been.
UPDATE iot.findings SET withdrawn = true, revision = :revision, changed_at = :changed_at
WHERE finding_id = :finding_id

-- name: quiet
-- Metrics of enabled devices of a range that nothing came of for at least two intervals, and have
-- no open finding of the given rules.
SELECT l.device_no, l.metric_no, l.ts, l.received_at
FROM iot.latest l
JOIN iot.devices d USING (device_no)
WHERE l.device_no >= :first_no AND l.device_no < :end_no
    AND d.disabled_at IS NULL AND l.metric_no = ANY(:metric_nos)
    AND greatest(l.ts, l.received_at) < :now - d.interval_s * interval '2 seconds'
    AND NOT EXISTS (
        SELECT FROM iot.findings f
        WHERE f.device_no = l.device_no AND f.metric_no = l.metric_no AND f.rule = ANY(:rules)
            AND f.ended_at IS NULL AND NOT f.withdrawn)
ORDER BY l.device_no, l.metric_no

-- name: loud_in
-- Devices of some areas at which something is wrong now, the worst first.
SELECT d.device_no
FROM iot.findings f
JOIN iot.devices d USING (device_no)
WHERE f.ended_at IS NULL AND NOT f.withdrawn AND d.disabled_at IS NULL
    AND d.area_id = ANY(CAST(:area_ids AS integer[]))
GROUP BY d.device_no
ORDER BY max(f.level) DESC, d.device_no
LIMIT :most
