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

-- name: on_time
-- Of the tickets closed in a span: how many, and how many of them were disposed in time.
SELECT count(*) AS closed,
    count(*) FILTER (WHERE NOT EXISTS (
        SELECT FROM events.ticket_clocks AS c
        WHERE c.ticket_id = t.ticket_id AND c.stage = 'dispose' AND c.stopped_at > c.due_at
    )) AS in_time
FROM events.tickets AS t
JOIN grid.areas AS a ON a.area_id = t.area_id
WHERE t.closed_at >= :since AND t.closed_at < :until
    AND (CAST(:area_id AS integer) IS NULL OR a.path @> ARRAY[CAST(:area_id AS integer)])
    AND (CAST(:department_id AS integer) IS NULL OR t.department_id = :department_id);

-- name: evaluation
-- Figures of a span by department, area, crew, category or person (who disposed).
SELECT g.key, g.name_zh, g.name_en,
    count(*) FILTER (WHERE t.created_at >= :since) AS created,
    count(*) FILTER (WHERE t.filed_at >= :since) AS filed,
    count(*) FILTER (WHERE t.state = 'declined') AS declined,
    count(*) FILTER (WHERE t.dispatched_at >= :since) AS dispatched,
    count(*) FILTER (WHERE t.disposed_at >= :since) AS disposed,
    count(*) FILTER (WHERE t.closed_at >= :since) AS closed,
    count(*) FILTER (WHERE t.state NOT IN ('closed', 'declined', 'merged')) AS open,
    count(*) FILTER (WHERE t.state NOT IN ('closed', 'declined', 'merged')
        AND (t.overdue_at IS NOT NULL OR t.due_at <= :now)) AS overdue,
    count(*) FILTER (WHERE t.closed_at >= :since
        AND t.closed_at < :until AND NOT coalesce(e.late, false)) AS closed_in_time,
    count(*) FILTER (WHERE (t.closed_at >= :since AND t.closed_at < :until)
        OR (t.state NOT IN ('closed', 'declined', 'merged')
            AND coalesce(e.late, false))) AS due_to_close,
    count(*) FILTER (WHERE d.due_at IS NOT NULL) AS due_for_disposal,
    count(*) FILTER (WHERE d.stopped_at <= d.due_at) AS disposed_in_time,
    coalesce(sum(m.reworked), 0) AS reworked,
    coalesce(sum(m.handed_back), 0) AS handed_back,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY
        extract(epoch FROM t.disposed_at - t.dispatched_at)) AS median_dispose_s
FROM events.tickets AS t
JOIN grid.areas AS a ON a.area_id = t.area_id
JOIN events.categories AS k ON k.code = t.category_code
LEFT JOIN events.departments AS p ON p.department_id = t.department_id
LEFT JOIN events.crews AS w ON w.crew_id = t.crew_id
LEFT JOIN events.accounts AS u ON t.disposed_by = 'account:' || u.name
LEFT JOIN LATERAL (
    -- the last disposal clock that ran out or was stopped in the span
    SELECT c.due_at, c.stopped_at
    FROM events.ticket_clocks AS c
    WHERE c.ticket_id = t.ticket_id AND c.stage = 'dispose'
        AND least(c.due_at, c.stopped_at) >= :since AND least(c.due_at, c.stopped_at) < :until
    ORDER BY c.clock_id DESC
    LIMIT 1
) AS d ON true
LEFT JOIN LATERAL (
    -- whether any stage ever ran out
    SELECT bool_or(coalesce(c.stopped_at, :now) > c.due_at) AS late
    FROM events.ticket_clocks AS c
    WHERE c.ticket_id = t.ticket_id AND c.stage IN ('dispose', 'verify')
) AS e ON true
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE l.verb = 'ticket.rework') AS reworked,
        count(*) FILTER (WHERE l.verb = 'ticket.hand_back') AS handed_back
    FROM events.ledger AS l
    WHERE l.ticket_id = t.ticket_id AND l.verb IN ('ticket.rework', 'ticket.hand_back')
        AND l.at >= :since AND l.at < :until
) AS m ON true
CROSS JOIN LATERAL (
    SELECT
        CASE :by WHEN 'department' THEN p.code WHEN 'area' THEN a.code WHEN 'crew' THEN w.code
            WHEN 'category' THEN k.code ELSE t.disposed_by END AS key,
        CASE :by WHEN 'department' THEN p.name_zh WHEN 'area' THEN a.name_zh
            WHEN 'crew' THEN w.name_zh WHEN 'category' THEN k.name_zh ELSE u.name_zh END AS name_zh,
        CASE :by WHEN 'department' THEN p.name_en WHEN 'area' THEN a.name_en
            WHEN 'crew' THEN w.name_en WHEN 'category' THEN k.name_en ELSE u.name_en END AS name_en
) AS g
WHERE t.updated_at >= :since AND t.created_at < :until AND g.key IS NOT NULL
    AND (CAST(:area_id AS integer) IS NULL OR a.path @> ARRAY[CAST(:area_id AS integer)])
    AND (CAST(:department_id AS integer) IS NULL OR t.department_id = :department_id)
GROUP BY g.key, g.name_zh, g.name_en
ORDER BY g.key;
