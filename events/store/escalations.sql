-- name: ladder
-- The city's levels.
SELECT level, overdue_share, recipient, read_within, pack FROM events.ladder ORDER BY level;

-- name: put_level
-- A level: made, or brought up to date.
INSERT INTO events.ladder (level, overdue_share, recipient, read_within, pack)
VALUES (:level, :overdue_share, :recipient, :read_within, :pack)
ON CONFLICT (level) DO UPDATE SET overdue_share = excluded.overdue_share,
    recipient = excluded.recipient, read_within = excluded.read_within, pack = excluded.pack,
    changed_by = grid.actor(), changed_at = now();

-- name: plan
-- A step of a run, once.
INSERT INTO events.escalations (clock_id, level, ticket_id, recipient, read_within, at)
VALUES (:clock_id, :level, :ticket_id, :recipient, :read_within, :at)
ON CONFLICT DO NOTHING;

-- name: claim
-- The next step that is due; others may tell other steps meanwhile.
SELECT e.clock_id, e.level, e.ticket_id, e.recipient, e.read_within, e.at, e.told_at, e.notices,
    e.unread_at, e.ended_at, (
        SELECT CAST(c.why ->> 'department_id' AS integer)
        FROM events.ticket_clocks AS c
        WHERE c.clock_id = e.clock_id AND c.stage = 'assist'
    ) AS assisting
FROM events.escalations AS e
WHERE e.told_at IS NULL AND e.ended_at IS NULL AND e.at <= :now
ORDER BY e.at, e.level
LIMIT 1
FOR UPDATE SKIP LOCKED;

-- name: runs
-- Whether a clock runs still.
SELECT stopped_at IS NULL FROM events.ticket_clocks WHERE clock_id = :clock_id;

-- name: told
-- A step was told.
UPDATE events.escalations
SET told_at = :now, notices = CAST(:notices AS bigint[]), unread_at = :unread_at
WHERE clock_id = :clock_id AND level = :level AND told_at IS NULL;

-- name: end
-- What was not told of a run that is over.
UPDATE events.escalations SET ended_at = :now
WHERE clock_id = :clock_id AND told_at IS NULL AND ended_at IS NULL;

-- name: press_on
-- Steps that should have been read by now: looked at once; where nobody has, the next level is due.
WITH late AS (
    SELECT e.clock_id, e.level, e.notices
    FROM events.escalations AS e
    WHERE e.unread_at <= :now
    ORDER BY e.unread_at
    LIMIT :limit
    FOR UPDATE SKIP LOCKED
), pressed AS (
    UPDATE events.escalations AS n SET at = least(n.at, :now)
    FROM late
    WHERE n.clock_id = late.clock_id AND n.told_at IS NULL
        AND n.level = (
            SELECT min(m.level) FROM events.escalations AS m
            WHERE m.clock_id = late.clock_id AND m.level > late.level)
        AND NOT EXISTS (
            SELECT FROM events.read_receipts AS r WHERE r.notice_id = ANY(late.notices))
)
UPDATE events.escalations AS e SET unread_at = NULL
FROM late
WHERE e.clock_id = late.clock_id AND e.level = late.level
RETURNING e.clock_id, e.level;

-- name: put_to_supervisors
-- To the supervisors of the innermost area that is not below the wanted kind and has any.
WITH wanted AS (
    SELECT u.account_id, cardinality(a.path) AS depth
    FROM events.tickets AS t
    JOIN grid.areas AS own ON own.area_id = t.area_id
    JOIN grid.areas AS a ON a.area_id = ANY(own.path)
    JOIN events.accounts AS u ON u.area_id = a.area_id
    WHERE t.ticket_id = :ticket_id AND u.role = 'supervisor' AND u.disabled_at IS NULL
        AND array_position(ARRAY['city', 'district', 'street', 'community'], a.kind)
            <= array_position(ARRAY['city', 'district', 'street', 'community'],
                CAST(:kind AS text))
)
INSERT INTO events.outbox (
    kind, recipient_kind, recipient_id, ticket_id, area_id, body_zh, body_en, created_at
)
SELECT 'escalate', 'account', w.account_id, t.ticket_id, t.area_id, :body_zh, :body_en, :now
FROM wanted AS w
CROSS JOIN events.tickets AS t
WHERE t.ticket_id = :ticket_id AND w.depth = (SELECT max(depth) FROM wanted)
RETURNING notice_id;

-- name: mark_read
-- A person has seen what was escalated to them about a ticket (told again: nothing changes).
INSERT INTO events.read_receipts (notice_id, account_id, read_at)
SELECT o.notice_id, :account_id, :now
FROM events.outbox AS o
WHERE o.kind = 'escalate' AND o.recipient_kind = 'account' AND o.recipient_id = :account_id
    AND o.ticket_id = :ticket_id
ON CONFLICT DO NOTHING;

-- name: of_tickets
-- The steps that were told about some tickets: to which accounts, and who has read when.
SELECT e.clock_id, e.level, e.ticket_id, e.recipient, e.read_within, e.at, e.told_at, e.notices,
    e.unread_at, e.ended_at, (
        SELECT CAST(c.why ->> 'department_id' AS integer)
        FROM events.ticket_clocks AS c
        WHERE c.clock_id = e.clock_id AND c.stage = 'assist'
    ) AS assisting,
    ARRAY(
        SELECT 'account:' || u.name
        FROM events.outbox AS o
        JOIN events.accounts AS u ON u.account_id = o.recipient_id
        WHERE o.notice_id = ANY(e.notices) AND o.recipient_kind = 'account'
        ORDER BY o.notice_id
    ) AS told,
    coalesce((
        SELECT jsonb_agg(jsonb_build_array('account:' || u.name, r.read_at) ORDER BY r.read_at)
        FROM events.read_receipts AS r
        JOIN events.accounts AS u ON u.account_id = r.account_id
        WHERE r.notice_id = ANY(e.notices)
    ), '[]') AS read_by
FROM events.escalations AS e
WHERE e.ticket_id = ANY(CAST(:ticket_ids AS bigint[])) AND e.told_at IS NOT NULL
ORDER BY e.ticket_id, e.clock_id, e.level;
