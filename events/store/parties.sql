-- name: add
-- A department is asked to assist.
INSERT INTO events.parties (ticket_id, department_id, crew_id, asked_at, asked_why, due_at)
VALUES (:ticket_id, :department_id, :crew_id, :asked_at, :asked_why, :due_at);

-- name: sign
-- An assisting department says that its part is done.
UPDATE events.parties
SET signed_at = :now, signed_by = grid.actor(), note = :note
WHERE ticket_id = :ticket_id AND department_id = :department_id
    AND signed_at IS NULL AND released_at IS NULL;

-- name: release
-- An assisting department is needed no more.
UPDATE events.parties
SET released_at = :now
WHERE ticket_id = :ticket_id AND department_id = :department_id
    AND signed_at IS NULL AND released_at IS NULL;

-- name: move_due
-- After a pause the parts are due later, as their clocks say.
UPDATE events.parties AS p
SET due_at = c.due_at
FROM events.ticket_clocks AS c
WHERE p.ticket_id = :ticket_id AND p.signed_at IS NULL AND p.released_at IS NULL
    AND c.ticket_id = p.ticket_id AND c.stage = 'assist' AND c.stopped_at IS NULL
    AND CAST(c.why ->> 'department_id' AS integer) = p.department_id;

-- name: of_ticket
-- All departments that assist or assisted, in the order in which they were asked.
SELECT p.party_id, p.ticket_id, p.department_id, d.code AS department_code,
    d.name_zh AS department_name_zh, d.name_en AS department_name_en, p.crew_id, p.asked_at,
    p.asked_by, p.asked_why, p.due_at, p.signed_at, p.signed_by, p.note, p.released_at
FROM events.parties AS p
JOIN events.departments AS d USING (department_id)
WHERE p.ticket_id = :ticket_id
ORDER BY p.party_id;

-- name: late
-- Departments whose part is late and that were not told yet, with the run of the clock that ran
-- out; tickets that others work on are passed over.
SELECT p.party_id, p.ticket_id, p.department_id, c.clock_id
FROM events.parties AS p
JOIN events.tickets AS t ON t.ticket_id = p.ticket_id
JOIN events.ticket_clocks AS c ON c.ticket_id = p.ticket_id AND c.stage = 'assist'
    AND c.stopped_at IS NULL AND CAST(c.why ->> 'department_id' AS integer) = p.department_id
WHERE p.signed_at IS NULL AND p.released_at IS NULL AND p.late_at IS NULL AND p.due_at <= :now
ORDER BY p.due_at, p.party_id
LIMIT :limit
FOR NO KEY UPDATE OF p, t SKIP LOCKED;

-- name: note_late
-- It was told that a part is late.
UPDATE events.parties SET late_at = :now WHERE party_id = :party_id;
