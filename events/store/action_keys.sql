-- name: claim
-- The first action with a key wins; one that comes at the same time waits here.
INSERT INTO events.action_keys (
    key, account_id, ticket_id, project_id, request_sha256, version, at
)
VALUES (
    :key, :account_id, CAST(:ticket_id AS bigint), CAST(:project_id AS bigint), :request_sha256,
    :version, :now
)
ON CONFLICT (key) DO NOTHING;

-- name: get
-- What a key was used for.
SELECT account_id, ticket_id, project_id, request_sha256, version
FROM events.action_keys
WHERE key = :key;
