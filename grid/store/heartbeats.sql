-- name: beat
-- A process says that it lives. An older beat never replaces a newer one.
INSERT INTO grid.heartbeats AS known (process, started_at, at, detail)
VALUES (:process, :started_at, :at, CAST(:detail AS jsonb))
ON CONFLICT (process) DO UPDATE
SET started_at = excluded.started_at, at = excluded.at, detail = excluded.detail
WHERE known.at <= excluded.at;

-- name: all
-- The last sign of life of every process, and how long ago it was by the database's clock.
SELECT process, started_at, at, detail,
       extract(epoch FROM clock_timestamp() - at)::double precision AS age_s
FROM grid.heartbeats ORDER BY process;
