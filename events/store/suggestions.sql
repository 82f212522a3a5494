-- name: claim
-- Take the next tickets that wait to be compared; those in other hands are passed over.
WITH next AS (
    SELECT ctid
    FROM events.to_compare
    ORDER BY at
    LIMIT :limit
    FOR UPDATE SKIP LOCKED
)
DELETE FROM events.to_compare AS c
USING next
WHERE c.ctid = next.ctid
RETURNING c.ticket_id;

-- name: ask
-- Something became known about a photo's ticket: compare it with those around it (again).
INSERT INTO events.to_compare (ticket_id) VALUES (:ticket_id);

-- name: side
-- What of an open ticket is compared.
SELECT t.category_code, ST_X(t.position) AS lon, ST_Y(t.position) AS lat, t.occurred_at,
    t.component_id, t.device_no, t.area_id,
    CASE WHEN t.source = 'sensor' THEN '' ELSE t.description END AS description,
    greatest(t.occurred_at, (
        SELECT max(e.occurred_at)
        FROM (
            SELECT l.event_id
            FROM events.ticket_events AS l
            WHERE l.ticket_id = t.ticket_id AND l.unlinked_at IS NULL
            ORDER BY l.linked_at DESC
            LIMIT 20
        ) AS latest
        JOIN events.events AS e USING (event_id)
    )) AS seen_at,
    ARRAY(
        SELECT p.perceptual_hash
        FROM (
            SELECT l.event_id
            FROM events.ticket_events AS l
            WHERE l.ticket_id = t.ticket_id AND l.unlinked_at IS NULL
            ORDER BY l.linked_at DESC
            LIMIT 20
        ) AS latest
        JOIN events.attachments AS p USING (event_id)
        WHERE p.perceptual_hash IS NOT NULL
    ) AS photos
FROM events.tickets AS t
WHERE t.ticket_id = :ticket_id AND t.parent_id IS NULL
    AND t.state NOT IN ('closed', 'declined', 'merged', 'verified');

-- name: put
-- Suggest a pair, or say its score anew; what somebody called not the same stays refused.
INSERT INTO events.suggestions AS s (
    older_id, newer_id, area_id, score, distance_m, terms, because, suggested_at
)
VALUES (
    :older_id, :newer_id, :area_id, :score, :distance_m, CAST(:terms AS jsonb),
    CAST(:because AS jsonb), :now
)
ON CONFLICT (older_id, newer_id) DO UPDATE
SET score = excluded.score, distance_m = excluded.distance_m, terms = excluded.terms,
    because = excluded.because
WHERE s.refused_at IS NULL
RETURNING (xmax = 0) AS new;

-- name: of_ticket
-- The open tickets that may be about the same thing as one, the likeliest first.
SELECT s.suggestion_id, CASE s.older_id WHEN :ticket_id THEN s.newer_id ELSE s.older_id END
    AS other_id, s.score, s.distance_m, s.terms, s.because
FROM events.suggestions AS s
JOIN events.tickets AS t
    ON t.ticket_id = CASE s.older_id WHEN :ticket_id THEN s.newer_id ELSE s.older_id END
WHERE (s.older_id = :ticket_id OR s.newer_id = :ticket_id) AND s.refused_at IS NULL
    AND t.state NOT IN ('closed', 'declined', 'merged', 'verified')
ORDER BY s.score DESC, s.suggestion_id
LIMIT :limit;

-- name: refuse
-- Somebody says that the two are not the same; no row where that was said before.
UPDATE events.suggestions
SET refused_at = :now, refused_by = grid.actor(), refused_why = :why
WHERE older_id = least(CAST(:one AS bigint), CAST(:other AS bigint))
    AND newer_id = greatest(CAST(:one AS bigint), CAST(:other AS bigint))
    AND refused_at IS NULL
RETURNING suggestion_id;
