-- name: to_owner
-- A notice to the department that owns a project.
INSERT INTO events.outbox (
    kind, recipient_kind, recipient_id, project_id, area_id, body_zh, body_en, created_at
)
VALUES (:kind, 'department', :department_id, :project_id, :area_id, :body_zh, :body_en, :now);

-- name: to_supervisors
-- To the supervisors of the innermost area that is not below the wanted kind and has any.
WITH wanted AS (
    SELECT u.account_id, cardinality(a.path) AS depth
    FROM events.projects AS p
    JOIN grid.areas AS own ON own.area_id = p.area_id
    JOIN grid.areas AS a ON a.area_id = ANY(own.path)
    JOIN events.accounts AS u ON u.area_id = a.area_id
    WHERE p.project_id = :project_id AND u.role = 'supervisor' AND u.disabled_at IS NULL
        AND array_position(ARRAY['city', 'district', 'street', 'community'], a.kind)
            <= array_position(ARRAY['city', 'district', 'street', 'community'],
                CAST(:rung AS text))
)
INSERT INTO events.outbox (
    kind, recipient_kind, recipient_id, project_id, area_id, body_zh, body_en, created_at
)
SELECT :kind, 'account', w.account_id, p.project_id, p.area_id, :body_zh, :body_en, :now
FROM wanted AS w
CROSS JOIN events.projects AS p
WHERE p.project_id = :project_id AND w.depth = (SELECT max(depth) FROM wanted);

-- name: to_account
-- A notice to the person behind an actor's key, if it is one.
INSERT INTO events.outbox (
    kind, recipient_kind, recipient_id, project_id, area_id, body_zh, body_en, created_at
)
SELECT :kind, 'account', u.account_id, :project_id, :area_id, :body_zh, :body_en, :now
FROM events.accounts AS u
WHERE u.name = :account_name AND u.disabled_at IS NULL;
