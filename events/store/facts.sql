-- name: claim
-- The tickets of the oldest changes, which are taken off the list: a rollback gives them back.
DELETE FROM events.to_count
WHERE change_id IN (
    SELECT change_id FROM events.to_count ORDER BY change_id LIMIT :limit
)
RETURNING ticket_id;

-- name: one_counts
-- Whether it is this transaction that counts; two at once would add the same difference twice.
SELECT pg_try_advisory_xact_lock(hashtext('events.facts'));

-- name: let_me_count
-- Wait until it is this transaction that counts.
SELECT pg_advisory_xact_lock(hashtext('events.facts'));

-- name: waits
-- How many changes are not counted yet, as far as anybody asks.
SELECT count(*) FROM (SELECT FROM events.to_count LIMIT 10000) AS one;

-- name: pending
-- Which of the given tickets changed and are not counted yet, or wait for one in their cell that did:
-- it may be a relapse of theirs.
SELECT t.ticket_id
FROM events.tickets AS t
WHERE t.ticket_id = ANY(CAST(:ticket_ids AS bigint[])) AND EXISTS (
    SELECT FROM events.to_count AS c
    JOIN events.tickets AS n USING (ticket_id)
    WHERE c.ticket_id = t.ticket_id
        OR (n.cell_id = t.cell_id AND n.category_code = t.category_code));

-- name: neighbours
-- Tickets of the same cell and category with a closing that the given ones follow as a relapse, and
-- that is not marked so; or that are marked so, and these are none (any more).
SELECT DISTINCT o.ticket_id
FROM events.tickets AS t
JOIN events.tickets AS o ON o.cell_id = t.cell_id AND o.category_code = t.category_code
    AND o.ticket_id <> t.ticket_id AND o.updated_at >= t.created_at - interval '90 days'
JOIN events.facts AS f ON f.ticket_id = o.ticket_id AND f.ground = 'closing'
    AND f.at < t.created_at AND f.at >= t.created_at - interval '90 days'
WHERE t.ticket_id = ANY(CAST(:ticket_ids AS bigint[]))
    AND (f.marks & 16 = 0) = (t.filed_at IS NOT NULL AND t.parent_id IS NULL
        AND t.state NOT IN ('declined', 'merged'));

-- name: put_to_count
-- Tickets that are to be counted anew though they did not change.
INSERT INTO events.to_count (ticket_id) SELECT unnest(CAST(:ticket_ids AS bigint[]));

-- name: forget_changes
-- Nothing need be counted for what changed until now, because everything is.
DELETE FROM events.to_count;

-- name: ids_after
-- Ticket ids in order, to go through all of them.
SELECT ticket_id FROM events.tickets WHERE ticket_id > :after ORDER BY ticket_id LIMIT :limit;

-- name: count
-- What counts of the given tickets, derived anew; what differs from the facts that are there is
-- written, and (with :sums) the difference is added to the sums of its days. Which grounds changed
-- of whom.
WITH asked AS MATERIALIZED (
    SELECT t.ticket_id, t.state, t.source, t.parent_id, t.category_code, t.area_id, t.cell_id,
        t.department_id, t.crew_id, t.created_at, t.exempted_at
    FROM events.tickets AS t
    WHERE t.ticket_id = ANY(CAST(:ticket_ids AS bigint[]))
), moves AS MATERIALIZED (
    -- life: how often it was closed before
    SELECT l.ticket_id, l.entry_id, l.at, substr(l.verb, 8) AS verb,
        coalesce(CASE WHEN strpos(l.payload, '"imported_as":') > 0
            THEN CAST(l.payload AS jsonb) ->> 'imported_as' END, l.actor) AS person,
        count(*) FILTER (WHERE l.verb = 'ticket.close') OVER (
            PARTITION BY l.ticket_id ORDER BY l.entry_id
            ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS life,
        count(*) FILTER (WHERE l.verb = 'ticket.file') OVER (
            PARTITION BY l.ticket_id ORDER BY l.entry_id) AS filing,
        count(*) FILTER (WHERE l.verb = 'ticket.dispatch') OVER (
            PARTITION BY l.ticket_id ORDER BY l.entry_id) AS dispatching
    FROM events.ledger AS l
    WHERE l.ticket_id = ANY(CAST(:ticket_ids AS bigint[])) AND l.verb IN (
        'ticket.file', 'ticket.decline', 'ticket.false_alarm', 'ticket.dispatch', 'ticket.accept',
        'ticket.hand_back', 'ticket.dispose', 'ticket.verify', 'ticket.vouch', 'ticket.rework',
        'ticket.close', 'ticket.reopen', 'ticket.reconsider', 'ticket.merge', 'ticket.suspend',
        'ticket.extend')
), enders (stage, verb, done) AS (
    -- what ends a stage's clock, and whether its work is done by that
    VALUES ('file', 'file', true), ('file', 'decline', false), ('file', 'false_alarm', false),
        ('dispatch', 'dispatch', true), ('dispatch', 'decline', false),
        ('dispatch', 'false_alarm', false), ('dispatch', 'merge', false),
        ('dispose', 'dispose', true), ('dispose', 'hand_back', false),
        ('dispose', 'suspend', false), ('dispose', 'extend', false),
        ('dispose', 'false_alarm', false), ('dispose', 'merge', false),
        ('verify', 'verify', true), ('verify', 'vouch', true), ('verify', 'rework', true)
), runs AS (
    SELECT DISTINCT ON (c.clock_id) c.ticket_id, c.clock_id, c.stage, c.started_at, c.due_at,
        c.stopped_at, CAST(c.why ->> 'department_id' AS integer) AS department_id,
        c.why ->> 'extended_s' IS NOT NULL AS is_extended, m.person,
        coalesce(m.verb, c.why ->> 'stopped_by') AS stopped_by,
        c.why ->> 'resumed' IS NOT NULL OR r.entry_id IS NOT NULL AS goes_on
    FROM events.ticket_clocks AS c
    LEFT JOIN moves AS m ON m.ticket_id = c.ticket_id AND m.at = c.stopped_at
        AND m.verb = coalesce(c.why ->> 'stopped_by', m.verb)
        AND EXISTS (SELECT FROM enders AS e WHERE e.stage = c.stage AND e.verb = m.verb)
    LEFT JOIN moves AS r ON r.ticket_id = c.ticket_id AND r.at = c.started_at
        AND r.verb = 'rework' AND c.stage = 'dispose'
    WHERE c.ticket_id = ANY(CAST(:ticket_ids AS bigint[]))
        AND c.stage IN ('file', 'dispatch', 'dispose', 'verify')
    ORDER BY c.clock_id, m.entry_id
), numbered AS (
    SELECT r.*, count(*) FILTER (WHERE NOT r.goes_on)
        OVER (PARTITION BY r.ticket_id, r.stage ORDER BY r.clock_id) AS chain
    FROM runs AS r
), chains AS (
    -- one clock with its pauses: it runs out once at most, and its work is done once
    SELECT n.ticket_id, n.stage, min(n.clock_id) AS source_id, min(n.started_at) AS started_at,
        (array_agg(n.department_id ORDER BY n.clock_id DESC))[1] AS department_id,
        (array_agg(n.due_at ORDER BY n.clock_id DESC))[1] AS due_at,
        (array_agg(n.stopped_at ORDER BY n.clock_id DESC))[1] AS stopped_at,
        (array_agg(n.stopped_by ORDER BY n.clock_id DESC))[1] AS stopped_by,
        (array_agg(n.person ORDER BY n.clock_id DESC))[1] AS person,
        min(n.due_at) FILTER (WHERE n.stopped_at > n.due_at) AS ran_out_at,
        bool_or(n.is_extended) AS is_extended,
        coalesce(bool_or(n.stopped_by = 'suspend'), false) AS is_suspended,
        count(*) FILTER (WHERE n.stopped_by = 'dispose') AS disposals
    FROM numbered AS n
    GROUP BY n.ticket_id, n.stage, n.chain
), lived AS (
    -- in which life of its ticket a clock began to run
    SELECT c.ticket_id, c.source_id, count(m.at) AS life
    FROM chains AS c
    LEFT JOIN moves AS m ON m.ticket_id = c.ticket_id AND m.verb = 'close' AND m.at <= c.started_at
    GROUP BY c.ticket_id, c.source_id
), ended AS (
    SELECT c.*, v.late_at, c.stopped_at IS NOT NULL AND coalesce(e.done, true) AS is_done,
        coalesce(c.stopped_by IN ('decline', 'false_alarm', 'merge'), false) AS is_void
    FROM chains AS c
    LEFT JOIN enders AS e ON e.stage = c.stage AND e.verb = c.stopped_by
    CROSS JOIN LATERAL (
        SELECT coalesce(c.ran_out_at, CASE WHEN c.stopped_at IS NULL THEN c.due_at END) AS late_at
    ) AS v
), judged AS (
    -- an appeal excuses the last disposal that had run out by then
    SELECT d.*,
        CASE WHEN d.is_void THEN d.stopped_by
            WHEN d.late_at IS NULL AND d.is_done THEN 'in_time'
            WHEN d.late_at IS NULL THEN d.stopped_by
            WHEN d.stopped_at IS NULL THEN 'late_open'
            WHEN d.is_done THEN 'late' ELSE 'late_left' END AS outcome,
        d.stage = 'dispose' AND NOT d.is_void AND d.late_at IS NOT NULL
            AND d.late_at IS NOT DISTINCT FROM max(d.late_at) FILTER (
                WHERE d.stage = 'dispose' AND NOT d.is_void AND d.late_at <= a.exempted_at
            ) OVER (PARTITION BY d.ticket_id) AS is_exempted,
        l.life
    FROM ended AS d
    JOIN asked AS a USING (ticket_id)
    JOIN lived AS l USING (ticket_id, source_id)
), lives AS (
    SELECT m.ticket_id, m.life, max(m.at) FILTER (WHERE m.verb = 'close') AS closed_at,
        (array_agg(m.person ORDER BY m.entry_id DESC) FILTER (WHERE m.verb = 'close'))[1] AS closer,
        (array_agg(m.person ORDER BY m.entry_id DESC) FILTER (WHERE m.verb = 'dispose'))[1]
            AS disposer,
        (array_agg(m.verb ORDER BY m.entry_id DESC))[1] AS last_verb,
        (array_agg(m.at ORDER BY m.entry_id DESC))[1] AS last_at,
        (array_agg(m.at ORDER BY m.entry_id))[1] AS began_at, bool_or(m.verb = 'rework') AS is_reworked,
        bool_or(m.verb = 'suspend') AS is_suspended, bool_or(m.verb = 'extend') AS is_extended,
        bool_or(m.verb IN ('reopen', 'reconsider')) AS is_reopened
    FROM moves AS m
    GROUP BY m.ticket_id, m.life
), closings AS (
    SELECT l.*, c.late_at, coalesce(c.is_exempted, false) AS is_exempted, d.department_id,
        lead(l.is_reopened, 1, false) OVER (PARTITION BY l.ticket_id ORDER BY l.life)
            AS comes_again
    FROM lives AS l
    LEFT JOIN (
        -- excused as a whole where all that was late is
        SELECT j.ticket_id, j.life, min(j.late_at) AS late_at, bool_and(j.is_exempted)
            AS is_exempted
        FROM judged AS j
        WHERE j.stage IN ('dispose', 'verify') AND NOT j.is_void AND j.late_at IS NOT NULL
        GROUP BY j.ticket_id, j.life
    ) AS c USING (ticket_id, life)
    LEFT JOIN (
        SELECT DISTINCT ON (j.ticket_id, j.life) j.ticket_id, j.life, j.department_id
        FROM judged AS j
        WHERE j.stage = 'dispose'
        ORDER BY j.ticket_id, j.life, j.source_id DESC
    ) AS d USING (ticket_id, life)
), dispatchings AS (
    SELECT m.ticket_id, m.dispatching, min(m.entry_id) AS source_id,
        (array_agg(m.at ORDER BY m.entry_id))[1] AS at,
        (array_agg(m.person ORDER BY m.entry_id))[1] AS person,
        min(m.at) FILTER (WHERE m.verb = 'accept') AS accepted_at,
        (array_agg(m.person ORDER BY m.entry_id) FILTER (WHERE m.verb = 'accept'))[1] AS accepter,
        min(m.at) FILTER (WHERE m.verb IN ('hand_back', 'merge', 'false_alarm')) AS left_at,
        (array_agg(m.verb ORDER BY m.entry_id)
            FILTER (WHERE m.verb IN ('hand_back', 'merge', 'false_alarm')))[1] AS left_by,
        min(m.at) FILTER (WHERE m.verb = 'suspend') AS paused_at,
        bool_or(m.verb = 'rework') AS is_reworked
    FROM moves AS m
    WHERE m.dispatching > 0
    GROUP BY m.ticket_id, m.dispatching
), sent AS (
    -- with the department it was for, and until when it was to be disposed of
    SELECT DISTINCT ON (d.ticket_id, d.dispatching) d.*, n.department_id, n.due_at
    FROM dispatchings AS d
    LEFT JOIN numbered AS n ON n.ticket_id = d.ticket_id AND n.stage = 'dispose'
        AND n.started_at = d.at
    ORDER BY d.ticket_id, d.dispatching, n.clock_id
), filings AS (
    SELECT m.ticket_id, m.filing, min(m.entry_id) AS source_id,
        (array_agg(m.at ORDER BY m.entry_id))[1] AS at,
        (array_agg(m.person ORDER BY m.entry_id))[1] AS person,
        bool_or(m.verb IN ('decline', 'false_alarm')) AS is_void,
        m.filing = max(m.filing) OVER (PARTITION BY m.ticket_id) AS is_last
    FROM moves AS m
    WHERE m.filing > 0
    GROUP BY m.ticket_id, m.filing
), found (ticket_id, ground, source_id, at, outcome, marks, department_id, crew_id, person,
    seconds) AS (
    SELECT a.ticket_id, 'report', 0, a.created_at,
        CASE WHEN a.parent_id IS NOT NULL THEN 'part'
            WHEN EXISTS (SELECT FROM moves AS m WHERE m.ticket_id = a.ticket_id
                AND m.verb = 'file') THEN 'valid'
            WHEN a.state = 'declined' THEN 'invalid'
            WHEN a.state = 'reported' THEN 'undecided'
            ELSE 'valid' END,
        0, a.department_id, CAST(NULL AS integer), CAST(NULL AS text), CAST(NULL AS integer)
    FROM asked AS a
    UNION ALL
    SELECT f.ticket_id, 'filing', f.source_id, f.at,
        CASE WHEN f.is_void THEN 'voided' WHEN f.is_last AND a.state = 'merged' THEN 'merge'
            ELSE 'kept' END,
        0, NULL, NULL, f.person, NULL
    FROM filings AS f
    JOIN asked AS a USING (ticket_id)
    UNION ALL
    SELECT j.ticket_id,
        CASE j.stage WHEN 'file' THEN 'filing_time' WHEN 'dispatch' THEN 'dispatch_time'
            WHEN 'dispose' THEN 'disposal' ELSE 'verification' END,
        j.source_id, CASE WHEN j.is_void THEN j.stopped_at ELSE coalesce(j.late_at, j.stopped_at)
            END,
        j.outcome,
        j.is_exempted::integer + 2 * j.is_extended::integer + 4 * j.is_suspended::integer
            + 8 * (j.disposals > (j.stopped_by IS NOT DISTINCT FROM 'dispose')::integer)::integer,
        CASE WHEN j.stage = 'dispose' THEN coalesce(j.department_id, a.department_id) END,
        CASE WHEN j.stage = 'dispose'
            AND coalesce(j.department_id, a.department_id) = a.department_id THEN a.crew_id END,
        j.person,
        CASE WHEN j.is_done THEN extract(epoch FROM j.stopped_at - j.started_at)::integer END
    FROM judged AS j
    JOIN asked AS a USING (ticket_id)
    UNION ALL
    SELECT s.ticket_id, 'dispatch', s.source_id, s.at,
        CASE WHEN s.left_by IS NOT NULL THEN s.left_by
            WHEN s.is_reworked THEN 'rework' ELSE 'kept' END,
        0, coalesce(s.department_id, a.department_id), NULL, s.person, NULL
    FROM sent AS s
    JOIN asked AS a USING (ticket_id)
    UNION ALL
    -- whether anybody took it on before its time had run out, where people wait for that
    SELECT s.ticket_id, 'response', s.source_id, v.at,
        CASE WHEN s.accepted_at <= s.due_at THEN 'in_time' WHEN s.accepted_at IS NOT NULL THEN 'late'
            WHEN s.paused_at < s.due_at THEN 'suspend' WHEN s.left_at < s.due_at THEN s.left_by WHEN s.left_at IS NOT NULL THEN 'late_left'
            ELSE 'late_open' END,
        0, coalesce(s.department_id, a.department_id),
        CASE WHEN coalesce(s.department_id, a.department_id) = a.department_id THEN a.crew_id END,
        s.accepter, extract(epoch FROM s.accepted_at - s.at)::integer
    FROM sent AS s
    JOIN asked AS a USING (ticket_id)
    CROSS JOIN LATERAL (SELECT least(s.accepted_at, s.left_at, s.paused_at, s.due_at)
        AS at) AS v
    WHERE a.source IN ('resident', 'hotline', 'open311') AND s.due_at IS NOT NULL
    UNION ALL
    SELECT c.ticket_id, 'closing_time', c.life,
        CASE WHEN v.outcome IN ('late', 'late_open') THEN c.late_at ELSE
            coalesce(c.closed_at, c.last_at) END,
        v.outcome,
        c.is_exempted::integer + 2 * c.is_extended::integer + 4 * c.is_suspended::integer
            + 8 * c.is_reworked::integer,
        coalesce(c.department_id, a.department_id),
        CASE WHEN coalesce(c.department_id, a.department_id) = a.department_id THEN a.crew_id END,
        c.disposer, NULL
    FROM closings AS c
    JOIN asked AS a USING (ticket_id)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN c.last_verb IN ('decline', 'false_alarm', 'merge')
                AND a.state IN ('declined', 'merged') THEN c.last_verb
            WHEN c.closed_at IS NOT NULL AND c.late_at <= c.closed_at THEN 'late'
            WHEN c.closed_at IS NOT NULL THEN 'in_time'
            WHEN c.late_at IS NOT NULL THEN 'late_open' END AS outcome
    ) AS v
    WHERE v.outcome IS NOT NULL
    UNION ALL
    SELECT c.ticket_id, 'closing', c.life, c.closed_at, 'closed',
        8 * c.is_reworked::integer + 16 * EXISTS (
            SELECT FROM events.tickets AS n
            WHERE n.cell_id = a.cell_id AND n.category_code = a.category_code
                AND n.ticket_id <> a.ticket_id AND n.parent_id IS NULL
                AND n.created_at > c.closed_at AND n.created_at <= c.closed_at + interval '90 days'
                AND n.filed_at IS NOT NULL AND n.state NOT IN ('declined', 'merged')
        )::integer + 32 * c.comes_again::integer + 64 * EXISTS (
            SELECT FROM events.ratings AS r
            WHERE r.ticket_id = c.ticket_id AND r.closed_at = c.closed_at AND NOT r.solved
        )::integer,
        coalesce(c.department_id, a.department_id),
        CASE WHEN coalesce(c.department_id, a.department_id) = a.department_id THEN a.crew_id END,
        c.closer,
        extract(epoch FROM c.closed_at - CASE WHEN c.life = 0 THEN a.created_at ELSE c.began_at END
            )::integer
    FROM closings AS c
    JOIN asked AS a USING (ticket_id)
    WHERE c.closed_at IS NOT NULL
    UNION ALL
    SELECT r.ticket_id, 'rating', r.rating_id, r.created_at,
        CASE WHEN r.solved THEN 'solved' ELSE 'unsolved' END, 128 * r.satisfied::integer,
        a.department_id, a.crew_id, NULL, NULL
    FROM events.ratings AS r
    JOIN asked AS a USING (ticket_id)
), fresh AS MATERIALIZED (
    SELECT f.ticket_id, f.ground, f.source_id, f.at,
        CAST(f.at AT TIME ZONE (SELECT time_zone FROM grid.city) AS date) AS day, f.outcome,
        CAST(f.marks AS smallint) AS marks, a.area_id, a.cell_id, f.department_id, f.crew_id,
        a.category_code, f.person, f.seconds
    FROM found AS f
    JOIN asked AS a USING (ticket_id)
), old AS MATERIALIZED (
    SELECT * FROM events.facts WHERE ticket_id = ANY(CAST(:ticket_ids AS bigint[]))
), gone AS (
    DELETE FROM events.facts AS f
    USING old AS o
    WHERE f.ticket_id = o.ticket_id AND f.ground = o.ground AND f.source_id = o.source_id
        AND NOT EXISTS (
            SELECT FROM fresh AS n
            WHERE n.ticket_id = o.ticket_id AND n.ground = o.ground AND n.source_id = o.source_id)
), put AS (
    INSERT INTO events.facts
    SELECT n.* FROM fresh AS n
    LEFT JOIN old AS o USING (ticket_id, ground, source_id)
    WHERE o.* IS DISTINCT FROM n.*
    ON CONFLICT (ticket_id, ground, source_id) DO UPDATE SET at = excluded.at, day = excluded.day,
        outcome = excluded.outcome, marks = excluded.marks, area_id = excluded.area_id,
        cell_id = excluded.cell_id, department_id = excluded.department_id,
        crew_id = excluded.crew_id, category_code = excluded.category_code,
        person = excluded.person, seconds = excluded.seconds
), changed AS MATERIALIZED (
    SELECT 1 AS way, n.* FROM fresh AS n
    LEFT JOIN old AS o USING (ticket_id, ground, source_id)
    WHERE o.* IS DISTINCT FROM n.*
    UNION ALL
    SELECT -1, o.* FROM old AS o
    LEFT JOIN fresh AS n USING (ticket_id, ground, source_id)
    WHERE o.* IS DISTINCT FROM n.*
), sums AS (
    INSERT INTO events.tallies AS s
    SELECT k.area_id, k.by, c.day, k.key, c.ground, c.outcome, c.marks, sum(c.way),
        sum(c.way * coalesce(c.seconds, 0))
    FROM changed AS c
    JOIN grid.areas AS a ON a.area_id = c.area_id AND CAST(:sums AS boolean)
    CROSS JOIN LATERAL (
        SELECT p.area_id, 'all' AS by, '' AS key FROM unnest(a.path) AS p (area_id)
        UNION ALL
        SELECT a.path[1], one.by, coalesce(one.key, '')
        FROM (VALUES ('department', CAST(c.department_id AS text)),
            ('crew', CAST(c.crew_id AS text)), ('category', c.category_code),
            ('person', c.person)) AS one (by, key)
    ) AS k
    GROUP BY k.area_id, k.by, c.day, k.key, c.ground, c.outcome, c.marks
    HAVING sum(c.way) <> 0 OR sum(c.way * coalesce(c.seconds, 0)) <> 0
    ON CONFLICT (area_id, by, day, key, ground, outcome, marks) DO UPDATE
        SET facts = s.facts + excluded.facts, seconds = s.seconds + excluded.seconds
)
SELECT DISTINCT ticket_id, ground FROM changed;

-- name: wrong_tallies
-- Sums that are not those of the facts: none, ever.
SELECT area_id, by, day, key, ground, s.facts AS told, f.facts AS counted
FROM (SELECT * FROM events.tallies WHERE facts <> 0 OR seconds <> 0) AS s
FULL JOIN events.sums_of_facts AS f USING (area_id, by, day, key, ground, outcome, marks)
WHERE s.facts IS DISTINCT FROM f.facts OR s.seconds IS DISTINCT FROM f.seconds
LIMIT 100;

-- name: forget_tallies
-- Take all sums away, to write them anew in the same transaction.
DELETE FROM events.tallies;

-- name: sum_up
-- The sums of all facts.
INSERT INTO events.tallies SELECT * FROM events.sums_of_facts;
