-- name: hold
-- Until the end of the transaction nobody else writes alerts; taken last, after all other locks.
SELECT pg_advisory_xact_lock(7215010);

-- name: put
-- Things are wrong with the duties: new alerts, or more tickets of known ones.
INSERT INTO events.duty_alerts (version, position, kind, subject, because_zh, because_en, tickets,
    last_ticket, first_at, last_at)
SELECT CAST(one.c ->> 0 AS integer), CAST(one.c ->> 1 AS integer), one.c ->> 2, one.c ->> 3,
    one.c ->> 4, one.c ->> 5, CAST(one.c ->> 6 AS integer), one.c ->> 7,
    CAST(one.c ->> 8 AS timestamptz), CAST(one.c ->> 8 AS timestamptz)
FROM json_array_elements(CAST(:rows AS json)) AS one (c)
ON CONFLICT (version, position, kind, subject) WHERE ended_at IS NULL DO UPDATE
SET tickets = duty_alerts.tickets + excluded.tickets,
    last_ticket = coalesce(excluded.last_ticket, duty_alerts.last_ticket),
    last_at = excluded.last_at
WHERE excluded.tickets > 0;

-- name: end_mended
-- Alerts about rules that work again, or that are in force no more.
UPDATE events.duty_alerts AS a SET ended_at = :now
WHERE a.ended_at IS NULL AND a.position > 0 AND NOT EXISTS (
    SELECT FROM json_array_elements(CAST(:standing AS json)) AS one (c)
    WHERE (CAST(one.c ->> 0 AS integer), CAST(one.c ->> 1 AS integer), one.c ->> 2, one.c ->> 3)
        = (a.version, a.position, a.kind, a.subject));

-- name: end_answered
-- Nothing of the category waits any more for somebody who answers; or that was so under a version
-- before: under the one in force it is said anew.
UPDATE events.duty_alerts AS a SET ended_at = :now
WHERE a.ended_at IS NULL AND a.position = 0 AND (a.version < :version OR NOT EXISTS (
    SELECT FROM events.tickets AS t
    WHERE t.state = 'filed' AND t.dispatched_at IS NULL AND t.category_code = a.subject));

-- name: standing
-- What is wrong now, the oldest first.
SELECT version, position, kind, subject, because_zh, because_en, tickets, last_ticket, first_at,
    last_at
FROM events.duty_alerts WHERE ended_at IS NULL
ORDER BY alert_id;

-- name: count
-- How much is wrong now.
SELECT count(*) FROM events.duty_alerts WHERE ended_at IS NULL;
