-- name: put_aside
-- A message that could not be used, or not wholly; once, however often it comes.
INSERT INTO iot.quarantine (received_at, protocol, topic, device_id, payload, payload_sha256,
    reason, detail)
VALUES (:received_at, :protocol, :topic, :device_id, :payload, sha256(:payload), :reason, :detail)
ON CONFLICT (topic, payload_sha256, reason) DO NOTHING

-- name: counts
-- Unresolved messages by reason.
SELECT reason, count(*) AS messages FROM iot.quarantine WHERE resolved_at IS NULL
GROUP BY reason ORDER BY reason

-- name: recent
-- The newest unresolved messages.
SELECT quarantine_id, received_at, protocol, topic, device_id, payload, reason, detail
FROM iot.quarantine
WHERE resolved_at IS NULL
ORDER BY quarantine_id DESC
LIMIT :most

-- name: chosen
-- Unresolved messages of a kind, a page at a time, oldest first.
SELECT quarantine_id, received_at, protocol, topic, device_id, payload, reason, detail
FROM iot.quarantine
WHERE resolved_at IS NULL AND quarantine_id > :after_id
    AND (CAST(:protocol AS text) IS NULL OR protocol = :protocol)
    AND (CAST(:reason AS text) IS NULL OR reason = :reason)
    AND (CAST(:device_id AS text) IS NULL OR device_id = :device_id)
ORDER BY quarantine_id
LIMIT :most

-- name: resolve
-- These are not waiting any more.
UPDATE iot.quarantine SET resolved_at = :at, resolution = :resolution
WHERE quarantine_id = ANY(CAST(:ids AS bigint[])) AND resolved_at IS NULL
