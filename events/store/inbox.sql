-- name: claim
-- The next events that wait for their tickets, gravest first; what others work on is passed over.
SELECT i.event_id, i.attempts
FROM events.inbox AS i
WHERE i.not_before <= :now
ORDER BY i.severity DESC, i.event_id
LIMIT :limit
FOR UPDATE SKIP LOCKED;

-- name: done
-- These events have their tickets.
DELETE FROM events.inbox WHERE event_id = ANY(CAST(:event_ids AS bigint[]));

-- name: trouble
-- The event could not be worked: kept, with the reason, for another try later.
UPDATE events.inbox
SET attempts = attempts + 1, trouble = :trouble, not_before = :not_before
WHERE event_id = :event_id;

-- name: waiting
-- How many events wait, since when, and how many of them are in trouble.
SELECT count(*) AS waiting, min(at) AS since,
    count(*) FILTER (WHERE trouble IS NOT NULL) AS in_trouble
FROM events.inbox;

-- name: crowded
-- Whether an event that is not in trouble waits longer than it takes to work a few.
SELECT EXISTS (
    SELECT 1 FROM events.inbox
    WHERE trouble IS NULL
        AND at < clock_timestamp() - make_interval(secs => CAST(:after_s AS double precision))
);
