-- name: add
-- Claim the keys and append the events whose key was new, in one statement: whoever claims a
-- key second waits for the first and then adds nothing. The arrays run in parallel.
WITH draft AS (
    SELECT *
    FROM ROWS FROM (unnest(
        CAST(:keys AS text[]), CAST(:sources AS text[]), CAST(:category_codes AS text[]),
        CAST(:severities AS smallint[]), CAST(:occurred_ats AS timestamptz[]),
        CAST(:lons AS double precision[]), CAST(:lats AS double precision[]),
        CAST(:source_crss AS text[]), CAST(:cell_ids AS integer[]), CAST(:area_ids AS integer[]),
        CAST(:component_ids AS integer[]), CAST(:device_nos AS integer[]),
        CAST(:threads AS text[]), CAST(:revisions AS integer[]), CAST(:changes AS text[]),
        CAST(:lates AS boolean[]), CAST(:titles_zh AS text[]), CAST(:titles_en AS text[]),
        CAST(:descriptions AS text[]), CAST(:wants_ticket AS boolean[])
    ), json_array_elements(CAST(:attributes AS json))) AS one (
        key, source, category_code, severity, occurred_at, lon, lat, source_crs, cell_id, area_id,
        component_id, device_no, thread, revision, change, late, title_zh, title_en, description,
        wants_ticket, attributes
    )
), claimed AS (
    INSERT INTO events.event_keys (key, event_id)
    SELECT key, nextval('events.events_event_id_seq') FROM draft ORDER BY key
    ON CONFLICT (key) DO NOTHING
    RETURNING key, event_id
), added AS (
    INSERT INTO events.events (
        event_id, source, category_code, severity, occurred_at, position, source_crs, cell_id,
        area_id, component_id, device_no, thread, revision, change, late, title_zh, title_en,
        description, attributes
    )
    OVERRIDING SYSTEM VALUE
    SELECT claimed.event_id, source, category_code, severity, occurred_at,
        ST_SetSRID(ST_MakePoint(lon, lat), 4326), source_crs, cell_id, area_id, component_id,
        device_no, thread, revision, change, late, title_zh, title_en, description,
        CAST(attributes AS jsonb)
    FROM claimed
    JOIN draft USING (key)
), waiting AS (
    INSERT INTO events.inbox (event_id, severity)
    SELECT claimed.event_id, severity FROM claimed JOIN draft USING (key) WHERE wants_ticket
)
SELECT key, event_id FROM claimed;

-- name: known
-- Events of keys that were claimed before, with their place.
SELECT k.key, k.event_id, e.cell_id, e.area_id
FROM events.event_keys AS k
JOIN events.events AS e USING (event_id)
WHERE k.key = ANY(CAST(:keys AS text[]));

-- name: by_ids
-- Events with their cell and layer, newest first.
SELECT e.event_id, e.source, e.category_code, e.severity, e.occurred_at, e.recorded_at,
    ST_X(e.position) AS lon, ST_Y(e.position) AS lat, e.source_crs, e.cell_id, e.area_id,
    e.component_id, e.device_no, e.thread, e.revision, e.change, e.late, e.title_zh, e.title_en,
    e.description, e.attributes, e.actor, c.code AS cell_code, a.path AS area_path, k.layer,
    t.number AS ticket_number, t.state AS ticket_state
FROM events.events AS e
JOIN events.categories AS k ON k.code = e.category_code
JOIN grid.areas AS a ON a.area_id = e.area_id
LEFT JOIN grid.cells AS c ON c.cell_id = e.cell_id
LEFT JOIN events.ticket_events AS l ON l.event_id = e.event_id AND l.unlinked_at IS NULL
LEFT JOIN events.tickets AS t ON t.ticket_id = l.ticket_id
WHERE e.event_id = ANY(ARRAY(SELECT unnest(CAST(:event_ids AS bigint[]))))
ORDER BY e.event_id DESC;

-- name: recent_ids
-- The newest events inside an area (none given: everywhere).
SELECT e.event_id
FROM events.events AS e
JOIN grid.areas AS a ON a.area_id = e.area_id
WHERE CAST(:area_id AS integer) IS NULL OR a.path @> ARRAY[CAST(:area_id AS integer)]
ORDER BY e.event_id DESC
LIMIT :limit;

-- name: head_of_thread
-- The latest revision of a finding.
SELECT change, revision FROM events.events
WHERE thread = :thread
ORDER BY revision DESC, event_id DESC
LIMIT 1;

-- name: area_path
-- The area itself and all above it.
SELECT path FROM grid.areas WHERE area_id = :area_id;

-- name: lock_threads
-- One at a time works on a finding; the keys come in a fixed order.
SELECT pg_advisory_xact_lock(7215005, hashtext(thread))
FROM unnest(CAST(:threads AS text[])) WITH ORDINALITY AS one (thread, n)
ORDER BY n;

-- name: lock_places
-- One at a time files tickets of a family in these squares; the keys come in a fixed order.
SELECT pg_advisory_xact_lock(7215003, hashtext(place))
FROM unnest(CAST(:places AS text[])) WITH ORDINALITY AS one (place, n)
ORDER BY n;
