-- name: put_aside
-- Messages that could not be used, or not wholly; each once, however often it comes.
INSERT INTO iot.quarantine (received_at, protocol, topic, device_id, payload, payload_sha256,
    reason, detail)
SELECT received_at, protocol, topic, device_id, payload, sha256(payload), reason, detail
FROM unnest(CAST(:received_ats AS timestamptz[]), CAST(:protocols AS text[]),
    CAST(:topics AS text[]), CAST(:device_ids AS text[]), CAST(:payloads AS bytea[]),
    CAST(:reasons AS text[]), CAST(:details AS text[]))
    AS one (received_at, protocol, topic, device_id, payload, reason, detail)
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
    AND (CAST(:quarantine_id AS bigint) IS NULL OR quarantine_id = :quarantine_id)
    AND (CAST(:newest AS bigint) IS NULL OR quarantine_id <= :newest)
ORDER BY quarantine_id
LIMIT :most

-- name: page
-- Unresolved messages of a kind, newest first, older than a number: their beginnings only.
SELECT quarantine_id, received_at, protocol, topic, device_id, reason, detail,
    octet_length(payload) AS size, substring(payload FROM 1 FOR 160) AS payload
FROM iot.quarantine
WHERE resolved_at IS NULL AND quarantine_id < :before_id
    AND (CAST(:protocol AS text) IS NULL OR protocol = :protocol)
    AND (CAST(:reason AS text) IS NULL OR reason = :reason)
    AND (CAST(:device_id AS text) IS NULL OR device_id = :device_id)
ORDER BY quarantine_id DESC
LIMIT :most

-- name: message
-- One message, resolved or not, with no more of its payload than a person reads.
SELECT quarantine_id, received_at, protocol, topic, device_id, reason, detail,
    octet_length(payload) AS size, substring(payload FROM 1 FOR CAST(:most AS integer)) AS payload,
    resolved_at, resolution, resolved_by
FROM iot.quarantine WHERE quarantine_id = :quarantine_id

-- name: waiting
-- How many unresolved messages of a kind there are, and the newest of them.
SELECT count(*) AS messages, coalesce(max(quarantine_id), 0) AS newest
FROM iot.quarantine
WHERE resolved_at IS NULL
    AND (CAST(:protocol AS text) IS NULL OR protocol = :protocol)
    AND (CAST(:reason AS text) IS NULL OR reason = :reason)
    AND (CAST(:device_id AS text) IS NULL OR device_id = :device_id)

-- name: kinds
-- Unresolved messages by reason and protocol.
SELECT reason, protocol, count(*) AS messages, max(received_at) AS latest_at
FROM iot.quarantine WHERE resolved_at IS NULL
GROUP BY reason, protocol ORDER BY count(*) DESC, reason, protocol

-- name: set_aside
-- Messages that somebody has looked at and that need not wait; how many.
SELECT iot.set_aside_as_seen(:protocol, :reason, :device_id, :quarantine_id, :newest, :why)

-- name: resolve
-- These are not waiting any more.
UPDATE iot.quarantine SET resolved_at = :at, resolution = :resolution,
    resolved_by = grid.actor()
WHERE quarantine_id = ANY(CAST(:ids AS bigint[])) AND resolved_at IS NULL

-- name: newest
-- The number of the newest message, resolved or not; 0: there is none.
SELECT coalesce(max(quarantine_id), 0) FROM iot.quarantine

-- name: bound
-- Drop what is too much of the devices and reasons that something came of; how many messages.
SELECT iot.bound_quarantine(:after_id, :most)
