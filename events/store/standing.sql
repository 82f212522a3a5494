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
