-- name: chosen
-- The most urgent open tickets of each of some areas (0: everywhere), with how many are open there:
-- ordered as events.model.urgency does.
WITH inside AS MATERIALIZED (
    SELECT o.asked, a.area_id
    FROM unnest(CAST(:asked AS integer[])) AS o (asked)
    JOIN grid.areas AS a ON o.asked = 0 OR a.path @> ARRAY[o.asked]
), urgent AS MATERIALIZED (
    SELECT t.ticket_id, t.area_id, t.severity, t.due_at,
        t.state = ANY(CAST(:desk AS text[])) AS undecided,
        t.severity >= :grave AND t.state = ANY(CAST(:untaken AS text[]))
            AND t.created_at > :alarms_since AS may_sound,
        CASE WHEN t.severity = 4 THEN 0 WHEN t.due_at <= :now THEN 1
            WHEN t.severity = 3 AND NOT t.state = ANY(CAST(:done AS text[])) THEN 2
            WHEN t.due_at - (t.due_at - coalesce(CASE t.state WHEN 'filed' THEN t.filed_at
                    WHEN 'dispatched' THEN t.dispatched_at WHEN 'accepted' THEN t.dispatched_at
                    WHEN 'disposed' THEN t.disposed_at WHEN 'verified' THEN t.verified_at END,
                t.created_at)) * CAST(:yellow_share AS double precision) <= :now THEN 3
            WHEN t.state = ANY(CAST(:done AS text[])) THEN 5 ELSE 4 END AS rank
    FROM events.tickets AS t
    WHERE t.state NOT IN ('closed', 'declined', 'merged')
        AND (CAST(:only AS bigint[]) IS NULL OR t.ticket_id = ANY(CAST(:only AS bigint[])))
), counted AS (
    SELECT i.asked, count(*) AS open,
        count(*) FILTER (WHERE u.due_at <= :now) AS overdue,
        count(*) FILTER (WHERE u.undecided) AS undecided
    FROM inside AS i
    JOIN urgent AS u USING (area_id)
    GROUP BY i.asked
)
SELECT c.asked, first.ticket_id, c.open, c.overdue, c.undecided
FROM counted AS c
CROSS JOIN LATERAL (
    SELECT u.* FROM urgent AS u
    WHERE u.area_id = ANY(ARRAY(SELECT i.area_id FROM inside AS i WHERE i.asked = c.asked))
    ORDER BY u.may_sound DESC, u.rank, u.undecided DESC, u.severity DESC, u.due_at, u.ticket_id
    LIMIT :most
) AS first
ORDER BY c.asked, first.may_sound DESC, first.rank, first.undecided DESC, first.severity DESC,
    first.due_at, first.ticket_id;

-- name: narrowed
-- The open tickets of a cell, of a device, of some layers ('': of none) or of all others, in a shape.
-- (By itself, because `chosen` reads no page of a ticket, only the index of the open ones.)
SELECT t.ticket_id FROM events.tickets AS t
WHERE t.state NOT IN ('closed', 'declined', 'merged')
    AND (CAST(:cell_id AS integer) IS NULL OR t.cell_id = :cell_id)
    AND (CAST(:device_no AS integer) IS NULL OR t.device_no = :device_no)
    AND (CAST(:layers AS text[]) IS NULL
        OR (coalesce(t.layer, '') = ANY(CAST(:layers AS text[]))) <> CAST(:others AS boolean))
    AND (CAST(:shape AS bytea) IS NULL
        OR ST_Intersects(t.position, ST_GeomFromWKB(:shape, 4326)));

-- name: groups
-- Open tickets in a box that are not among those told one by one, by square of a grid (so many
-- squares around the globe) and by layer; what only one ticket has, where it is one.
SELECT t.layer, count(*) AS n, avg(ST_X(t.position)) AS lon, avg(ST_Y(t.position)) AS lat,
    max(t.severity) AS worst, count(*) FILTER (WHERE t.due_at <= :now) AS overdue,
    count(*) FILTER (WHERE t.state = ANY(CAST(:done AS text[])) AND t.severity < :critical
        AND (t.due_at IS NULL OR t.due_at > :now)) AS only_wait,
    max(t.cell_id) AS cell_id,
    CASE WHEN count(*) = 1 THEN min(t.ticket_id) END AS ticket_id,
    CASE WHEN count(*) = 1 THEN min(t.number) END AS number
FROM events.tickets AS t
WHERE t.position && ST_MakeEnvelope(:west, :south, :east, :north, 4326)
    AND t.state NOT IN ('closed', 'declined', 'merged')
    AND (CAST(:area_ids AS integer[]) IS NULL OR t.area_id = ANY(CAST(:area_ids AS integer[])))
    AND t.ticket_id <> ALL(CAST(:told AS bigint[]))
GROUP BY t.layer,
    floor((ST_X(t.position) + 180) / 360 * CAST(:squares AS double precision)),
    floor(ln(tan(radians(ST_Y(t.position)) / 2 + pi() / 4)) / (2 * pi())
        * CAST(:squares AS double precision))
LIMIT :most;
