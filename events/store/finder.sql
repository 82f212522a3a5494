-- name: by_digits
-- Tickets whose number ends in some digits, the newest first. Numbers are a day and a count of that
-- day, so that those there may be are written down and asked for one by one. NULL for areas: all;
-- for the department: any.
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
    SELECT i.ticket_id FROM events.tickets AS i
    WHERE i.number = to_char(d.day, 'YYYYMMDD') || '-'
            || lpad(CAST(one.n AS text), greatest(5, length(CAST(one.n AS text))), '0')
        AND (CAST(:area_ids AS integer[]) IS NULL
            OR i.area_id = ANY(CAST(:area_ids AS integer[])))
        AND (CAST(:department_id AS integer) IS NULL
            OR i.department_id = CAST(:department_id AS integer)
            OR EXISTS (
                SELECT FROM events.parties AS p
                WHERE p.ticket_id = i.ticket_id AND p.released_at IS NULL
                    AND p.department_id = CAST(:department_id AS integer)))
    LIMIT 1
) AS t
ORDER BY d.day DESC, one.n DESC
LIMIT :most;
