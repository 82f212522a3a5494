-- name: add
-- A photo has arrived as it is; it waits to be decoded apart.
INSERT INTO events.attachments (
    attachment_id, event_id, ticket_id, area_id, kind, original_sha256, original_bytes, taken_at,
    position, taken_from, placed_from, clock_off, created_at, project_id, item
)
VALUES (
    :attachment_id, :event_id, :ticket_id, :area_id, :kind, :original_sha256, :original_bytes,
    :taken_at, ST_SetSRID(ST_MakePoint(
        CAST(:lon AS double precision), CAST(:lat AS double precision)), 4326),
    CASE WHEN CAST(:taken_at AS timestamptz) IS NOT NULL THEN 'phone' END,
    CASE WHEN CAST(:lon AS double precision) IS NOT NULL THEN 'phone' END, :clock_off, :created_at,
    CAST(:project_id AS bigint), CAST(:item AS text)
);

-- name: of_tickets
-- The evidence of tickets: their own photos and those of the events behind them (a photo has
-- either a ticket or an event).
SELECT p.attachment_id, p.event_id, p.ticket_id, p.area_id, p.kind, p.state, p.width, p.height,
    p.taken_at, p.taken_from, p.placed_from, p.clock_off, p.refusal, p.created_at, p.actor, p.ticket_id AS holder
FROM events.attachments AS p
WHERE p.ticket_id = ANY(CAST(:ticket_ids AS bigint[]))
UNION ALL
SELECT p.attachment_id, p.event_id, p.ticket_id, p.area_id, p.kind, p.state, p.width, p.height,
    p.taken_at, p.taken_from, p.placed_from, p.clock_off, p.refusal, p.created_at, p.actor, l.ticket_id AS holder
FROM events.ticket_events AS l
JOIN events.attachments AS p ON p.event_id = l.event_id
WHERE l.ticket_id = ANY(CAST(:ticket_ids AS bigint[])) AND l.unlinked_at IS NULL
ORDER BY created_at, attachment_id;

-- name: of_project
-- The evidence of a project.
SELECT p.attachment_id, p.event_id, p.ticket_id, p.area_id, p.kind, p.state, p.width, p.height,
    p.taken_at, p.taken_from, p.placed_from, p.clock_off, p.refusal, p.created_at, p.actor, p.item
FROM events.attachments AS p
WHERE p.project_id = :project_id
ORDER BY p.created_at, p.attachment_id;

-- name: project_of
-- The project whose evidence a photo is.
SELECT project_id FROM events.attachments WHERE attachment_id = :attachment_id;

-- name: hashes_of_events
-- The perceptual hashes of the photos that came with events, as far as they are known.
SELECT event_id, perceptual_hash
FROM events.attachments
WHERE event_id = ANY(CAST(:event_ids AS bigint[])) AND perceptual_hash IS NOT NULL;

-- name: by_id
-- One photo.
SELECT p.attachment_id, p.event_id, p.ticket_id, p.area_id, p.kind, p.state, p.width, p.height,
    p.taken_at, p.taken_from, p.placed_from, p.clock_off, p.refusal, p.created_at, p.actor
FROM events.attachments AS p
WHERE p.attachment_id = :attachment_id;

-- name: holder
-- The ticket that shows a photo: its own, or that of the event it came with.
SELECT coalesce(p.ticket_id, l.ticket_id)
FROM events.attachments AS p
LEFT JOIN events.ticket_events AS l ON l.event_id = p.event_id AND l.unlinked_at IS NULL
WHERE p.attachment_id = :attachment_id;

-- name: claim_waiting
-- The next photos to be decoded; those in another worker's hands are passed over.
SELECT p.attachment_id
FROM events.attachments AS p
WHERE p.state = 'waiting'
ORDER BY p.created_at
LIMIT :limit
FOR UPDATE SKIP LOCKED;

-- name: decide
-- A photo was re-encoded (ready) or cannot be shown (refused, with the reason). What it says itself
-- of time and place is kept, and that it was the photo that said so.
UPDATE events.attachments
SET state = :state, width = :width, height = :height, refusal = :refusal,
    perceptual_hash = :perceptual_hash,
    taken_at = coalesce(CAST(:taken_at AS timestamptz), taken_at),
    taken_from = CASE WHEN CAST(:taken_at AS timestamptz) IS NULL THEN taken_from ELSE 'photo' END,
    position = coalesce(ST_SetSRID(ST_MakePoint(
        CAST(:lon AS double precision), CAST(:lat AS double precision)), 4326), position),
    placed_from = CASE WHEN CAST(:lon AS double precision) IS NULL THEN placed_from
        ELSE 'photo' END
WHERE attachment_id = :attachment_id AND state = 'waiting';
