-- name: days
-- Days that have a partition and are before a day, the oldest first, with the file they are in.
SELECT d.day, a.readings, a.file, a.bytes, a.sha256
FROM (SELECT to_date(substring(c.relname FROM '^readings_([0-9]{8})$'), 'YYYYMMDD') AS day
      FROM pg_inherits i
      JOIN pg_class c ON c.oid = i.inhrelid
      WHERE i.inhparent = CAST('iot.readings' AS regclass)) AS d
LEFT JOIN iot.archived a USING (day)
WHERE d.day < :before
ORDER BY d.day

-- name: count
-- How many readings a span (a day) has.
SELECT count(*) FROM iot.readings WHERE ts >= :first AND ts < :until

-- name: close
-- Take no reading for a day, or for those before it, any more.
SELECT iot.close_day(:day)

-- name: drop
-- Drop a closed day that is in a file; how many readings it had.
SELECT iot.drop_day(:day)

-- name: record
-- A day was written to a file, read back and counted.
INSERT INTO iot.archived (day, readings, file, bytes, sha256)
VALUES (:day, :readings, :file, :bytes, :sha256)
ON CONFLICT (day) DO UPDATE
SET readings = excluded.readings, file = excluded.file, bytes = excluded.bytes,
    sha256 = excluded.sha256, written_at = now()

-- name: rolled_up
-- Whether a day's hours are all rolled up as they are stored.
SELECT h.rolled_from <= :first AND h.rolled_until >= :until
    AND NOT EXISTS (SELECT FROM iot.stale WHERE hour >= :first AND hour < :until)
FROM iot.history h

-- name: senders
-- Every device, with its place.
SELECT device_no, device_id, ST_AsBinary(position) AS geometry FROM iot.devices ORDER BY device_no
