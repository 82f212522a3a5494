-- name: of_tickets
-- The best photo of each kind that tickets need.
SELECT f.ticket_id, f.kind, f.state, f.has_place, f.is_placed, f.has_time, f.is_timed
FROM events.photo_proof AS f
WHERE f.ticket_id = ANY(ARRAY(SELECT unnest(CAST(:ticket_ids AS bigint[]))));
