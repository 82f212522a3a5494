-- name: devices
-- Devices with spans that no rule has looked at yet, the longest waiting first.
SELECT device_no FROM iot.dirty GROUP BY device_no ORDER BY min(dirty_id) LIMIT :most

-- name: claim
-- One judge per device at a time; false when another has it. Ends with the transaction.
SELECT pg_try_advisory_xact_lock(7215002, :device_no)

-- name: take
-- The spans of the claimed devices, gone when the transaction commits.
WITH taken AS (
    DELETE FROM iot.dirty WHERE device_no = ANY(:device_nos)
    RETURNING device_no, metric_no, from_ts, to_ts
)
SELECT device_no, metric_no, min(from_ts) AS first, max(to_ts) AS last FROM taken
GROUP BY device_no, metric_no ORDER BY device_no, metric_no

-- name: waiting
-- How many spans wait.
SELECT count(*) FROM iot.dirty
