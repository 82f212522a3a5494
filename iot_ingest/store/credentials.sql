-- name: entries
-- The password entry of every device that may connect, in the order of their names.
SELECT device_id, secret_hash
FROM iot.devices
WHERE secret_hash IS NOT NULL AND disabled_at IS NULL
ORDER BY device_id;

-- name: mark
-- A text that changes whenever a device was added, changed or disabled.
SELECT count(*) || ' ' || coalesce(max(changed_at)::text, '') || ' ' || count(disabled_at)
FROM iot.devices;
