-- name: with_simulated_crews
-- What simulated crews have in hand or have just finished.
SELECT t.ticket_id
FROM events.tickets AS t
JOIN events.crews AS c ON c.crew_id = t.crew_id
WHERE c.simulated AND t.state IN ('dispatched', 'accepted', 'disposed', 'verified')
ORDER BY t.updated_at, t.ticket_id
LIMIT :limit;

-- name: handed_back_before
-- Handed back and not dispatched since.
SELECT ticket_id
FROM events.tickets
WHERE state = 'filed' AND dispatched_at IS NOT NULL AND updated_at < :at
ORDER BY updated_at, ticket_id
LIMIT :limit;
