-- name: add
-- A new account; no row when the name is taken.
INSERT INTO events.accounts (
    name, name_zh, name_en, role, password_hash, area_id, department_id, crew_id
)
VALUES (
    :account_name, :name_zh, :name_en, :role, :password_hash, :area_id, :department_id, :crew_id
)
ON CONFLICT (name) DO NOTHING
RETURNING account_id;

-- name: by_name
-- An account with what signing in needs.
SELECT account_id, name, name_zh, name_en, role, password_hash, area_id, department_id, crew_id,
    disabled_at
FROM events.accounts
WHERE name = :account_name;

-- name: all
-- All accounts, for the administrator and for the simulated crews.
SELECT account_id, name, name_zh, name_en, role, NULL AS password_hash, area_id, department_id,
    crew_id, disabled_at
FROM events.accounts
ORDER BY account_id;

-- name: set_password
-- A new password.
UPDATE events.accounts SET password_hash = :password_hash WHERE account_id = :account_id;

-- name: disable
-- The account may not sign in any more.
UPDATE events.accounts SET disabled_at = :now, changed_by = grid.actor(), changed_at = :now
WHERE account_id = :account_id AND disabled_at IS NULL;

-- name: refused_until
-- Until when passwords of an account are not looked at that come from a source.
SELECT refused_until FROM events.sign_in_failures
WHERE account_id = :account_id AND source = :source AND refused_until > :now;

-- name: failed
-- A wrong password, counted; how many there were from there, those of long ago left out.
INSERT INTO events.sign_in_failures AS old (account_id, source, failures, last_at)
VALUES (:account_id, :source, 1, :now)
ON CONFLICT (account_id, source) DO UPDATE
SET failures = CASE WHEN old.last_at < :forgotten THEN 1 ELSE old.failures + 1 END,
    last_at = excluded.last_at
RETURNING failures;

-- name: refuse
-- No password of an account is looked at for a while that comes from a source.
UPDATE events.sign_in_failures SET refused_until = :until
WHERE account_id = :account_id AND source = :source;

-- name: forget_failures
-- Failures of anybody that are long ago.
DELETE FROM events.sign_in_failures WHERE last_at < :forgotten;

-- name: forgive
-- Earlier failures of an account are forgotten: those from a source, or all.
DELETE FROM events.sign_in_failures
WHERE account_id = :account_id
    AND (CAST(:source AS text) IS NULL OR source = CAST(:source AS text));

-- name: open_session
-- Somebody signed in; only a digest of the token is kept.
INSERT INTO events.sessions (token_sha256, account_id, created_at, last_seen_at, expires_at)
VALUES (:token_sha256, :account_id, :now, :now, :expires_at);

-- name: forget_sessions
-- Sessions of an account that ended long ago: nobody asks for them any more.
DELETE FROM events.sessions WHERE account_id = :account_id AND expires_at < :before;

-- name: session
-- The account of a session that still holds.
SELECT a.account_id, a.name, a.name_zh, a.name_en, a.role, a.area_id, a.department_id, a.crew_id,
    s.last_seen_at
FROM events.sessions AS s
JOIN events.accounts AS a USING (account_id)
WHERE s.token_sha256 = :token_sha256 AND s.revoked_at IS NULL AND s.expires_at > :now
    AND s.last_seen_at > :idle_since AND a.disabled_at IS NULL;

-- name: seen
-- The session was used; written once a minute at most.
UPDATE events.sessions SET last_seen_at = :now
WHERE token_sha256 = :token_sha256 AND last_seen_at < :now;

-- name: close_session
-- Signed out.
UPDATE events.sessions SET revoked_at = :now
WHERE token_sha256 = :token_sha256 AND revoked_at IS NULL
RETURNING account_id;

-- name: close_sessions
-- All sessions of an account end.
UPDATE events.sessions SET revoked_at = :now
WHERE account_id = :account_id AND revoked_at IS NULL;
