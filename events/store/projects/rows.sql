-- name: load
-- Projects with the names that people see.
SELECT p.project_id, p.number, p.kind, p.stage, p.version, p.name_zh, p.name_en,
    ST_X(p.position) AS lon, ST_Y(p.position) AS lat, p.cell_id, p.area_id, p.component_id,
    p.category_code, p.family, p.department_id, p.facts, p.method, p.into_id, p.cause, p.measures,
    p.target_class, p.before_class, p.after_class, p.result, p.opened_at, p.updated_at, p.stage_at,
    p.rectify_at, p.due_at, p.overdue_at, p.told_level, p.submitted_at, p.submitted_by,
    p.accepted_at, p.accepted_by, p.watch_until, p.relapses, p.ended_at, p.opened_why,
    c.code AS cell_code, a.path AS area_path, a.name_zh AS area_name_zh, a.name_en AS area_name_en,
    d.code AS department_code, d.name_zh AS department_name_zh, d.name_en AS department_name_en,
    o.code AS component_code, i.code AS into_code, k.name_zh AS category_name_zh,
    k.name_en AS category_name_en
FROM events.projects AS p
JOIN grid.areas AS a ON a.area_id = p.area_id
JOIN events.departments AS d ON d.department_id = p.department_id
LEFT JOIN grid.cells AS c ON c.cell_id = p.cell_id
LEFT JOIN grid.components AS o ON o.component_id = p.component_id
LEFT JOIN grid.components AS i ON i.component_id = p.into_id
LEFT JOIN events.categories AS k ON k.code = p.category_code
WHERE p.project_id = ANY(CAST(:project_ids AS bigint[]));

-- name: find
-- Projects by what they are and where they stand: late ones first, then what is due soonest.
SELECT p.project_id
FROM events.projects AS p
JOIN grid.areas AS a ON a.area_id = p.area_id
LEFT JOIN grid.components AS o ON o.component_id = p.component_id
WHERE (CAST(:kind AS text) IS NULL OR p.kind = :kind)
    AND (CAST(:stages AS text[]) IS NULL OR p.stage = ANY(CAST(:stages AS text[])))
    AND (CAST(:department_id AS integer) IS NULL OR p.department_id = :department_id)
    AND (CAST(:live AS boolean) IS NULL OR (p.ended_at IS NULL) = CAST(:live AS boolean))
    AND (NOT CAST(:late AS boolean) OR (p.ended_at IS NULL AND p.due_at <= :now))
    AND (CAST(:text AS text) IS NULL OR p.number ILIKE :text OR p.name_zh ILIKE :text
        OR p.name_en ILIKE :text OR o.code ILIKE :text)
    AND (CAST(:component_code AS text) IS NULL OR o.code = :component_code)
    AND (CAST(:scope_area AS integer) IS NULL OR a.path @> ARRAY[CAST(:scope_area AS integer)])
    AND (CAST(:scope_department AS integer) IS NULL OR p.department_id = :scope_department)
ORDER BY p.ended_at IS NOT NULL, p.due_at NULLS LAST, p.updated_at DESC, p.project_id
OFFSET :first LIMIT :limit;

-- name: shown
-- What a map shows: live projects, and those that ended lately.
SELECT p.project_id
FROM events.projects AS p
WHERE p.ended_at IS NULL OR (p.ended_at >= :since AND p.stage = 'done')
ORDER BY p.updated_at DESC
LIMIT :limit;

-- name: counts
-- Projects of a scope by kind, stage and department.
SELECT p.kind, p.stage, p.department_id, count(*) AS number,
    count(*) FILTER (WHERE p.ended_at IS NULL AND p.due_at <= :now) AS late
FROM events.projects AS p
JOIN grid.areas AS a ON a.area_id = p.area_id
WHERE (CAST(:scope_area AS integer) IS NULL OR a.path @> ARRAY[CAST(:scope_area AS integer)])
    AND (CAST(:scope_department AS integer) IS NULL OR p.department_id = :scope_department)
GROUP BY p.kind, p.stage, p.department_id
ORDER BY p.kind, p.stage, p.department_id;

-- name: id_of_number
-- A project's id by its readable number.
SELECT project_id FROM events.projects WHERE number = :number;

-- name: of_tickets
-- The projects to which tickets belong.
SELECT l.ticket_id, l.project_id
FROM events.project_tickets AS l
WHERE l.ticket_id = ANY(CAST(:ticket_ids AS bigint[])) AND l.unlinked_at IS NULL
ORDER BY l.ticket_id, l.project_id;

-- name: live_at
-- The live rectification of a facility.
SELECT project_id FROM events.projects
WHERE component_id = :component_id AND kind <> 'root_cause' AND ended_at IS NULL;

-- name: has_project
-- Whether a facility has, or had, a rectification.
SELECT EXISTS (
    SELECT FROM events.projects WHERE component_id = :component_id AND kind <> 'root_cause'
);

-- name: lock
-- Hold a project until the end of the transaction.
SELECT project_id FROM events.projects WHERE number = :number FOR NO KEY UPDATE;

-- name: lock_id
-- Hold a project by its id until the end of the transaction.
SELECT project_id FROM events.projects WHERE project_id = :project_id FOR NO KEY UPDATE;

-- name: insert
-- A new project; no row where there is a live one of the same place already.
INSERT INTO events.projects (
    number, kind, stage, name_zh, name_en, position, cell_id, area_id, component_id, category_code,
    family, department_id, facts, method, before_class, after_class, target_class, opened_at,
    updated_at, stage_at, due_at, rectify_at, accepted_at, watch_until, ended_at, opened_why
)
VALUES (
    :number, :kind, :stage, :name_zh, :name_en, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326),
    :cell_id, :area_id, :component_id, :category_code, :family, :department_id,
    CAST(:facts AS jsonb), :method, :before_class, :after_class, :target_class, :now, :now, :now,
    :due_at, :rectify_at, :accepted_at, :watch_until, :ended_at, CAST(:opened_why AS jsonb)
)
ON CONFLICT DO NOTHING
RETURNING project_id;

-- name: save
-- Write what may change, only over the version that was read: no row means somebody was faster.
UPDATE events.projects
SET version = version + 1, stage = :stage, department_id = :department_id,
    facts = CAST(:facts AS jsonb), method = :method, into_id = :into_id, cause = :cause,
    measures = :measures, target_class = :target_class, before_class = :before_class,
    after_class = :after_class, result = CAST(:result AS jsonb), updated_at = :updated_at,
    stage_at = :stage_at, rectify_at = :rectify_at, due_at = :due_at, overdue_at = :overdue_at,
    told_level = :told_level, submitted_at = :submitted_at, submitted_by = :submitted_by,
    accepted_at = :accepted_at, accepted_by = :accepted_by, watch_until = :watch_until,
    relapses = :relapses, ended_at = :ended_at
WHERE project_id = :project_id AND version = :version
RETURNING version;

-- name: late
-- Live projects whose stage has run out and of which not everybody was told yet, the latest first.
SELECT project_id FROM events.projects
WHERE ended_at IS NULL AND due_at <= :now AND (overdue_at IS NULL OR told_level < :top)
ORDER BY due_at, project_id;

-- name: watched
-- Rectifications whose watch is over; what others hold is passed over.
SELECT project_id FROM events.projects
WHERE stage = 'watch' AND watch_until <= :now AND kind <> 'root_cause'
ORDER BY watch_until
LIMIT :limit
FOR NO KEY UPDATE SKIP LOCKED;
