-- name: start
-- Clocks of stages begin to run, in their order; those that ran are stopped by the first move of
-- each ticket, and those among the new ones by the next. Those of assisting departments run on.
WITH stopped AS (
    UPDATE events.ticket_clocks AS c
    SET stopped_at = CAST(s.c ->> 1 AS timestamptz),
        why = c.why || jsonb_build_object('stopped_by', s.c ->> 2)
    FROM json_array_elements(CAST(:stops AS json)) AS s (c)
    WHERE c.ticket_id = CAST(s.c ->> 0 AS bigint) AND c.stopped_at IS NULL AND c.stage <> 'assist'
)
INSERT INTO events.ticket_clocks (
    ticket_id, stage, clock, time_limit, started_at, due_at, why, stopped_at
)
SELECT CAST(r.c ->> 0 AS bigint), r.c ->> 1, r.c ->> 2, CAST(r.c ->> 3 AS interval),
    CAST(r.c ->> 4 AS timestamptz), CAST(r.c ->> 5 AS timestamptz),
    CAST(r.c ->> 6 AS jsonb) || CASE WHEN r.c ->> 8 IS NULL THEN '{}'
        ELSE jsonb_build_object('stopped_by', r.c ->> 8) END,
    CAST(r.c ->> 7 AS timestamptz)
FROM json_array_elements(CAST(:rows AS json)) WITH ORDINALITY AS r (c, n)
ORDER BY r.n;

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
