-- name: devices
-- Registered devices: all, or those with the given numbers, or those with the given ids.
SELECT device_no, device_id, bucket, model, layer, name_zh, name_en, metrics, interval_s,
    ST_X(position) AS lon, ST_Y(position) AS lat, cell_id, area_id, component_id, attributes,
    disabled_at
FROM iot.devices
WHERE (CAST(:nos AS integer[]) IS NULL OR device_no = ANY(CAST(:nos AS integer[])))
    AND (CAST(:ids AS text[]) IS NULL OR device_id = ANY(CAST(:ids AS text[])))
ORDER BY device_no

-- name: doors
-- What the ingester must know of each device; of the given ids or numbers only when some are given.
SELECT device_no, device_id, bucket, disabled_at IS NOT NULL AS disabled
FROM iot.devices
WHERE (CAST(:ids AS text[]) IS NULL OR device_id = ANY(CAST(:ids AS text[])))
    AND (CAST(:nos AS integer[]) IS NULL OR device_no = ANY(CAST(:nos AS integer[])))

-- name: mark
-- Where the next look begins: whatever is not visible yet was changed by this transaction or a
-- later one.
SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)

-- name: changed
-- Devices that were added or changed at or after a mark. (Numbers of the future come from another
-- server, whose copy this is.)
SELECT device_no, CAST(CAST(changed_in AS text) AS bigint) AS changed_in
FROM iot.devices
WHERE changed_in >= CAST(CAST(CAST(:mark AS bigint) AS text) AS xid8)
    AND changed_in < pg_snapshot_xmax(pg_current_snapshot())

-- name: statuses
-- Which devices are online, and since when they are or are not.
SELECT device_no, online, since, last_message_at FROM iot.device_status ORDER BY device_no

-- name: said_status
-- A device, or its last will, said that it is online or offline; what comes late changes nothing.
INSERT INTO iot.device_status AS old (device_no, online, since)
VALUES (:device_no, :online, :at)
ON CONFLICT (device_no) DO UPDATE SET online = excluded.online, since = excluded.since
WHERE old.online <> excluded.online AND excluded.since >= old.since
    AND (old.last_message_at IS NULL OR excluded.since >= old.last_message_at)

-- name: heard
-- Devices sent readings: they are online. Written at most every few seconds per device.
INSERT INTO iot.device_status AS old (device_no, online, since, last_message_at)
SELECT heard.device_no, true, at, at
FROM unnest(CAST(:device_nos AS integer[]), CAST(:ats_us AS bigint[])) AS heard (device_no, at_us)
CROSS JOIN LATERAL (
    SELECT timestamptz 'epoch' + at_us * interval '1 microsecond' AS at) AS time
LEFT JOIN iot.device_status known USING (device_no)
-- who was heard a moment ago is left alone: even a refused update would lock and write its row
WHERE NOT coalesce(known.online, false) OR known.last_message_at IS NULL
    OR known.last_message_at < at - interval '5 seconds'
ORDER BY heard.device_no
ON CONFLICT (device_no) DO UPDATE
SET online = true, since = CASE WHEN old.online THEN old.since ELSE excluded.since END,
    last_message_at = excluded.last_message_at
WHERE NOT old.online OR old.last_message_at IS NULL
    OR old.last_message_at < excluded.last_message_at - interval '5 seconds'

-- name: fell_silent
-- Devices of a range that sent nothing for five of their intervals (a minute at least) are offline.
UPDATE iot.device_status s
SET online = false, since = :now
FROM iot.devices d
WHERE d.device_no = s.device_no AND s.online
    AND s.device_no >= :first_no AND s.device_no < :end_no
    AND coalesce(s.last_message_at, s.since)
        < :now - greatest(interval '1 minute', d.interval_s * interval '5 seconds')
RETURNING s.device_no

-- name: highest
-- The highest number of a device; 0 when there is none.
SELECT coalesce(max(device_no), 0) FROM iot.devices

-- name: of_layers
-- Devices of some layers.
SELECT device_no FROM iot.devices WHERE layer = ANY(CAST(:layers AS text[])) ORDER BY device_no
