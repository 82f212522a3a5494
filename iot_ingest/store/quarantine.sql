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
