-- name: open_by_cell
-- Open tickets of some areas, counted by area and cell.
SELECT area_id, cell_id, count(*) AS open,
    count(*) FILTER (WHERE due_at <= :now) AS overdue,
    count(*) FILTER (WHERE state = ANY(CAST(:desk AS text[]))) AS undecided,
    max(severity) AS worst
FROM events.tickets
WHERE state NOT IN ('closed', 'declined', 'merged') AND area_id = ANY(CAST(:area_ids AS integer[]))
GROUP BY area_id, cell_id;

-- name: closed_since
-- How many tickets of some areas were closed since an instant.
SELECT count(*) FROM events.tickets
WHERE closed_at >= :since AND area_id = ANY(CAST(:area_ids AS integer[]));

-- name: on_time
-- Of the tickets of some areas that were closed since an instant: how many, and how many of them
-- were disposed in time.
SELECT count(*) AS closed, count(*) FILTER (WHERE NOT EXISTS (
        SELECT FROM events.ticket_clocks AS c
        WHERE c.ticket_id = t.ticket_id AND c.stage = 'dispose' AND c.stopped_at > c.due_at
    )) AS in_time
FROM events.tickets AS t
WHERE t.closed_at >= :since AND t.area_id = ANY(CAST(:area_ids AS integer[]));
