-- name: open_by_cell
-- Open tickets of some areas, counted by area and cell.
SELECT area_id, cell_id, count(*) AS open,
    count(*) FILTER (WHERE due_at <= :now) AS overdue,
    count(*) FILTER (WHERE state = ANY(CAST(:desk AS text[]))) AS undecided,
    max(severity) AS worst
FROM events.tickets
WHERE state NOT IN ('closed', 'declined', 'merged') AND area_id = ANY(CAST(:area_ids AS integer[]))
GROUP BY area_id, cell_id;

-- name: summed
-- Open tickets of some areas: of each area (cell_id is null), then of the worst cells, those first
-- where most is late, then the gravest, then the fullest. (Integers: the sum of bigints is a numeric,
-- which took half as long again.)
WITH counted AS MATERIALIZED (
    SELECT area_id, cell_id, CAST(count(*) AS integer) AS open,
        CAST(count(*) FILTER (WHERE due_at <= :now) AS integer) AS overdue,
        CAST(count(*) FILTER (WHERE state = ANY(CAST(:desk AS text[]))) AS integer) AS undecided,
        max(severity) AS worst
    FROM events.tickets
    WHERE state NOT IN ('closed', 'declined', 'merged')
        AND area_id = ANY(CAST(:area_ids AS integer[]))
    GROUP BY area_id, cell_id)
SELECT area_id, CAST(NULL AS integer) AS cell_id, sum(open) AS open, sum(overdue) AS overdue,
    sum(undecided) AS undecided, max(worst) AS worst
FROM counted GROUP BY area_id
UNION ALL
(SELECT min(area_id), cell_id, sum(open), sum(overdue), sum(undecided), max(worst)
FROM counted WHERE cell_id IS NOT NULL GROUP BY cell_id
ORDER BY 4 DESC, 6 DESC, 3 DESC, 2
LIMIT :most);

-- name: closed_since
-- How many tickets of some areas were closed since an instant.
SELECT count(*) FROM events.tickets
WHERE closed_at >= :since AND area_id = ANY(CAST(:area_ids AS integer[]));
