-- name: open_at
-- How the tickets stood that were open at an instant, the gravest and most pressing first, with what
-- lists and marks show of them. NULL for areas: all.
SELECT p.ticket_id, t.number, p.state, p.version, t.category_code, t.layer, p.severity, t.source,
    t.title_zh, t.title_en, ST_X(t.position) AS lon, ST_Y(t.position) AS lat, t.cell_id, t.area_id,
    t.device_no, p.department_id, p.crew_id, p.supervised, t.occurred_at, t.created_at,
    t.updated_at, p.stage_at, p.due_at, k.name_zh AS category_name_zh,
    k.name_en AS category_name_en, c.code AS cell_code, a.path AS area_path,
    a.name_zh AS area_name_zh, a.name_en AS area_name_en, d.name_zh AS department_name_zh,
    d.name_en AS department_name_en, w.name_zh AS crew_name_zh, w.name_en AS crew_name_en
FROM (
    SELECT * FROM events.tickets_at(CAST(:then AS timestamptz))
    WHERE CAST(:area_ids AS integer[]) IS NULL OR area_id = ANY(CAST(:area_ids AS integer[]))
    ORDER BY severity DESC, due_at, ticket_id
    LIMIT :most
) AS p
JOIN events.tickets AS t USING (ticket_id)
JOIN events.category_versions AS k ON k.code = t.category_code AND k.version = t.category_version
JOIN grid.areas AS a ON a.area_id = t.area_id
LEFT JOIN grid.cells AS c ON c.cell_id = t.cell_id
LEFT JOIN events.departments AS d ON d.department_id = p.department_id
LEFT JOIN events.crews AS w ON w.crew_id = p.crew_id
ORDER BY p.severity DESC, p.due_at, p.ticket_id;

-- name: count_open
-- How many tickets were open at an instant.
SELECT count(*) FROM events.tickets_at(CAST(:then AS timestamptz))
WHERE CAST(:area_ids AS integer[]) IS NULL OR area_id = ANY(CAST(:area_ids AS integer[]));

-- name: levels
-- The worst finding that was known to last, for each device that had one.
SELECT device_no, max(level) AS level
FROM events.alarms_at(CAST(:then AS timestamptz))
GROUP BY device_no;

-- name: recent
-- The last events recorded until an instant, the newest first.
SELECT event_id FROM events.events
WHERE recorded_at <= :then
ORDER BY recorded_at DESC
LIMIT :most;

-- name: recent_inside
-- The last events recorded until an instant in some areas, the newest first.
SELECT e.event_id
FROM unnest(CAST(:area_ids AS integer[])) AS a (area_id)
CROSS JOIN LATERAL (
    SELECT event_id, recorded_at FROM events.events
    WHERE area_id = a.area_id AND recorded_at <= :then
    ORDER BY recorded_at DESC
    LIMIT :most
) AS e
ORDER BY e.recorded_at DESC
LIMIT :most;

-- name: links
-- The tickets that events were with at an instant: they still are, or were taken off later.
SELECT l.event_id, t.number
FROM (
    SELECT event_id, ticket_id FROM events.ticket_events
    WHERE event_id = ANY(CAST(:event_ids AS bigint[])) AND unlinked_at IS NULL
        AND linked_at <= :then
    UNION ALL
    SELECT event_id, ticket_id FROM events.ticket_events
    WHERE event_id = ANY(CAST(:event_ids AS bigint[])) AND unlinked_at IS NOT NULL
        AND linked_at <= :then AND unlinked_at > :then
) AS l
JOIN events.tickets AS t USING (ticket_id);

-- name: closed
-- How many tickets were closed in a span.
SELECT count(*) FROM events.ledger
WHERE verb = 'ticket.close' AND payload NOT LIKE '%"imported_at":%'
    AND at >= :since AND at <= :then
    AND (CAST(:area_ids AS integer[]) IS NULL OR area_id = ANY(CAST(:area_ids AS integer[])));

-- name: first
-- When the first event was recorded.
SELECT min(recorded_at) FROM events.events;

-- name: counted_until
-- Until when hours are counted.
SELECT until FROM events.past_counted;

-- name: moments
-- How many alarms were raised and tickets filed in each slice of a short span, counted one by one.
SELECT CAST(floor(extract(epoch FROM one.at - CAST(:first AS timestamptz)) / :slice_s) AS integer)
        AS slice, sum(one.alarms) AS alarms, sum(one.tickets) AS tickets
FROM (
    SELECT recorded_at AS at, 1 AS alarms, 0 AS tickets FROM events.events
    WHERE thread IS NOT NULL AND change = 'raised' AND recorded_at >= :since
        AND recorded_at < :until
        AND (CAST(:area_ids AS integer[]) IS NULL OR area_id = ANY(CAST(:area_ids AS integer[])))
    UNION ALL
    SELECT at, 0, 1 FROM events.ledger
    WHERE verb = 'ticket.file' AND payload NOT LIKE '%"imported_at":%' AND at >= :since
        AND at < :until
        AND (CAST(:area_ids AS integer[]) IS NULL OR area_id = ANY(CAST(:area_ids AS integer[])))
) AS one
GROUP BY 1;

-- name: hours
-- The same of a long span, from the hours that are counted; NULL for the area: the whole city.
SELECT CAST(floor(extract(epoch FROM hour - CAST(:first AS timestamptz)) / :slice_s) AS integer)
        AS slice, sum(alarms) AS alarms, sum(tickets) AS tickets
FROM events.past_hours
WHERE hour >= :since AND hour < :until AND area_id = ANY(
    CASE WHEN CAST(:area_id AS integer) IS NULL
    THEN ARRAY(SELECT area_id FROM grid.areas WHERE parent_id IS NULL)
    ELSE ARRAY[CAST(:area_id AS integer)] END)
GROUP BY 1;

-- name: claim_hours
-- From when hours are to be counted; one process at a time.
SELECT until FROM events.past_counted FOR UPDATE SKIP LOCKED;

-- name: count_hours
-- Count the hours of a span, in each area with all below it.
INSERT INTO events.past_hours (area_id, hour, alarms, tickets)
SELECT above.area_id, date_trunc('hour', one.at), sum(one.alarms), sum(one.tickets)
FROM (
    SELECT area_id, recorded_at AS at, 1 AS alarms, 0 AS tickets FROM events.events
    WHERE thread IS NOT NULL AND change = 'raised' AND recorded_at >= :since
        AND recorded_at < :until
    UNION ALL
    SELECT area_id, at, 0, 1 FROM events.ledger
    WHERE verb = 'ticket.file' AND payload NOT LIKE '%"imported_at":%' AND at >= :since
        AND at < :until
) AS one
JOIN grid.areas AS a USING (area_id)
CROSS JOIN unnest(a.path) AS above (area_id)
GROUP BY 1, 2
ON CONFLICT (area_id, hour) DO UPDATE SET alarms = excluded.alarms, tickets = excluded.tickets;

-- name: counted
-- Hours are counted until an instant.
UPDATE events.past_counted SET until = :until;

-- name: alarms_of
-- What was known at an instant of a device's findings in a span, the newest first.
SELECT * FROM (
    SELECT DISTINCT ON (p.thread) p.thread, p.level, e.title_zh, e.title_en, p.since,
        CASE WHEN p.until <= :then THEN p.until END AS until
    FROM events.alarm_past AS p
    JOIN events.events AS e USING (event_id)
    WHERE p.device_no = :device_no AND p.since <= :then AND p.until > :first
    ORDER BY p.thread, p.since DESC
) AS one
ORDER BY since DESC
LIMIT :most;
