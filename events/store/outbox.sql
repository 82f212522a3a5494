-- name: put
-- A notice to be delivered after the commit.
INSERT INTO events.outbox (
    kind, recipient_kind, recipient_id, ticket_id, area_id, body_zh, body_en, created_at
)
VALUES (
    :kind, :recipient_kind, :recipient_id, :ticket_id, :area_id, :body_zh, :body_en, :created_at
)
RETURNING notice_id;

-- name: post
-- Notices to be delivered after the commit, in their order.
INSERT INTO events.outbox (
    kind, recipient_kind, recipient_id, ticket_id, area_id, body_zh, body_en, created_at
)
SELECT one.c ->> 0, one.c ->> 1, CAST(one.c ->> 2 AS bigint), CAST(one.c ->> 3 AS bigint),
    CAST(one.c ->> 4 AS integer), one.c ->> 5, one.c ->> 6, CAST(one.c ->> 7 AS timestamptz)
FROM json_array_elements(CAST(:rows AS json)) WITH ORDINALITY AS one (c, n)
ORDER BY one.n;

-- name: put_to_reporters
-- The same notice to every resident whose report is behind a ticket.
INSERT INTO events.outbox (
    kind, recipient_kind, recipient_id, ticket_id, area_id, body_zh, body_en, created_at
)
SELECT :kind, 'reporter', r.report_id, :ticket_id, r.area_id, :body_zh, :body_en, :created_at
FROM events.ticket_events AS l
JOIN events.reports AS r ON r.event_id = l.event_id
WHERE l.ticket_id = :ticket_id AND l.unlinked_at IS NULL;

-- name: put_to_reporter_of
-- A notice to the resident whose report is one event, if it is one.
INSERT INTO events.outbox (
    kind, recipient_kind, recipient_id, ticket_id, area_id, body_zh, body_en, created_at
)
SELECT :kind, 'reporter', r.report_id, :ticket_id, r.area_id, :body_zh, :body_en, :created_at
FROM events.reports AS r
WHERE r.event_id = :event_id;

-- name: put_to_roles
-- The same notice to everybody of some roles whose area holds the ticket, but for one.
INSERT INTO events.outbox (
    kind, recipient_kind, recipient_id, ticket_id, area_id, body_zh, body_en, created_at
)
SELECT :kind, 'account', u.account_id, :ticket_id, :area_id, :body_zh, :body_en, :created_at
FROM events.accounts AS u
WHERE u.role = ANY(CAST(:roles AS text[])) AND u.disabled_at IS NULL
    AND u.area_id = ANY(CAST(:area_path AS integer[]))
    AND u.account_id IS DISTINCT FROM CAST(:but AS integer);

-- name: put_to_account
-- A notice to the person behind an actor's key, if it is one.
INSERT INTO events.outbox (
    kind, recipient_kind, recipient_id, ticket_id, area_id, body_zh, body_en, created_at
)
SELECT :kind, 'account', u.account_id, :ticket_id, :area_id, :body_zh, :body_en, :created_at
FROM events.accounts AS u
WHERE u.name = :account_name AND u.disabled_at IS NULL;

-- name: claim
-- Notices that wait for delivery; those that another process delivers are passed over.
SELECT notice_id, kind, recipient_kind, recipient_id, channel, ticket_id, area_id, body_zh,
    body_en, created_at, attempts
FROM events.outbox
WHERE delivered_at IS NULL AND not_before <= :now
ORDER BY not_before, notice_id
LIMIT :limit
FOR UPDATE SKIP LOCKED;

-- name: delivered
-- These notices are with their recipients.
UPDATE events.outbox SET delivered_at = :now, trouble = NULL
WHERE notice_id = ANY(CAST(:notice_ids AS bigint[]));

-- name: failed
-- A channel could not deliver: try again later.
UPDATE events.outbox
SET attempts = attempts + 1, trouble = :trouble, not_before = :not_before
WHERE notice_id = :notice_id;

-- name: for_account
-- What a person was told: directly, through the crew or through the department; newest first.
SELECT o.notice_id, o.kind, o.recipient_kind, o.recipient_id, o.channel, o.ticket_id, o.area_id,
    o.body_zh, o.body_en, o.created_at, o.attempts, r.read_at, t.number
FROM events.outbox AS o
LEFT JOIN events.read_receipts AS r ON r.notice_id = o.notice_id AND r.account_id = :account_id
LEFT JOIN events.tickets AS t ON t.ticket_id = o.ticket_id
WHERE (o.recipient_kind, o.recipient_id) IN (
        ('account', CAST(:account_id AS bigint)), ('crew', CAST(:crew_id AS bigint)),
        ('department', CAST(:department_id AS bigint)))
    AND o.delivered_at IS NOT NULL
ORDER BY o.notice_id DESC
LIMIT :limit;

-- name: for_report
-- What a resident was told about a report, in order.
SELECT o.notice_id, o.kind, o.body_zh, o.body_en, o.created_at
FROM events.outbox AS o
WHERE o.recipient_kind = 'reporter' AND o.recipient_id = :report_id
ORDER BY o.notice_id;

-- name: mark_read
-- A person has seen a notice (told again: nothing changes).
INSERT INTO events.read_receipts (notice_id, account_id, read_at)
SELECT o.notice_id, :account_id, :now
FROM events.outbox AS o
WHERE o.notice_id = ANY(CAST(:notice_ids AS bigint[]))
    AND (o.recipient_kind, o.recipient_id) IN (
        ('account', CAST(:account_id AS bigint)), ('crew', CAST(:crew_id AS bigint)),
        ('department', CAST(:department_id AS bigint)))
ON CONFLICT DO NOTHING;
