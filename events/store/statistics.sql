-- name: open_counts
-- Open tickets of a scope, counted by layer, state, department and severity in one pass.
SELECT t.layer, t.state, t.department_id, t.severity, count(*) AS open,
    count(*) FILTER (WHERE t.overdue_at IS NOT NULL OR t.due_at <= :now) AS overdue
FROM events.tickets AS t
JOIN grid.areas AS a ON a.area_id = t.area_id
WHERE t.state NOT IN ('closed', 'declined', 'merged')
    AND (CAST(:area_id AS integer) IS NULL OR a.path @> ARRAY[CAST(:area_id AS integer)])
    AND (CAST(:department_id AS integer) IS NULL OR t.department_id = :department_id)
GROUP BY t.layer, t.state, t.department_id, t.severity;

-- name: since
-- Tickets that came and went since an instant.
SELECT
    (
        SELECT count(*) FROM events.tickets AS t JOIN grid.areas AS a ON a.area_id = t.area_id
        WHERE t.created_at >= :since
            AND (CAST(:area_id AS integer) IS NULL OR a.path @> ARRAY[CAST(:area_id AS integer)])
            AND (CAST(:department_id AS integer) IS NULL OR t.department_id = :department_id)
    ) AS created,
    (
        SELECT count(*) FROM events.tickets AS t JOIN grid.areas AS a ON a.area_id = t.area_id
        WHERE t.closed_at >= :since
            AND (CAST(:area_id AS integer) IS NULL OR a.path @> ARRAY[CAST(:area_id AS integer)])
            AND (CAST(:department_id AS integer) IS NULL OR t.department_id = :department_id)
    ) AS closed;
