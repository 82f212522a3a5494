-- name: add
-- A message about a ticket (staff) or about a report (its resident).
INSERT INTO events.messages (ticket_id, report_id, area_id, audience, body, created_at)
VALUES (:ticket_id, :report_id, :area_id, :audience, :body, :created_at);

-- name: of_ticket
-- The conversation about a ticket: what staff wrote, and what the residents behind it wrote,
-- whichever ticket their report was with then; in order.
SELECT m.message_id, m.author, m.audience, m.body, m.created_at, NULL AS report_number
FROM events.messages AS m
WHERE m.ticket_id = :ticket_id
UNION ALL
SELECT m.message_id, m.author, m.audience, m.body, m.created_at, r.number
FROM events.ticket_events AS l
JOIN events.reports AS r ON r.event_id = l.event_id
JOIN events.messages AS m ON m.report_id = r.report_id
WHERE l.ticket_id = :ticket_id AND l.unlinked_at IS NULL
ORDER BY 1;

-- name: of_report
-- What the holder of a report's token may read: the own messages, and those of staff to residents.
SELECT m.message_id, m.author, m.audience, m.body, m.created_at, r.number AS report_number
FROM events.reports AS r
JOIN events.messages AS m ON m.report_id = r.report_id
WHERE r.report_id = :report_id
UNION ALL
SELECT m.message_id, m.author, m.audience, m.body, m.created_at, NULL
FROM events.reports AS r
JOIN events.ticket_events AS l ON l.event_id = r.event_id AND l.unlinked_at IS NULL
JOIN events.messages AS m ON m.ticket_id = l.ticket_id
WHERE r.report_id = :report_id AND m.audience = 'resident'
ORDER BY 1;

-- name: count_since
-- How many messages a report's resident wrote lately.
SELECT count(*) FROM events.messages WHERE report_id = :report_id AND created_at > :since;
