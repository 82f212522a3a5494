-- name: add
-- A resident's report; the token is kept as a digest only.
INSERT INTO events.reports (
    number, token_sha256, event_id, area_id, idempotency_key, request_sha256, language, created_at,
    contact_commitment
)
VALUES (
    :number, :token_sha256, :event_id, :area_id, :idempotency_key, :request_sha256, :language,
    :created_at, :contact_commitment
)
RETURNING report_id;

-- name: add_contact
-- How to reach the resident: personal data, apart from everything else.
INSERT INTO contact.contacts (report_id, salt, contact, created_at)
VALUES (:report_id, :salt, :contact, :created_at);

-- name: by_event
-- The report of an event with the cell it lies in.
SELECT r.report_id, r.number, r.token_sha256, r.event_id, r.request_sha256, r.language,
    r.created_at, c.code AS cell_code, a.name_zh AS area_name_zh, a.name_en AS area_name_en
FROM events.reports AS r
JOIN events.events AS e USING (event_id)
JOIN grid.areas AS a ON a.area_id = e.area_id
LEFT JOIN grid.cells AS c ON c.cell_id = e.cell_id
WHERE r.event_id = :event_id;

-- name: by_token
-- What the holder of a token may see: the report and its ticket.
SELECT r.report_id, r.number, r.event_id, r.language, r.created_at, e.category_code,
    k.name_zh AS category_name_zh, k.name_en AS category_name_en, c.code AS cell_code,
    a.name_zh AS area_name_zh, a.name_en AS area_name_en,
    l.ticket_id, t.number AS ticket_number, t.state, t.closed_at,
    EXISTS (
        SELECT FROM events.ratings AS g
        WHERE g.report_id = r.report_id AND g.ticket_id = t.ticket_id AND g.closed_at = t.closed_at
    ) AS rated
FROM events.reports AS r
JOIN events.events AS e USING (event_id)
JOIN events.categories AS k ON k.code = e.category_code
JOIN grid.areas AS a ON a.area_id = e.area_id
LEFT JOIN grid.cells AS c ON c.cell_id = e.cell_id
LEFT JOIN events.ticket_events AS l ON l.event_id = r.event_id AND l.unlinked_at IS NULL
LEFT JOIN events.tickets AS t ON t.ticket_id = l.ticket_id
WHERE r.token_sha256 = :token_sha256;

-- name: held
-- The report that a token is for, with the ticket that its event is with.
SELECT r.report_id, r.number, r.area_id, l.ticket_id
FROM events.reports AS r
LEFT JOIN events.ticket_events AS l ON l.event_id = r.event_id AND l.unlinked_at IS NULL
WHERE r.token_sha256 = :token_sha256;

-- name: among
-- Those of some events that are residents' reports.
SELECT event_id FROM events.reports WHERE event_id = ANY(CAST(:event_ids AS bigint[]));

-- name: contacts_of_ticket
-- How to reach the residents behind a ticket (events.actions.read_contacts notes who asked).
SELECT r.number, k.contact
FROM events.ticket_events AS l
JOIN events.reports AS r ON r.event_id = l.event_id
JOIN contact.contacts AS k ON k.report_id = r.report_id
WHERE l.ticket_id = :ticket_id AND l.unlinked_at IS NULL
ORDER BY r.report_id;
