-- name: by_hj212
-- Devices by the MN they send: the attribute mn, else the device's own id.
SELECT sent.name AS name, device_no, device_id, model, disabled_at IS NOT NULL AS disabled,
    attributes ->> 'profile' AS profile, attributes ->> 'station_password' AS password
FROM unnest(CAST(:names AS text[])) AS sent (name)
JOIN iot.devices ON device_id = sent.name AND NOT attributes ? 'mn'
UNION ALL
SELECT sent.name, device_no, device_id, model, disabled_at IS NOT NULL,
    attributes ->> 'profile', attributes ->> 'station_password'
FROM unnest(CAST(:names AS text[])) AS sent (name)
JOIN iot.devices ON attributes ? 'mn' AND attributes ->> 'mn' = sent.name

-- name: by_sl651
-- Devices by the station address they send (ten digits): the attribute station_code, which may
-- lack leading zeros, else the device's own id.
SELECT sent.name AS name, device_no, device_id, model, disabled_at IS NOT NULL AS disabled,
    attributes ->> 'profile' AS profile, attributes ->> 'station_password' AS password
FROM unnest(CAST(:names AS text[])) AS sent (name)
JOIN iot.devices ON device_id = sent.name AND NOT attributes ? 'station_code'
UNION ALL
SELECT sent.name, device_no, device_id, model, disabled_at IS NOT NULL,
    attributes ->> 'profile', attributes ->> 'station_password'
FROM unnest(CAST(:names AS text[])) AS sent (name)
JOIN iot.devices ON attributes ? 'station_code'
    AND lpad(upper(attributes ->> 'station_code'), 10, '0') = sent.name
