-- name: add
-- Cut a device off; the block's number.
INSERT INTO iot.blocks (device_no, since, until, readings_s, bytes_s, address)
VALUES (:device_no, :since, :until, :readings_s, :bytes_s, :address)
RETURNING block_id

-- name: earlier
-- How often a device was cut off from a moment on; lifted ones do not count.
SELECT count(*) FROM iot.blocks
WHERE device_no = :device_no AND since >= :first AND lifted_at IS NULL

-- name: active
-- Who is cut off at the broker, and for how long still.
SELECT d.device_id, max(extract(epoch FROM b.until - now()))::float AS seconds
FROM iot.blocks b
JOIN iot.devices d USING (device_no)
WHERE b.until > now() AND b.lifted_at IS NULL AND b.address IS NULL
GROUP BY d.device_id

-- name: some_are_over
-- Whether there is a block that is over and whose end was not told yet.
SELECT EXISTS (SELECT FROM iot.blocks WHERE told_at IS NULL AND least(until, lifted_at) <= now())

-- name: over
-- Blocks that are over and whose end was not told yet; each for one teller.
SELECT b.block_id, b.device_no, b.since, least(b.until, b.lifted_at) AS ended_at, b.readings_s,
    b.bytes_s, b.address
FROM iot.blocks b
WHERE b.told_at IS NULL AND least(b.until, b.lifted_at) <= now()
ORDER BY b.block_id
LIMIT 100
FOR UPDATE SKIP LOCKED

-- name: told
-- The end of a block is told.
UPDATE iot.blocks SET told_at = :at WHERE block_id = :block_id

-- name: lift
-- Let a device in again before its time; how many blocks ended.
SELECT iot.lift_blocks(:device_no)

-- name: reject
-- Messages of devices that were not stored, added to the hour of their receipt.
INSERT INTO iot.rejected AS old (device_no, hour, messages)
SELECT coalesce(d.device_no, 0), date_trunc('hour', CAST(:at AS timestamptz)), sum(sent.messages)
FROM unnest(CAST(:device_ids AS text[]), CAST(:messages AS bigint[])) AS sent (device_id, messages)
LEFT JOIN iot.devices d USING (device_id)
GROUP BY 1
ORDER BY 1
ON CONFLICT (device_no, hour) DO UPDATE SET messages = old.messages + excluded.messages
