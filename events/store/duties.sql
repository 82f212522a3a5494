-- name: lock
-- One at a time makes a version or decides about one.
SELECT pg_advisory_xact_lock(7215009, 0);

-- name: next_version
-- The number of the next version.
SELECT coalesce(max(version), 0) + 1 FROM events.duty_versions;

-- name: add_version
-- A draft.
INSERT INTO events.duty_versions (version, note, made_at) VALUES (:version, :note, :now);

-- name: add_rules
-- The rules of a draft, in the transaction that made it.
INSERT INTO events.duty_rules (version, position, scope, category_code, family, layer, area_code,
    department_code, conditions, note)
SELECT :version, one.position, one.scope, one.category_code, one.family, one.layer, one.area_code,
    one.department_code, one.conditions, one.note
FROM jsonb_to_recordset(CAST(:rules AS jsonb)) AS one (position integer, scope text,
    category_code text, family text, layer text, area_code text, department_code text,
    conditions jsonb, note text);

-- name: versions
-- All versions, the newest first, with the number of their rules and which one is in force.
SELECT v.version, v.note, v.made_by, v.made_at, v.proposed_by, v.proposed_at, v.proposed_from,
    v.proposed_why, v.accepted, v.findings, v.activated_by, v.activated_at, v.effective_from,
    v.discarded_by, v.discarded_at, v.discarded_why,
    -- positions count from 1
    coalesce((
        SELECT max(r.position) FROM events.duty_rules AS r WHERE r.version = v.version
    ), 0) AS rules,
    v.version IS NOT DISTINCT FROM (
        SELECT i.version FROM events.duty_versions AS i
        WHERE i.effective_from <= :now AND i.discarded_at IS NULL
        ORDER BY i.effective_from DESC, i.activated_at DESC, i.version DESC
        LIMIT 1
    ) AS in_force
FROM events.duty_versions AS v
ORDER BY v.version DESC;

-- name: candidates
-- The rules in force for one category and place, in order, with what their codes name now.
SELECT r.version, r.position, r.category_code, r.family, r.layer, r.area_code, r.department_code,
    r.conditions, r.note, d.department_id, coalesce(d.name_zh, '') AS department_name_zh,
    coalesce(d.name_en, '') AS department_name_en, d.disabled_at IS NOT NULL AS is_disabled,
    a.area_id, coalesce(a.name_zh, '') AS area_name_zh, coalesce(a.name_en, '') AS area_name_en
FROM events.duty_rules AS r
LEFT JOIN events.departments AS d ON d.code = r.department_code
LEFT JOIN grid.areas AS a ON a.code = r.area_code
WHERE r.version = (
        SELECT i.version FROM events.duty_versions AS i
        WHERE i.effective_from <= :now AND i.discarded_at IS NULL
        ORDER BY i.effective_from DESC, i.activated_at DESC, i.version DESC
        LIMIT 1
    )
    AND r.scope = ANY(CAST(:scopes AS text[]))
    AND (r.area_code IS NULL OR a.area_id = ANY(CAST(:area_path AS integer[])))
ORDER BY r.position;

-- name: in_force
-- The version in force at a time.
SELECT version FROM events.duty_versions
WHERE effective_from <= :now AND discarded_at IS NULL
ORDER BY effective_from DESC, activated_at DESC, version DESC
LIMIT 1;

-- name: rules
-- All rules of a version, in order, with what their codes name now.
SELECT r.version, r.position, r.category_code, r.family, r.layer, r.area_code, r.department_code,
    r.conditions, r.note, d.department_id, coalesce(d.name_zh, '') AS department_name_zh,
    coalesce(d.name_en, '') AS department_name_en, d.disabled_at IS NOT NULL AS is_disabled,
    a.area_id, coalesce(a.name_zh, '') AS area_name_zh, coalesce(a.name_en, '') AS area_name_en
FROM events.duty_rules AS r
LEFT JOIN events.departments AS d ON d.code = r.department_code
LEFT JOIN grid.areas AS a ON a.code = r.area_code
WHERE r.version = :version
ORDER BY r.position;

-- name: facility
-- The kind and the owner of a facility.
SELECT kind, coalesce(owner_department, 'none') AS owner
FROM grid.components WHERE component_id = :component_id;

-- name: areas
-- Every area with its path as codes, and whether it had cells that have all ended.
WITH alive AS (
    SELECT area_id, bool_or(valid_to IS NULL) AS alive FROM grid.cells GROUP BY area_id
), held AS (
    SELECT one.area_id, bool_or(alive.alive) AS alive
    FROM grid.areas AS a
    JOIN alive USING (area_id)
    CROSS JOIN LATERAL unnest(a.path) AS one (area_id)
    GROUP BY one.area_id
)
SELECT a.code, a.name_zh, a.name_en, NOT coalesce(held.alive, true) AS is_closed,
    ARRAY(
        SELECT p.code FROM unnest(a.path) WITH ORDINALITY AS one (area_id, n)
        JOIN grid.areas AS p ON p.area_id = one.area_id
        ORDER BY one.n
    ) AS path
FROM grid.areas AS a
LEFT JOIN held ON held.area_id = a.area_id
ORDER BY cardinality(a.path), a.code;

-- name: departments
-- Every department there ever was, and whether it works no more.
SELECT code, name_zh, name_en, disabled_at IS NOT NULL AS is_disabled
FROM events.departments ORDER BY department_id;

-- name: known_kinds
-- Which of these kinds some facility has.
SELECT one.kind FROM unnest(CAST(:kinds AS text[])) AS one (kind)
WHERE EXISTS (SELECT FROM grid.components AS c WHERE c.kind = one.kind);

-- name: known_owners
-- Which of these owners some facility has.
SELECT one.owner FROM unnest(CAST(:owners AS text[])) AS one (owner)
WHERE EXISTS (SELECT FROM grid.components AS c WHERE c.owner_department = one.owner);

-- name: propose
-- Somebody asks that a draft be put in force.
UPDATE events.duty_versions
SET proposed_by = grid.actor(), proposed_at = :now, proposed_from = :starts, proposed_why = :why,
    accepted = :accepted, findings = CAST(:findings AS jsonb)
WHERE version = :version;

-- name: take_back
-- What was asked for a draft is refused or taken back.
UPDATE events.duty_versions
SET proposed_by = NULL, proposed_at = NULL, proposed_from = NULL, proposed_why = NULL,
    accepted = NULL, findings = '[]'
WHERE version = :version;

-- name: activate
-- A version is in force from a time on.
UPDATE events.duty_versions
SET activated_by = grid.actor(), activated_at = :now, effective_from = :starts
WHERE version = :version;

-- name: discard
-- A draft, or a version before its time, is never in force.
UPDATE events.duty_versions
SET discarded_by = grid.actor(), discarded_at = :now, discarded_why = :why
WHERE version = :version;

-- name: holds_city
-- Whether an area holds every other one, but for those above it.
SELECT NOT EXISTS (
    SELECT FROM grid.areas AS a
    WHERE NOT a.path @> o.path AND NOT o.path @> a.path
)
FROM grid.areas AS o WHERE o.area_id = :area_id;
