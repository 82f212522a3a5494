-- name: load
-- Tickets with the names that people see.
SELECT t.ticket_id, t.number, t.state, t.version, t.category_code, t.category_version, t.family,
    t.layer, t.severity, t.source, t.title_zh, t.title_en, t.description, ST_X(t.position) AS lon,
    ST_Y(t.position) AS lat, t.cell_id, t.area_id, t.component_id, t.device_no, t.department_id,
    t.crew_id, t.routing, t.merged_into, t.supervised, t.occurred_at, t.created_at, t.updated_at,
    t.filed_at, t.dispatched_at, t.accepted_at, t.disposed_at, t.disposed_by, t.verified_at,
    t.closed_at, t.recovered_at, t.due_at, t.overdue_at, t.late_at, t.extensions, t.suspended_at,
    t.resume_at, t.appealed_at, t.exempted_at, t.parent_id, t.owned_by,
    b.assisting, b.unsigned, k.proof_photos, k.geofence_m, k.recovers_for,
    EXISTS (
        SELECT FROM events.ticket_events AS l
        JOIN events.events AS e USING (event_id)
        WHERE l.ticket_id = t.ticket_id AND l.unlinked_at IS NULL AND e.thread IS NOT NULL
    ) AS is_measured,
    (
        SELECT count(*) FROM events.tickets AS c
        WHERE c.parent_id = t.ticket_id AND c.state NOT IN ('closed', 'declined', 'merged')
    ) AS open_parts,
    h.number AS parent_number,
    coalesce(h.state IN ('closed', 'declined', 'merged'), false) AS parent_closed,
    m.number AS merged_number,
    k.name_zh AS category_name_zh, k.name_en AS category_name_en, c.code AS cell_code,
    a.path AS area_path, a.name_zh AS area_name_zh, a.name_en AS area_name_en,
    d.code AS department_code, d.name_zh AS department_name_zh, d.name_en AS department_name_en,
    w.code AS crew_code, w.name_zh AS crew_name_zh, w.name_en AS crew_name_en
FROM events.tickets AS t
JOIN events.category_versions AS k ON k.code = t.category_code AND k.version = t.category_version
JOIN grid.areas AS a ON a.area_id = t.area_id
LEFT JOIN grid.cells AS c ON c.cell_id = t.cell_id
LEFT JOIN events.departments AS d ON d.department_id = t.department_id
LEFT JOIN events.crews AS w ON w.crew_id = t.crew_id
LEFT JOIN events.tickets AS h ON h.ticket_id = t.parent_id
LEFT JOIN events.tickets AS m ON m.ticket_id = t.merged_into
CROSS JOIN LATERAL (
    SELECT coalesce(array_agg(p.department_id ORDER BY p.party_id), '{}') AS assisting,
        coalesce(array_agg(p.department_id ORDER BY p.party_id)
            FILTER (WHERE p.signed_at IS NULL), '{}') AS unsigned
    FROM events.parties AS p
    WHERE p.ticket_id = t.ticket_id AND p.released_at IS NULL
) AS b
WHERE t.ticket_id = ANY(ARRAY(SELECT unnest(CAST(:ticket_ids AS bigint[]))));

-- name: ids_of_numbers
-- Ticket ids by their readable numbers.
SELECT ticket_id FROM events.tickets WHERE number = ANY(CAST(:numbers AS text[]));

-- name: lock
-- Hold tickets until the end of the transaction, so that their rows are read as they are; always
-- in the same order, so that two who need the same ones do not wait for each other.
SELECT ticket_id, number FROM events.tickets
WHERE number = ANY(CAST(:numbers AS text[]))
ORDER BY ticket_id
FOR NO KEY UPDATE;

-- name: lock_id
-- Hold a ticket by its id until the end of the transaction.
SELECT ticket_id FROM events.tickets WHERE ticket_id = :ticket_id FOR NO KEY UPDATE;

-- name: try_lock_id
-- The same, unless somebody else holds it: no row then.
SELECT ticket_id FROM events.tickets WHERE ticket_id = :ticket_id
FOR NO KEY UPDATE SKIP LOCKED;

-- name: insert
-- A new ticket in state reported, to be compared with those around it, and to be looked at for
-- the projects that it may belong to.
WITH made AS (
INSERT INTO events.tickets (
    number, state, category_code, category_version, family, layer, severity, source, title_zh, title_en, description,
    position, cell_id, area_id, component_id, device_no, occurred_at, created_at, updated_at,
    due_at, parent_id, owned_by
)
VALUES (
    :number, 'reported', :category_code, :category_version, :family, :layer, :severity, :source, :title_zh, :title_en,
    :description, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :cell_id, :area_id, :component_id,
    :device_no, :occurred_at, :created_at, :created_at, :due_at, :parent_id,
    :owned_by
)
RETURNING ticket_id, area_id, cell_id, parent_id
), asked AS (
    INSERT INTO events.to_compare (ticket_id) SELECT ticket_id FROM made
), told AS (
    INSERT INTO events.to_relate (ticket_id) SELECT ticket_id FROM made
)
SELECT t.ticket_id, h.number AS parent_number,
    coalesce(h.state IN ('closed', 'declined', 'merged'), false) AS parent_closed,
    c.code AS cell_code, a.path AS area_path, a.name_zh AS area_name_zh, a.name_en AS area_name_en
FROM made AS t
JOIN grid.areas AS a ON a.area_id = t.area_id
LEFT JOIN grid.cells AS c ON c.cell_id = t.cell_id
LEFT JOIN events.tickets AS h ON h.ticket_id = t.parent_id;

-- name: save
-- Write what may change, only over the version that was read: no row means somebody was faster.
-- And whether something is proposed about it, and whether residents wait for news of it.
UPDATE events.tickets
SET version = version + 1, state = :state, category_code = :category_code, family = :family,
    layer = :layer, severity = :severity, title_zh = :title_zh, title_en = :title_en,
    department_id = :department_id, crew_id = :crew_id, routing = CAST(:routing AS jsonb),
    merged_into = :merged_into, supervised = :supervised, updated_at = :updated_at,
    filed_at = :filed_at, dispatched_at = :dispatched_at, accepted_at = :accepted_at,
    disposed_at = :disposed_at, disposed_by = :disposed_by, verified_at = :verified_at,
    closed_at = :closed_at, recovered_at = :recovered_at, due_at = :due_at, overdue_at = :overdue_at,
    late_at = :late_at, extensions = :extensions, suspended_at = :suspended_at,
    resume_at = :resume_at, appealed_at = :appealed_at, exempted_at = :exempted_at,
    owned_by = :owned_by
WHERE ticket_id = :ticket_id AND version = :version
RETURNING version,
    EXISTS (
        SELECT FROM events.proposals AS p
        WHERE p.ticket_id = tickets.ticket_id AND p.outcome = 'pending'
    ) AS has_proposals,
    EXISTS (
        SELECT FROM events.ticket_events AS l
        JOIN events.reports AS r ON r.event_id = l.event_id
        WHERE l.ticket_id = tickets.ticket_id AND l.unlinked_at IS NULL
    ) AS has_reporters;

-- name: save_fresh
-- Write what became of tickets that this transaction has made, each as it is in the end.
UPDATE events.tickets AS t
SET version = s.version, state = s.state, category_code = s.category_code, family = s.family,
    layer = s.layer, severity = s.severity, title_zh = s.title_zh, title_en = s.title_en,
    department_id = s.department_id, crew_id = s.crew_id, routing = s.routing,
    merged_into = s.merged_into, supervised = s.supervised, updated_at = s.updated_at,
    filed_at = s.filed_at, dispatched_at = s.dispatched_at, accepted_at = s.accepted_at,
    disposed_at = s.disposed_at, disposed_by = s.disposed_by, verified_at = s.verified_at,
    closed_at = s.closed_at, recovered_at = s.recovered_at, due_at = s.due_at,
    overdue_at = s.overdue_at, late_at = s.late_at, extensions = s.extensions,
    suspended_at = s.suspended_at, resume_at = s.resume_at, appealed_at = s.appealed_at,
    exempted_at = s.exempted_at, owned_by = s.owned_by
FROM jsonb_populate_recordset(CAST(NULL AS events.tickets), CAST(:rows AS jsonb)) AS s
WHERE t.ticket_id = s.ticket_id;

-- name: nearby
-- Open tickets of a family in reach, the nearest ones, with the time of their latest event (of the
-- last ones linked: a ticket may have thousands), what people wrote, and the hashes of photos.
SELECT t.ticket_id, t.number, t.category_code, ST_X(t.position) AS lon, ST_Y(t.position) AS lat,
    t.occurred_at, t.component_id, t.device_no,
    CASE WHEN t.source = 'sensor' THEN '' ELSE t.description END AS description,
    greatest(t.occurred_at, (
        SELECT max(e.occurred_at)
        FROM (
            SELECT l.event_id
            FROM events.ticket_events AS l
            WHERE l.ticket_id = t.ticket_id AND l.unlinked_at IS NULL
            ORDER BY l.linked_at DESC
            LIMIT 20
        ) AS latest
        JOIN events.events AS e USING (event_id)
    )) AS seen_at,
    ARRAY(
        SELECT p.perceptual_hash
        FROM (
            SELECT l.event_id
            FROM events.ticket_events AS l
            WHERE l.ticket_id = t.ticket_id AND l.unlinked_at IS NULL AND t.source <> 'sensor'
            ORDER BY l.linked_at DESC
            LIMIT 20
        ) AS latest
        JOIN events.attachments AS p USING (event_id)
        WHERE p.perceptual_hash IS NOT NULL
    ) AS photos
FROM (
    SELECT *
    FROM events.tickets AS t
    WHERE t.position && ST_MakeEnvelope(
            CAST(:lon AS double precision) - CAST(:east AS double precision),
            CAST(:lat AS double precision) - CAST(:north AS double precision),
            CAST(:lon AS double precision) + CAST(:east AS double precision),
            CAST(:lat AS double precision) + CAST(:north AS double precision), 4326)
        AND t.state NOT IN ('closed', 'declined', 'merged')
        AND t.state <> 'verified'
        AND t.family = :family AND t.parent_id IS NULL
    ORDER BY t.position <-> ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), t.ticket_id
    LIMIT :limit
) AS t;

-- name: link
-- Put an event to a ticket; reversible.
INSERT INTO events.ticket_events (ticket_id, event_id, linked_at, why)
SELECT CAST(l.c ->> 0 AS bigint), CAST(l.c ->> 1 AS bigint), CAST(l.c ->> 2 AS timestamptz), l.c -> 3
FROM jsonb_array_elements(CAST(:rows AS jsonb)) AS l (c);

-- name: holder_of_event
-- The ticket that an event is linked to.
SELECT ticket_id FROM events.ticket_events WHERE event_id = :event_id AND unlinked_at IS NULL;

-- name: holder_of_thread
-- The ticket that holds a finding: any of its revisions is linked to it.
SELECT l.ticket_id
FROM events.events AS e
JOIN events.ticket_events AS l ON l.event_id = e.event_id AND l.unlinked_at IS NULL
WHERE e.thread = :thread
ORDER BY l.linked_at DESC, l.ticket_id DESC
LIMIT 1;

-- name: thread_heads
-- What the latest linked revision of each finding behind a ticket says.
SELECT DISTINCT ON (e.thread) e.thread, e.change, e.occurred_at
FROM events.ticket_events AS l
JOIN events.events AS e USING (event_id)
WHERE l.ticket_id = :ticket_id AND l.unlinked_at IS NULL AND e.thread IS NOT NULL
ORDER BY e.thread, e.revision DESC, e.event_id DESC;

-- name: linked_events
-- The events behind a ticket with the reason of their link, in the order of linking.
SELECT l.event_id, l.linked_at, l.why, l.actor, l.unlinked_at
FROM events.ticket_events AS l
WHERE l.ticket_id = :ticket_id
ORDER BY l.linked_at, l.event_id;

-- name: overdue
-- Late tickets whose lateness was not told yet; others may work on other rows meanwhile.
SELECT ticket_id
FROM events.tickets
WHERE state NOT IN ('closed', 'declined', 'merged')
    AND due_at <= :now AND overdue_at IS NULL
ORDER BY due_at
LIMIT :limit
FOR NO KEY UPDATE SKIP LOCKED;

-- name: recovered
-- Disposed tickets whose sensors are quiet for as long as they must be, with the photos that their
-- category asks for. Where people reported it after the sensors fell quiet, a person has to look.
SELECT t.ticket_id
FROM events.tickets AS t
JOIN events.category_versions AS k ON k.code = t.category_code AND k.version = t.category_version
WHERE t.state = 'disposed' AND t.recovered_at + coalesce(k.recovers_for, interval '0') <= :now
    AND (
        -- (a value, so that it is looked up for each of the few tickets)
        SELECT coalesce(bool_and(f.state IS NOT DISTINCT FROM 'ready' AND f.is_placed
            AND f.is_timed), true)
        FROM events.photo_proof AS f
        WHERE f.ticket_id = t.ticket_id
    )
    AND NOT EXISTS (
        SELECT FROM events.ticket_events AS l
        JOIN events.events AS e USING (event_id)
        WHERE l.ticket_id = t.ticket_id AND l.unlinked_at IS NULL
            AND e.thread IS NULL AND e.occurred_at > t.recovered_at)
    AND NOT EXISTS (
        SELECT FROM events.tickets AS c
        WHERE c.parent_id = t.ticket_id AND c.state NOT IN ('closed', 'declined', 'merged'))
    AND NOT EXISTS (
        SELECT FROM events.parties AS p
        WHERE p.ticket_id = t.ticket_id AND p.signed_at IS NULL AND p.released_at IS NULL)
ORDER BY t.ticket_id
LIMIT :limit
FOR NO KEY UPDATE OF t SKIP LOCKED;

-- name: to_resume
-- Suspended tickets whose time has come, locked; others may work on other rows meanwhile.
SELECT ticket_id
FROM events.tickets
WHERE resume_at <= :now
ORDER BY resume_at
LIMIT :limit
FOR NO KEY UPDATE SKIP LOCKED;

-- name: unlink
-- Take events off a ticket; who did it and why stays.
UPDATE events.ticket_events
SET unlinked_at = :now, unlinked_by = grid.actor(), unlinked_why = :why
WHERE ticket_id = :ticket_id AND unlinked_at IS NULL
    AND event_id = ANY(CAST(:event_ids AS bigint[]));

-- name: relink
-- Put events to a ticket that were with another one; a second time in one instant is a moment
-- later, because the history of a link is never overwritten.
INSERT INTO events.ticket_events (ticket_id, event_id, linked_at, why)
SELECT :ticket_id, one.event_id, greatest(:linked_at, (
        SELECT max(l.linked_at) + interval '1 microsecond'
        FROM events.ticket_events AS l
        WHERE l.ticket_id = :ticket_id AND l.event_id = one.event_id
    )), CAST(:why AS jsonb)
FROM unnest(CAST(:event_ids AS bigint[])) AS one (event_id);

-- name: live_links
-- The events that are with a ticket now, with their finding and what put them there.
SELECT l.event_id, e.thread, l.why ->> 'merged_from' AS merged_from
FROM events.ticket_events AS l
JOIN events.events AS e USING (event_id)
WHERE l.ticket_id = :ticket_id AND l.unlinked_at IS NULL
ORDER BY l.event_id;

-- name: parts
-- The numbers and states of the tickets that are parts of one, in order.
SELECT number, state, title_zh, title_en, department_id
FROM events.tickets
WHERE parent_id = :ticket_id
ORDER BY ticket_id;

-- name: undispatched
-- Filed tickets that no department answers for yet and that no department handed back, the gravest
-- of each category and area first: those without a duty must not keep the others waiting.
SELECT ticket_id
FROM events.tickets
WHERE state = 'filed' AND dispatched_at IS NULL
ORDER BY row_number() OVER (
    PARTITION BY category_code, area_id ORDER BY severity DESC, ticket_id
), severity DESC, ticket_id
LIMIT :limit;

-- name: open_ids
-- Open tickets in a scope, the gravest first.
SELECT t.ticket_id
FROM events.tickets AS t
JOIN grid.areas AS a ON a.area_id = t.area_id
WHERE t.state NOT IN ('closed', 'declined', 'merged')
    AND (CAST(:area_id AS integer) IS NULL OR a.path @> ARRAY[CAST(:area_id AS integer)])
    AND (CAST(:department_id AS integer) IS NULL OR t.department_id = :department_id)
ORDER BY t.severity DESC, t.ticket_id DESC
LIMIT :limit;

-- name: of_crew
-- What a crew has in hand, and what it has just done; the most pressing first.
SELECT ticket_id
FROM events.tickets
WHERE crew_id = :crew_id AND state IN ('dispatched', 'accepted', 'disposed')
ORDER BY array_position(ARRAY['accepted', 'dispatched', 'disposed'], state), due_at, ticket_id
LIMIT :limit;
