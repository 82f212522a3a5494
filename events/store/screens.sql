-- name: get
-- How somebody has set up the wall.
SELECT screen FROM events.screens WHERE account_id = :account_id;

-- name: put
-- Somebody sets up the wall; the last one wins.
INSERT INTO events.screens AS known (account_id, screen)
VALUES (:account_id, CAST(:screen AS jsonb))
ON CONFLICT (account_id) DO UPDATE SET screen = excluded.screen, updated_at = now();
