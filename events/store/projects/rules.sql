-- name: limits
-- How long each stage may take.
SELECT kind, stage, clock, time_limit FROM events.project_limits;

-- name: put_limit
-- How long a stage may take: made, or brought up to date.
INSERT INTO events.project_limits (kind, stage, clock, time_limit, pack)
VALUES (:kind, :stage, :clock, :time_limit, :pack)
ON CONFLICT (kind, stage) DO UPDATE SET clock = excluded.clock, time_limit = excluded.time_limit,
    pack = excluded.pack, changed_by = grid.actor(), changed_at = now();

-- name: recurrence
-- When something counts as recurring.
SELECT level, code, times, within, around, observe, reduce_to, pack
FROM events.recurrence_rules ORDER BY level, code;

-- name: put_recurrence
-- A rule of recurrence: made, or brought up to date.
INSERT INTO events.recurrence_rules (level, code, times, within, around, observe, reduce_to, pack)
VALUES (:level, :code, :times, :within, :around, :observe, :share, :pack)
ON CONFLICT (level, code) DO UPDATE SET times = excluded.times, within = excluded.within,
    around = excluded.around, observe = excluded.observe, reduce_to = excluded.reduce_to,
    pack = excluded.pack, changed_by = grid.actor(), changed_at = now();
