-- name: put
-- Something is wrong with the duties: a new alert, or one more ticket of a known one.
INSERT INTO events.duty_alerts (version, position, kind, subject, because_zh, because_en, tickets,
    last_ticket, first_at, last_at)
VALUES (:version, :position, :kind, :subject, :because_zh, :because_en, :tickets,
    CAST(:last_ticket AS text), :now, :now)
ON CONFLICT (version, position, kind, subject) WHERE ended_at IS NULL DO UPDATE
SET tickets = duty_alerts.tickets + excluded.tickets,
    last_ticket = coalesce(excluded.last_ticket, duty_alerts.last_ticket),
    last_at = excluded.last_at
WHERE excluded.tickets > 0;

-- name: end_mended
-- Alerts about rules that work again, or that are in force no more.
UPDATE events.duty_alerts AS a SET ended_at = :now
WHERE a.ended_at IS NULL AND a.position > 0 AND NOT EXISTS (
    SELECT FROM jsonb_to_recordset(CAST(:standing AS jsonb))
        AS one (version integer, position integer, kind text, subject text)
    WHERE (one.version, one.position, one.kind, one.subject)
        = (a.version, a.position, a.kind, a.subject));

-- name: end_answered
-- Nothing of the category waits any more for somebody who answers.
UPDATE events.duty_alerts AS a SET ended_at = :now
WHERE a.ended_at IS NULL AND a.position = 0 AND NOT EXISTS (
    SELECT FROM events.tickets AS t
    WHERE t.state = 'filed' AND t.dispatched_at IS NULL AND t.category_code = a.subject);

-- name: standing
-- What is wrong now, the oldest first.
SELECT version, position, kind, subject, because_zh, because_en, tickets, last_ticket, first_at,
    last_at
FROM events.duty_alerts WHERE ended_at IS NULL
ORDER BY alert_id;

-- name: count
-- How much is wrong now.
SELECT count(*) FROM events.duty_alerts WHERE ended_at IS NULL;
