-- name: start
-- A stage's clock begins to run; the one that ran is stopped by the same move. Those of assisting
-- departments run on.
WITH stopped AS (
    UPDATE events.ticket_clocks
    SET stopped_at = :started_at,
        why = why || jsonb_build_object('stopped_by', CAST(:verb AS text))
    WHERE ticket_id = :ticket_id AND stopped_at IS NULL AND stage <> 'assist'
)
INSERT INTO events.ticket_clocks (ticket_id, stage, clock, time_limit, started_at, due_at, why)
VALUES (:ticket_id, :stage, :clock, :time_limit, :started_at, :due_at, CAST(:why AS jsonb));

-- name: start_beside
-- The clock of an assisting department begins to run, beside all others.
INSERT INTO events.ticket_clocks (ticket_id, stage, clock, time_limit, started_at, due_at, why)
VALUES (:ticket_id, :stage, :clock, :time_limit, :started_at, :due_at, CAST(:why AS jsonb));

-- name: stop_beside
-- The clock of an assisting department is stopped.
UPDATE events.ticket_clocks
SET stopped_at = :now, why = why || jsonb_build_object('stopped_by', CAST(:verb AS text))
WHERE ticket_id = :ticket_id AND stopped_at IS NULL AND stage = 'assist'
    AND CAST(why ->> 'department_id' AS integer) = :department_id;

-- name: stop
-- Whatever clocks of a ticket run are stopped by a move that starts none.
UPDATE events.ticket_clocks
SET stopped_at = :now, why = why || jsonb_build_object('stopped_by', CAST(:verb AS text))
WHERE ticket_id = :ticket_id AND stopped_at IS NULL;

-- name: of_ticket
-- All runs of all clocks of a ticket, in order.
SELECT clock_id, ticket_id, stage, clock, time_limit, started_at, due_at, stopped_at, why
FROM events.ticket_clocks
WHERE ticket_id = :ticket_id
ORDER BY clock_id;
