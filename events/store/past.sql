-- name: reserve_ticket_ids
-- Ticket ids for a bulk import.
SELECT nextval('events.tickets_ticket_id_seq') AS ticket_id
FROM generate_series(1, CAST(:count AS integer))
ORDER BY 1;

-- name: reserve_numbers
-- Move the ticket counters of several days on at once; a fixed order avoids deadlocks.
INSERT INTO events.counters (kind, day, last)
SELECT 'ticket', day, count
FROM unnest(CAST(:days AS date[]), CAST(:counts AS integer[])) AS one (day, count)
ORDER BY day
ON CONFLICT (kind, day) DO UPDATE SET last = counters.last + excluded.last
RETURNING day, last;

-- name: relate
-- Tickets that are open yet are looked at for the projects that they may belong to.
INSERT INTO events.to_relate (ticket_id)
SELECT unnest(CAST(:ticket_ids AS bigint[]));
