-- name: ask
-- Somebody asks that messages be decoded once more; the number of the request.
SELECT iot.ask_for_replay(:protocol, :reason, :device_id, :quarantine_id, :newest)

-- name: recent
-- The last requests, newest first, with how far they are.
SELECT replay_id, protocol, reason, device_id, quarantine_id, newest, asked_by, asked_at, attempts,
    reached, tried, resolved, finished_at, trouble_zh, trouble_en
FROM iot.replays ORDER BY replay_id DESC LIMIT :most

-- name: waiting
-- Whether a request is not done yet.
SELECT EXISTS (SELECT FROM iot.replays WHERE finished_at IS NULL)

-- name: only_one
-- Whether this session is the one that works on requests; true until it ends.
SELECT pg_try_advisory_lock(hashtext('iot.replays'))

-- name: next
-- The oldest request that is not done; counts the attempt.
UPDATE iot.replays SET attempts = attempts + 1
WHERE replay_id = (SELECT min(replay_id) FROM iot.replays WHERE finished_at IS NULL)
RETURNING replay_id, protocol, reason, device_id, quarantine_id, newest, asked_by, asked_at,
    attempts, reached, tried, resolved, finished_at, trouble_zh, trouble_en

-- name: went_on
-- How far a request is.
UPDATE iot.replays SET reached = :reached, tried = tried + :tried, resolved = resolved + :resolved
WHERE replay_id = :replay_id

-- name: finish
-- A request is done; with what was in the way, if anything was.
UPDATE iot.replays SET finished_at = clock_timestamp(), trouble_zh = :zh, trouble_en = :en
WHERE replay_id = :replay_id
