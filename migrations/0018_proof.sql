-- Proof of closure: which photos a category asks for, how near and when they are taken, and for how
-- long the sensors must have been quiet.
ALTER TABLE events.categories
    ADD COLUMN proof_photos text[] NOT NULL DEFAULT '{}'
        CHECK (proof_photos <@ ARRAY['before', 'after']),
    ADD COLUMN geofence_m real NOT NULL DEFAULT 200 CHECK (geofence_m > 0),
    -- null: people may verify what is measured without waiting for its recovery
    ADD COLUMN recovers_for interval;

-- What the photo itself says counts; what it does not say, the phone that sent it may have said.
ALTER TABLE events.attachments
    ADD COLUMN taken_from text CHECK (taken_from IN ('photo', 'phone')),
    ADD COLUMN placed_from text CHECK (placed_from IN ('photo', 'phone')),
    ADD COLUMN clock_off interval;         -- how far the phone's clock was ahead; null: it was right

-- The best photo of each kind that a ticket needs: the one rule for people and for the engine. No
-- photo: its columns are null. A photo after a rework must have come after it.
CREATE VIEW events.photo_proof WITH (security_invoker = true) AS
SELECT DISTINCT ON (one.ticket_id, one.kind) one.*
FROM (
    SELECT t.ticket_id, wanted.kind, p.state, p.created_at,
        p.position IS NOT NULL AS has_place,
        coalesce(ST_DWithin(CAST(p.position AS geography), CAST(t.position AS geography),
            k.geofence_m), false) AS is_placed,
        p.taken_at IS NOT NULL AS has_time,
        coalesce(p.taken_at - coalesce(p.clock_off, interval '0')
            BETWEEN least(t.occurred_at, t.created_at) - interval '15 minutes'
            AND p.created_at + interval '15 minutes', false) AS is_timed
    FROM events.tickets AS t
    JOIN events.categories AS k ON k.code = t.category_code
    CROSS JOIN LATERAL unnest(k.proof_photos) AS wanted (kind)
    LEFT JOIN events.attachments AS p ON p.ticket_id = t.ticket_id AND p.kind = wanted.kind
        AND p.state <> 'refused'
        AND (wanted.kind <> 'after' OR p.created_at >= coalesce((
            SELECT max(l.at) FROM events.ledger AS l
            WHERE l.ticket_id = t.ticket_id AND l.verb IN ('ticket.rework', 'ticket.reopen')
        ), timestamptz '-infinity'))
) AS one
ORDER BY one.ticket_id, one.kind, (one.is_placed AND one.is_timed) DESC,
    one.created_at DESC NULLS LAST;

GRANT SELECT ON events.photo_proof TO cc_web, cc_dispatch, cc_admin;
