-- name: in_hand
-- What crews have in hand; those that have nothing are left out.
SELECT l.crew_id, l.load, l.accepted + coalesce(g.given, 0) AS fixed
FROM (
    SELECT crew_id, count(*) AS load, count(*) FILTER (WHERE state = 'accepted') AS accepted
    FROM events.tickets
    WHERE state IN ('dispatched', 'accepted') AND crew_id = ANY(CAST(:crew_ids AS integer[]))
    GROUP BY crew_id
) AS l
LEFT JOIN (
    SELECT crew_id, count(*) AS given
    FROM events.tickets
    WHERE state = 'dispatched' AND routing ->> 'by_hand' = 'true'
    GROUP BY crew_id
) AS g USING (crew_id);
