-- name: with_simulated_crews
-- What simulated crews have in hand or have just finished.
SELECT t.ticket_id
FROM events.tickets AS t
JOIN events.crews AS c ON c.crew_id = t.crew_id
WHERE c.simulated AND t.state IN ('dispatched', 'accepted', 'disposed', 'verified')
ORDER BY t.updated_at, t.ticket_id
LIMIT :limit;

-- name: departments_at_work
-- Departments that have tickets which a plan may place.
SELECT d.department_id
FROM events.departments AS d
WHERE EXISTS (
    SELECT FROM events.tickets AS t
    WHERE t.department_id = d.department_id AND t.state = 'dispatched')
ORDER BY d.department_id;

-- name: movable
-- What a plan may place: tickets of a department that wait for a crew, or that the engine gave to
-- one which has not accepted them yet. Whom a person chose is never moved.
SELECT t.ticket_id, t.version, t.category_code, t.severity, ST_X(t.position) AS lon,
    ST_Y(t.position) AS lat, t.due_at, t.crew_id
FROM events.tickets AS t
WHERE t.department_id = :department_id AND t.state = 'dispatched'
    AND (t.crew_id IS NULL OR t.ticket_id NOT IN (
        SELECT h.ticket_id FROM events.tickets AS h
        WHERE h.department_id = :department_id AND h.state = 'dispatched'
            AND h.routing ->> 'by_hand' = 'true'))
ORDER BY t.ticket_id;

-- name: bases
-- Crews and where their day begins: all, or one by its id or code.
SELECT crew_id, code, name_zh, name_en, ST_X(base) AS lon, ST_Y(base) AS lat
FROM events.crews
WHERE disabled_at IS NULL
    AND (CAST(:crew_id AS integer) IS NULL OR crew_id = :crew_id)
    AND (CAST(:code AS text) IS NULL OR code = :code)
ORDER BY code;

-- name: stops
-- What crews have to go to.
SELECT crew_id, number, ST_X(position) AS lon, ST_Y(position) AS lat, severity, due_at
FROM events.tickets
WHERE crew_id = ANY(CAST(:crew_ids AS integer[])) AND state IN ('dispatched', 'accepted')
ORDER BY crew_id, ticket_id;

-- name: at_work
-- Where a crew's day begins, and when it works.
SELECT ST_X(c.base) AS lon, ST_Y(c.base) AS lat, (
    SELECT CAST(coalesce(jsonb_agg(jsonb_build_array(s.weekdays, s.starts_at, s.ends_at)
        ORDER BY s.shift_id), '[]') AS text)
    FROM events.shifts AS s WHERE s.crew_id = c.crew_id) AS shifts
FROM events.crews AS c
WHERE c.crew_id = :crew_id AND c.disabled_at IS NULL;

-- name: before
-- How many tickets of a crew come before one of them: what it has accepted, then what is due first.
SELECT count(*)
FROM events.tickets
WHERE crew_id = :crew_id AND state IN ('dispatched', 'accepted')
    AND (state = 'dispatched', coalesce(due_at, 'infinity'), -severity, ticket_id)
        < (CAST(:dispatched AS boolean), coalesce(CAST(:due_at AS timestamptz), 'infinity'),
            -CAST(:severity AS integer), CAST(:ticket_id AS bigint));

-- name: lock
-- Hold tickets until the end of the transaction; those that are gone from the state dispatched
-- meanwhile are left out, and those that somebody else works on: nobody is waited for.
SELECT ticket_id
FROM events.tickets
WHERE ticket_id = ANY(CAST(:ticket_ids AS bigint[])) AND state = 'dispatched'
ORDER BY ticket_id
FOR NO KEY UPDATE SKIP LOCKED;

-- name: handed_back_before
-- Handed back and not dispatched since.
SELECT ticket_id
FROM events.tickets
WHERE state = 'filed' AND dispatched_at IS NOT NULL AND updated_at < :at
ORDER BY updated_at, ticket_id
LIMIT :limit;
