-- name: count_routed
-- How many tickets a back-test goes through.
SELECT count(*)
FROM events.tickets AS t
WHERE t.created_at >= :since AND t.created_at < :until
    AND t.filed_at IS NOT NULL AND t.parent_id IS NULL AND t.state NOT IN ('declined', 'merged');

-- name: routed
-- Tickets as they were to be routed, and who has disposed of them. Parts and what was declined or
-- merged were not: people split, and nobody answers for what is none.
SELECT t.number, t.category_code, t.area_id, t.severity, t.source, t.filed_at,
    coalesce(c.kind, 'none') AS component, coalesce(c.owner_department, 'none') AS owner,
    CASE WHEN t.disposed_at IS NOT NULL THEN d.code END AS solved_by
FROM events.tickets AS t
LEFT JOIN grid.components AS c ON c.component_id = t.component_id
LEFT JOIN events.departments AS d ON d.department_id = t.department_id
WHERE t.created_at >= :since AND t.created_at < :until
    AND t.filed_at IS NOT NULL AND t.parent_id IS NULL AND t.state NOT IN ('declined', 'merged');

-- name: paths
-- The path of every area.
SELECT area_id, path FROM grid.areas;

-- name: keep
-- The result of a back-test.
INSERT INTO events.duty_backtests (version, against, since, until, result, made_at)
VALUES (:version, :against, :since, :until, CAST(:result AS jsonb), :now);

-- name: last
-- The last back-test of a version.
SELECT version, against, since, until, result, made_by, made_at
FROM events.duty_backtests WHERE version = :version
ORDER BY backtest_id DESC LIMIT 1;
