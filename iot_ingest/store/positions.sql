-- name: known
-- What is held of some devices' places.
SELECT device_no, lon, lat, reported_at, away_m, trouble, since FROM iot.positions
WHERE device_no = ANY(CAST(:device_nos AS integer[]))

-- name: put
-- Where a device says it is, and what is wrong with that.
INSERT INTO iot.positions (device_no, lon, lat, reported_at, away_m, trouble, since)
VALUES (:device_no, :lon, :lat, :reported_at, :away_m, :trouble, :since)
ON CONFLICT (device_no) DO UPDATE
SET lon = excluded.lon, lat = excluded.lat, reported_at = excluded.reported_at,
    away_m = excluded.away_m, trouble = excluded.trouble, since = excluded.since
