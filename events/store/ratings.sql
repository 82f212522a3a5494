-- name: add
-- What a resident says of one closing of a ticket; no row when that was said already.
INSERT INTO events.ratings (
    report_id, ticket_id, area_id, closed_at, solved, satisfied, stars, words, created_at
)
VALUES (
    :report_id, :ticket_id, :area_id, :closed_at, :solved, :satisfied, :stars, :words, :created_at
)
ON CONFLICT (report_id, ticket_id, closed_at) DO NOTHING
RETURNING rating_id;

-- name: of_ticket
-- All ratings of a ticket, in order.
SELECT a.rating_id, r.number AS report_number, a.closed_at, a.solved, a.satisfied, a.stars, a.words,
    a.created_at
FROM events.ratings AS a
JOIN events.reports AS r USING (report_id)
WHERE a.ticket_id = :ticket_id
ORDER BY a.rating_id;
