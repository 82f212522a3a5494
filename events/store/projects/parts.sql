-- name: samples
-- The water samples of a project, in the order in which they were taken.
SELECT sample_id, phase, taken_at, measured, water_class, standard, decided_by, laboratory,
    created_at, actor
FROM events.project_samples WHERE project_id = :project_id ORDER BY taken_at, sample_id;

-- name: sources
-- Where it comes from.
SELECT s.source_id, s.source, s.party, s.upstream_id, c.code AS upstream_code, s.created_at,
    s.actor, s.settled_at, s.settled_by, s.settled_note
FROM events.project_sources AS s
LEFT JOIN grid.components AS c ON c.component_id = s.upstream_id
WHERE s.project_id = :project_id ORDER BY s.source_id;

-- name: checks
-- How the six measures stand at a site.
SELECT item, met, note, at, actor FROM events.project_checks
WHERE project_id = :project_id ORDER BY at, item;

-- name: tickets
-- The tickets that belong to a project, the latest first; whether one waits for its sensors.
SELECT t.ticket_id, t.number, t.state, t.title_zh, t.title_en, t.occurred_at, l.linked_at, l.actor,
    l.why, t.state NOT IN ('closed', 'declined', 'merged') AS is_open,
    t.state NOT IN ('closed', 'declined', 'merged') AND t.recovered_at IS NULL
        AND EXISTS (
            SELECT FROM events.ticket_events AS e JOIN events.events AS v USING (event_id)
            WHERE e.ticket_id = t.ticket_id AND e.unlinked_at IS NULL AND v.thread IS NOT NULL
        ) AS waits_for_sensors
FROM events.project_tickets AS l
JOIN events.tickets AS t ON t.ticket_id = l.ticket_id
WHERE l.project_id = :project_id AND l.unlinked_at IS NULL
ORDER BY t.created_at DESC, t.ticket_id DESC;

-- name: photos
-- The photos of a project: when they were taken by the right time, and how far from its place.
SELECT a.kind, a.state, a.created_at,
    a.taken_at - coalesce(a.clock_off, interval '0') AS taken_at,
    ST_Distance(CAST(a.position AS geography), CAST(p.position AS geography)) AS away_m
FROM events.attachments AS a
JOIN events.projects AS p USING (project_id)
WHERE a.project_id = :project_id
ORDER BY a.created_at;

-- name: add_sample
-- A sample that was taken.
INSERT INTO events.project_samples (
    project_id, phase, taken_at, measured, water_class, standard, decided_by, laboratory, created_at
)
VALUES (
    :project_id, :phase, :taken_at, CAST(:measured AS jsonb), :water_class, :standard,
    CAST(:decided_by AS text[]), :laboratory, :now
)
RETURNING sample_id;

-- name: add_source
-- A source that was found.
INSERT INTO events.project_sources (project_id, source, party, upstream_id, created_at)
VALUES (:project_id, :source, :party, CAST(:upstream_id AS integer), :now)
RETURNING source_id;

-- name: settle
-- A source that was put right.
UPDATE events.project_sources
SET settled_at = :now, settled_by = grid.actor(), settled_note = :note
WHERE project_id = :project_id AND source_id = :source_id AND settled_at IS NULL;

-- name: check
-- How one measure stands; the last word counts.
INSERT INTO events.project_checks (project_id, item, met, note, at)
VALUES (:project_id, :item, :met, :note, :now)
ON CONFLICT (project_id, item) DO UPDATE
SET met = excluded.met, note = excluded.note, at = excluded.at, actor = grid.actor();

-- name: link
-- Tickets that belong to a project; those that are linked already stay as they are.
WITH made AS (
    INSERT INTO events.project_tickets (project_id, ticket_id, linked_at, why)
    SELECT :project_id, one.ticket_id, :now, CAST(:why AS jsonb)
    FROM unnest(CAST(:ticket_ids AS bigint[])) AS one (ticket_id)
    ON CONFLICT DO NOTHING
    RETURNING ticket_id
)
SELECT t.number FROM made JOIN events.tickets AS t USING (ticket_id) ORDER BY t.ticket_id;

-- name: unlink
-- A ticket that does not belong there.
UPDATE events.project_tickets
SET unlinked_at = :now, unlinked_by = grid.actor(), unlinked_why = :why
WHERE project_id = :project_id AND ticket_id = :ticket_id AND unlinked_at IS NULL;

-- name: component
-- A facility by its code.
SELECT component_id, kind FROM grid.components WHERE code = :code;

-- name: downstream
-- The live projects to which a facility was traced as their source.
SELECT DISTINCT p.number
FROM events.project_sources AS s
JOIN events.projects AS p USING (project_id)
WHERE s.upstream_id = :component_id AND p.ended_at IS NULL
ORDER BY p.number;
