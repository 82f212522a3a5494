-- name: claim
-- Take the next tickets that wait to be looked at; those in other hands are passed over.
WITH next AS (
    SELECT ctid
    FROM events.to_relate
    WHERE at <= clock_timestamp()
    ORDER BY at
    LIMIT :limit
    FOR UPDATE SKIP LOCKED
)
DELETE FROM events.to_relate AS c
USING next
WHERE c.ctid = next.ctid
RETURNING c.ticket_id;

-- name: ask_later
-- Nobody has decided about it yet: look again in a while.
INSERT INTO events.to_relate (ticket_id, at)
VALUES (:ticket_id, clock_timestamp() + make_interval(secs => CAST(:seconds AS double precision)));

-- name: subject
-- What of a ticket decides where it belongs.
SELECT t.ticket_id, t.number, t.state, t.category_code, t.family, ST_X(t.position) AS lon,
    ST_Y(t.position) AS lat, t.cell_id, t.area_id, t.component_id, a.name_zh AS area_name_zh,
    a.name_en AS area_name_en, k.name_zh AS category_name_zh, k.name_en AS category_name_en,
    o.name_zh AS component_name_zh, o.name_en AS component_name_en
FROM events.tickets AS t
JOIN grid.areas AS a ON a.area_id = t.area_id
JOIN events.categories AS k ON k.code = t.category_code
LEFT JOIN grid.components AS o ON o.component_id = t.component_id
WHERE t.ticket_id = :ticket_id;

-- name: rectification_of
-- The live rectification of a ticket's facility; where the ticket names none, the nearest one of
-- its layer that is as near as two reports about one thing. Faults of sensors are not about it.
SELECT p.project_id
FROM events.tickets AS t
JOIN events.categories AS k ON k.code = t.category_code
JOIN events.projects AS p ON p.ended_at IS NULL AND p.kind <> 'root_cause'
    AND (p.component_id = t.component_id OR (t.component_id IS NULL
        AND t.layer = CASE p.kind WHEN 'outfall' THEN 'outfall' ELSE 'construction_dust' END
        AND p.position && ST_Expand(t.position, 0.01)
        AND ST_DWithin(CAST(p.position AS geography), CAST(t.position AS geography),
            k.fuse_within_m)))
WHERE t.ticket_id = :ticket_id AND t.family <> 'device'
ORDER BY p.position <-> t.position
LIMIT 1;

-- name: tickets_at
-- The tickets about a project's facility since then that are not linked to it yet.
SELECT t.ticket_id
FROM events.projects AS p
JOIN events.tickets AS t ON t.component_id = p.component_id
WHERE p.project_id = :project_id AND t.created_at >= :since AND t.family <> 'device'
    AND t.state NOT IN ('declined', 'merged')
    AND NOT EXISTS (
        SELECT FROM events.project_tickets AS l
        WHERE l.project_id = p.project_id AND l.ticket_id = t.ticket_id AND l.unlinked_at IS NULL)
ORDER BY t.created_at;

-- name: neighbours
-- A cell and those that touch it.
SELECT n.cell_id
FROM grid.cells AS c
JOIN grid.cells AS n ON n.valid_to IS NULL AND ST_Intersects(n.geometry, c.geometry)
WHERE c.cell_id = :cell_id
ORDER BY n.cell_id;

-- name: take_turn
-- Whoever opens a root cause of a family does so one after the other.
SELECT pg_advisory_xact_lock(hashtext('root cause of ' || CAST(:family AS text)));

-- name: root_cause_at
-- The live root cause of a family at a place.
SELECT project_id
FROM events.projects
WHERE kind = 'root_cause' AND ended_at IS NULL AND family = :family
    AND (component_id = CAST(:component_id AS integer)
        OR (component_id IS NULL AND cell_id = ANY(CAST(:cell_ids AS integer[]))))
ORDER BY project_id
LIMIT 1;

-- name: same
-- What counts as the same: filed, not declined nor merged, not in the hands of a rectification, and
-- not from before the last root cause of the same was closed.
SELECT t.ticket_id, t.department_id
FROM events.tickets AS t
WHERE t.family = :family
    AND (CAST(:category_code AS text) IS NULL OR t.category_code = :category_code)
    AND (t.component_id = CAST(:component_id AS integer)
        OR t.cell_id = ANY(CAST(:cell_ids AS integer[])))
    AND t.created_at > greatest(CAST(:since AS timestamptz), (
        SELECT max(p.ended_at) FROM events.projects AS p
        WHERE p.kind = 'root_cause' AND p.family = :family
            AND (p.component_id = CAST(:component_id AS integer)
                OR (p.component_id IS NULL AND p.cell_id = ANY(CAST(:cell_ids AS integer[]))))))
    AND t.state NOT IN ('reported', 'declined', 'merged') AND t.parent_id IS NULL
    AND NOT EXISTS (
        SELECT FROM events.project_tickets AS l
        JOIN events.projects AS p USING (project_id)
        WHERE l.ticket_id = t.ticket_id AND l.unlinked_at IS NULL AND p.ended_at IS NULL
            AND p.kind <> 'root_cause')
ORDER BY t.created_at, t.ticket_id;

-- name: relapsed
-- Watched rectifications about which something was filed since they were accepted.
SELECT DISTINCT ON (p.project_id) p.project_id, t.number
FROM events.projects AS p
JOIN events.project_tickets AS l ON l.project_id = p.project_id AND l.unlinked_at IS NULL
JOIN events.tickets AS t ON t.ticket_id = l.ticket_id
WHERE p.stage = 'watch' AND p.kind <> 'root_cause' AND t.created_at > p.accepted_at
    AND t.filed_at IS NOT NULL AND t.state NOT IN ('reported', 'declined', 'merged')
ORDER BY p.project_id, t.created_at
LIMIT :limit;
