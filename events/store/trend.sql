-- name: note
-- What the figures are at an instant; the first web process that says so is believed.
INSERT INTO events.figure_samples (at, open, overdue, needs_decision, closed_today, on_time)
VALUES (:at, :open, :overdue, :needs_decision, :closed_today, :on_time)
ON CONFLICT (at) DO NOTHING;

-- name: since
-- The figures from an instant on, the oldest first.
SELECT at, open, overdue, needs_decision, closed_today, on_time
FROM events.figure_samples WHERE at >= :since ORDER BY at;

-- name: forget
-- Samples that nobody draws any more.
DELETE FROM events.figure_samples WHERE at < :before;
