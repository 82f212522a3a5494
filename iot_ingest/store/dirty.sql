-- name: lock_turn
-- Who worked last; nobody else works until the transaction ends.
SELECT judge FROM iot.turn FOR UPDATE

-- name: note_turn
-- From now on it is this judge.
UPDATE iot.turn SET judge = :judge

-- name: claim
-- The spans that wait longest, of devices that no other judge works on: their devices are ours until
-- the transaction ends.
WITH oldest AS MATERIALIZED (
    SELECT dirty_id, device_no FROM iot.dirty ORDER BY dirty_id LIMIT :most
), ours AS MATERIALIZED (
    SELECT device_no
    FROM (SELECT DISTINCT device_no FROM oldest ORDER BY device_no OFFSET 0) AS one
    WHERE pg_try_advisory_xact_lock(7215002, device_no)
)
SELECT dirty_id FROM oldest JOIN ours USING (device_no)

-- name: claim_device
-- One judge per device at a time; false when another has it. Ends with the transaction.
SELECT pg_try_advisory_xact_lock(7215002, :device_no)

-- name: take
-- Claimed spans, one per device and metric, gone when the transaction commits. (Not more than those:
-- what another judge left behind its claim has been judged by it.)
WITH taken AS (
    DELETE FROM iot.dirty WHERE dirty_id = ANY(CAST(:dirty_ids AS bigint[]))
    RETURNING device_no, metric_no, from_ts, to_ts
)
SELECT device_no, metric_no, min(from_ts) AS first, max(to_ts) AS last FROM taken
GROUP BY device_no, metric_no ORDER BY device_no, metric_no

-- name: waiting
-- How many spans wait.
SELECT count(*) FROM iot.dirty
