-- name: add
-- A move that waits for a second person; no row when the same waits already.
INSERT INTO events.proposals (
    ticket_id, area_id, verb, reason, given, asked_at, deciders, people
)
VALUES (
    :ticket_id, :area_id, :verb, :reason, CAST(:given AS jsonb), :asked_at,
    CAST(:deciders AS text[]), CAST(:people AS text[])
)
ON CONFLICT (ticket_id, verb) WHERE outcome = 'pending' DO NOTHING
RETURNING proposal_id;

-- name: of_ticket
-- All proposals about a ticket, in order.
SELECT proposal_id, ticket_id, verb, reason, given, asked_by, asked_at, outcome, approvals,
    deciders, decided_by, decided_at, decided_why
FROM events.proposals
WHERE ticket_id = :ticket_id
ORDER BY proposal_id;

-- name: approve
-- One more approval; the next level decides now.
UPDATE events.proposals
SET approvals = CAST(:approvals AS jsonb), deciders = CAST(:deciders AS text[]),
    people = CAST(:people AS text[])
WHERE proposal_id = :proposal_id AND outcome = 'pending';

-- name: decide
-- The end of a proposal.
UPDATE events.proposals
SET outcome = :outcome, decided_by = :decided_by, decided_at = :decided_at,
    decided_why = :decided_why, approvals = CAST(:approvals AS jsonb)
WHERE proposal_id = :proposal_id AND outcome = 'pending';

-- name: lapse
-- A ticket went where these can no longer be made.
UPDATE events.proposals
SET outcome = 'lapsed', decided_by = grid.actor(), decided_at = :now
WHERE ticket_id = :ticket_id AND outcome = 'pending' AND verb <> ALL(CAST(:possible AS text[]))
RETURNING proposal_id, verb;

-- name: pending_of
-- What waits for a decision about some tickets.
SELECT ticket_id, verb, deciders, people
FROM events.proposals
WHERE ticket_id = ANY(CAST(:ticket_ids AS bigint[])) AND outcome = 'pending'
ORDER BY proposal_id;

-- name: partners
-- The other tickets that pending proposals about a ticket would touch.
SELECT given ->> 'into' AS number
FROM events.proposals AS p
JOIN events.tickets AS t USING (ticket_id)
WHERE t.number = :number AND p.outcome = 'pending' AND p.given ? 'into';
