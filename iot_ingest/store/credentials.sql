-- name: entries
-- The password entry of every device that may connect, in the order of their names.
SELECT device_id, secret_hash
FROM iot.devices d
WHERE secret_hash IS NOT NULL AND disabled_at IS NULL
    AND NOT EXISTS (
        SELECT FROM iot.blocks b
        WHERE b.device_no = d.device_no AND b.address IS NULL AND b.lifted_at IS NULL
            AND b.until > now())
ORDER BY device_id;

-- name: mark
-- A text that changes whenever a device was added, changed or disabled, cut off or let in again.
SELECT count(*) || ' ' || coalesce(max(changed_at)::text, '') || ' ' || count(disabled_at)
    || ' ' || (SELECT coalesce(string_agg(block_id::text, ',' ORDER BY block_id), '')
               FROM iot.blocks
               WHERE address IS NULL AND lifted_at IS NULL AND until > now())
FROM iot.devices;
