-- name: by_digits
-- Tickets whose number ends in some digits, the newest first. Numbers are a day and a count of that
-- day, so that those there may be are written down and asked for one by one.
SELECT t.ticket_id
FROM (
    SELECT day, last FROM events.counters
    WHERE kind = 'ticket' AND last >= :first AND to_char(day, 'YYYYMMDD') LIKE '%' || :day_ends
    ORDER BY day DESC
    LIMIT 400
) AS d
CROSS JOIN LATERAL generate_series(
    CAST(:first AS integer), d.last, CAST(:step AS integer)) AS one (n)
CROSS JOIN LATERAL (
    SELECT ticket_id FROM events.tickets
    WHERE number = to_char(d.day, 'YYYYMMDD') || '-'
        || lpad(CAST(one.n AS text), greatest(5, length(CAST(one.n AS text))), '0')
    LIMIT 1
) AS t
ORDER BY d.day DESC, one.n DESC
LIMIT :most;
