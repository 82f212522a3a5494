-- name: of_layers
-- Who was told about the open tickets of some layers, how often, and what of it was read; residents
-- are counted, not named.
SELECT o.recipient_kind AS kind, coalesce(u.name_zh, c.name_zh, d.name_zh, '') AS name_zh,
    coalesce(u.name_en, c.name_en, d.name_en, '') AS name_en, count(*) AS told,
    count(r.read_at) AS read, max(o.created_at) AS told_at, max(r.read_at) AS read_at,
    min(o.created_at) FILTER (WHERE r.read_at IS NULL) AS unread_since,
    (array_agg(t.number ORDER BY o.notice_id DESC) FILTER (WHERE r.read_at IS NULL))[1] AS unread
FROM events.tickets AS t
JOIN grid.areas AS a USING (area_id)
JOIN events.outbox AS o ON o.ticket_id = t.ticket_id
CROSS JOIN LATERAL (
    SELECT min(one.read_at) AS read_at FROM events.read_receipts AS one
    WHERE one.notice_id = o.notice_id) AS r
LEFT JOIN events.accounts AS u ON o.recipient_kind = 'account' AND u.account_id = o.recipient_id
LEFT JOIN events.crews AS c ON o.recipient_kind = 'crew' AND c.crew_id = o.recipient_id
LEFT JOIN events.departments AS d
    ON o.recipient_kind = 'department' AND d.department_id = o.recipient_id
WHERE t.layer = ANY(CAST(:layers AS text[]))
    AND t.state NOT IN ('closed', 'declined', 'merged')
    AND (CAST(:scope_area AS integer) IS NULL OR a.path @> ARRAY[CAST(:scope_area AS integer)])
GROUP BY o.recipient_kind, CASE WHEN o.recipient_kind <> 'reporter' THEN o.recipient_id END,
    u.account_id, c.crew_id, d.department_id
ORDER BY min(o.created_at) FILTER (WHERE r.read_at IS NULL) NULLS LAST, told_at DESC
LIMIT :limit;

-- name: cells
-- The cells of open tickets of some categories, with the gravest of each.
SELECT c.cell_id, c.code, worst.level, worst.tickets, ST_AsGeoJSON(c.geometry, 6) AS shape
FROM (
    SELECT t.cell_id, max(t.severity) AS level, count(*) AS tickets
    FROM events.tickets AS t
    JOIN grid.areas AS a USING (area_id)
    WHERE t.category_code = ANY(CAST(:categories AS text[])) AND t.cell_id IS NOT NULL
        AND t.state NOT IN ('closed', 'declined', 'merged')
        AND (CAST(:scope_area AS integer) IS NULL
            OR a.path @> ARRAY[CAST(:scope_area AS integer)])
    GROUP BY t.cell_id
    ORDER BY level DESC, tickets DESC, t.cell_id
    LIMIT :limit) AS worst
JOIN grid.cells AS c USING (cell_id)
ORDER BY worst.level DESC, worst.tickets DESC, c.cell_id;

-- name: shapes
-- Code and shape of some cells.
SELECT cell_id, code, ST_AsGeoJSON(geometry, 6) AS shape FROM grid.cells
WHERE cell_id = ANY(CAST(:cell_ids AS integer[]));
