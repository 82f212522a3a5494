-- name: tallied
-- The sums of whole days of one area, by department, crew, category, person, or all together.
SELECT s.key, s.ground, s.outcome, s.marks, sum(s.facts) AS facts, sum(s.seconds) AS seconds
FROM events.tallies AS s
WHERE s.area_id = :area_id AND s.by = :by
    AND s.day >= CAST(:first AS date) AND s.day <= CAST(:last AS date)
GROUP BY s.key, s.ground, s.outcome, s.marks
HAVING sum(s.facts) <> 0;

-- name: tallied_areas
-- The sums of whole days of the areas directly below one, and of what lies in none of them: the
-- area's own, less those.
SELECT k.key, s.ground, s.outcome, s.marks, sum(k.sign * s.facts) AS facts,
    sum(k.sign * s.seconds) AS seconds
FROM events.tallies AS s
CROSS JOIN LATERAL (
    SELECT CAST(s.area_id AS text) AS key, 1 AS sign WHERE s.area_id <> :area_id
    UNION ALL
    SELECT '', CASE s.area_id WHEN :area_id THEN 1 ELSE -1 END
) AS k
WHERE s.area_id = ANY(CAST(:area_ids AS integer[])) AND s.by = 'all'
    AND s.day >= CAST(:first AS date) AND s.day <= CAST(:last AS date)
GROUP BY k.key, s.ground, s.outcome, s.marks
HAVING sum(k.sign * s.facts) <> 0;

-- name: counted
-- What happened until now on the given days inside some areas, counted one by one.
SELECT CASE :by WHEN 'all' THEN '' WHEN 'area' THEN coalesce(CAST(a.path[:depth + 1] AS text), '')
        WHEN 'cell' THEN coalesce(CAST(f.cell_id AS text), '')
        WHEN 'department' THEN coalesce(CAST(f.department_id AS text), '')
        WHEN 'crew' THEN coalesce(CAST(f.crew_id AS text), '')
        WHEN 'category' THEN f.category_code ELSE coalesce(f.person, '') END AS key,
    f.ground, f.outcome, f.marks, count(*) AS facts, coalesce(sum(f.seconds), 0) AS seconds
FROM events.facts AS f
JOIN grid.areas AS a ON a.area_id = f.area_id
WHERE f.ground = ANY(CAST(:grounds AS text[]))
    AND f.day >= CAST(:first AS date) AND f.day <= CAST(:last AS date) AND f.at <= :now
    AND f.area_id = ANY(CAST(:area_ids AS integer[]))
    AND (CAST(:department_id AS integer) IS NULL OR f.department_id = :department_id)
    AND (CAST(:category AS text) IS NULL OR f.category_code = :category)
GROUP BY 1, f.ground, f.outcome, f.marks;

-- name: behind
-- The facts behind a number inside some areas with their tickets, the latest first; the appeal
-- that was granted.
SELECT f.ticket_id, t.number, t.title_zh, t.title_en, t.state, f.at, f.outcome, f.marks, f.seconds,
    f.person, a.name_zh AS area_name_zh, a.name_en AS area_name_en, c.code AS cell_code,
    d.name_zh AS department_name_zh, d.name_en AS department_name_en,
    w.name_zh AS crew_name_zh, w.name_en AS crew_name_en,
    k.name_zh AS category_name_zh, k.name_en AS category_name_en,
    p.asked_by, p.reason, p.approvals
FROM (
    SELECT f.*
    FROM events.facts AS f
    JOIN grid.areas AS a ON a.area_id = f.area_id
    CROSS JOIN LATERAL (
        SELECT f.outcome = ANY(CAST(:counted AS text[]))
            AND f.marks & CAST(:without AS integer) = 0 AS counted,
            f.outcome = ANY(CAST(:good AS text[])) AND (CAST(:marked AS integer) = 0
                OR f.marks & CAST(:marked AS integer) <> 0) AS good
    ) AS v
    WHERE f.ground = :ground
        AND f.day >= CAST(:first AS date) AND f.day <= CAST(:last AS date) AND f.at <= :now
        AND f.area_id = ANY(CAST(:area_ids AS integer[]))
        AND (CAST(:department_id AS integer) IS NULL OR f.department_id = :department_id)
        AND (CAST(:category AS text) IS NULL OR f.category_code = :category)
        AND CASE :by WHEN 'all' THEN '' WHEN 'area' THEN coalesce(CAST(a.path[:depth + 1] AS text), '')
            WHEN 'cell' THEN coalesce(CAST(f.cell_id AS text), '')
            WHEN 'department' THEN coalesce(CAST(f.department_id AS text), '')
            WHEN 'crew' THEN coalesce(CAST(f.crew_id AS text), '')
            WHEN 'category' THEN f.category_code ELSE coalesce(f.person, '') END = :key
        AND CASE :part WHEN 'counted' THEN v.counted WHEN 'good' THEN v.counted AND v.good
            WHEN 'rest' THEN v.counted AND NOT v.good
            WHEN 'excused' THEN v.counted AND NOT v.good AND f.marks & 1 = 1
            ELSE NOT v.counted END
    ORDER BY f.at DESC, f.ticket_id DESC, f.source_id DESC
    LIMIT :limit OFFSET :skip
) AS f
JOIN events.tickets AS t ON t.ticket_id = f.ticket_id
JOIN grid.areas AS a ON a.area_id = f.area_id
JOIN events.categories AS k ON k.code = f.category_code
LEFT JOIN grid.cells AS c ON c.cell_id = f.cell_id
LEFT JOIN events.departments AS d ON d.department_id = f.department_id
LEFT JOIN events.crews AS w ON w.crew_id = f.crew_id
LEFT JOIN LATERAL (
    SELECT p.asked_by, p.reason, p.approvals
    FROM events.proposals AS p
    WHERE p.ticket_id = f.ticket_id AND p.verb = 'appeal' AND p.outcome = 'approved'
    ORDER BY p.proposal_id DESC
    LIMIT 1
) AS p ON f.marks & 1 = 1
ORDER BY f.at DESC, f.ticket_id DESC, f.source_id DESC;

-- name: cells
-- The codes of cells.
SELECT cell_id, code FROM grid.cells WHERE cell_id = ANY(CAST(:cell_ids AS integer[]));

-- name: people
-- The names of accounts, by actor key.
SELECT 'account:' || name AS key, name_zh, name_en FROM events.accounts
WHERE 'account:' || name = ANY(CAST(:keys AS text[]));

-- name: places
-- An area and those directly below it, in order, with all that lie inside of each.
SELECT a.area_id, a.code, a.kind, a.path, a.name_zh, a.name_en,
    ARRAY(SELECT b.area_id FROM grid.areas AS b WHERE b.path @> ARRAY[a.area_id]) AS inside
FROM grid.areas AS a
WHERE a.area_id = :area_id OR a.parent_id = :area_id
ORDER BY cardinality(a.path), a.code;

-- name: root
-- The whole city.
SELECT area_id FROM grid.areas WHERE parent_id IS NULL ORDER BY area_id LIMIT 1;

-- name: names
-- What departments and crews are called, by their ids.
SELECT 'department' AS kind, department_id AS id, code, name_zh, name_en FROM events.departments
UNION ALL
SELECT 'crew', crew_id, code, name_zh, name_en FROM events.crews
UNION ALL
SELECT 'category', category_id, code, name_zh, name_en FROM events.categories
ORDER BY kind, code;
