-- The time machine: what was known at any past instant, found without reading what came before it.
-- Both tables are a reading of what is append-only (the ledger, the revisions of findings), kept by
-- triggers; `events.write_past` writes them anew from there.

-- How a ticket stood from when to when, one row for each version of it that was open. What is
-- imported is known since it was imported, however long ago it happened.
CREATE TABLE events.ticket_past (
    ticket_id bigint NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL DEFAULT 'infinity',
    version integer NOT NULL,
    state text NOT NULL,
    severity smallint NOT NULL,
    area_id integer NOT NULL,
    department_id integer,
    crew_id integer,
    supervised boolean NOT NULL,
    stage_at timestamptz NOT NULL,     -- when its stage began
    due_at timestamptz,
    PRIMARY KEY (ticket_id, since),
    CHECK (since < until)
);
CREATE INDEX ON events.ticket_past USING gist (tstzrange(since, until));

-- Findings while they were known to last: `event_id` is the revision that said so.
CREATE TABLE events.alarm_past (
    thread text NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL DEFAULT 'infinity',
    event_id bigint NOT NULL,
    device_no integer NOT NULL,
    level smallint NOT NULL,
    PRIMARY KEY (thread, since),
    CHECK (since < until)
);
CREATE INDEX ON events.alarm_past USING gist (tstzrange(since, until));
CREATE INDEX ON events.alarm_past (device_no, since);

-- How many alarms were raised and tickets filed in each hour, in an area and all below it.
CREATE TABLE events.past_hours (
    area_id integer NOT NULL,
    hour timestamptz NOT NULL,
    alarms integer NOT NULL,
    tickets integer NOT NULL,
    PRIMARY KEY (area_id, hour)
);
-- Until when hours are counted; one row.
CREATE TABLE events.past_counted (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    until timestamptz NOT NULL
);
INSERT INTO events.past_counted (until) VALUES (date_trunc('hour', now() - interval '10 minutes'));

-- The last events before an instant, in the city and in some areas; what was raised when.
CREATE INDEX ON events.events (recorded_at);
CREATE INDEX ON events.events (area_id, recorded_at);
CREATE INDEX ON events.events (recorded_at) INCLUDE (area_id)
    WHERE thread IS NOT NULL AND change = 'raised';
-- The ticket that an event was with before it was taken off.
CREATE INDEX ON events.ticket_events (event_id) WHERE unlinked_at IS NOT NULL;
CREATE INDEX ON events.ledger (verb, at) INCLUDE (area_id)
    WHERE verb IN ('ticket.file', 'ticket.close') AND payload NOT LIKE '%"imported_at":%';

-- Tickets of which the ledger was just told something. (Its entries may come several at once: the
-- row says what the last of them made of the ticket.)
CREATE FUNCTION events.keep_ticket_past() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
    AS $$
DECLARE
    ids bigint[];
    ats timestamptz[];
BEGIN
    SELECT array_agg(one.ticket_id), array_agg(one.at) INTO ids, ats
    FROM (
        SELECT a.ticket_id, max(CASE WHEN a.payload LIKE '%"imported_at":%'
            THEN coalesce(CAST(CAST(a.payload AS jsonb) ->> 'imported_at' AS timestamptz), a.at)
            ELSE a.at END) AS at
        FROM added AS a
        WHERE a.ticket_id IS NOT NULL AND a.payload LIKE '%"version":%'
        GROUP BY a.ticket_id
    ) AS one;
    IF ids IS NULL THEN
        RETURN NULL;
    END IF;
    UPDATE events.ticket_past AS p SET until = one.at
    FROM unnest(ids, ats) AS one (ticket_id, at)
    WHERE p.ticket_id = one.ticket_id AND p.until = 'infinity' AND p.since < one.at;
    -- what lasted no time at all was never seen
    DELETE FROM events.ticket_past AS p
    USING unnest(ids) AS one (ticket_id), events.tickets AS t
    WHERE p.ticket_id = one.ticket_id AND p.until = 'infinity' AND t.ticket_id = one.ticket_id
        AND t.state IN ('closed', 'declined', 'merged');
    INSERT INTO events.ticket_past (ticket_id, since, version, state, severity, area_id,
        department_id, crew_id, supervised, stage_at, due_at)
    SELECT t.ticket_id, greatest(one.at, (
            -- two who look at the clock at once may look in another order than they write
            SELECT max(CASE p.until WHEN 'infinity' THEN p.since ELSE p.until END)
            FROM events.ticket_past AS p WHERE p.ticket_id = t.ticket_id)),
        t.version, t.state, t.severity, t.area_id, t.department_id, t.crew_id, t.supervised,
        coalesce(CASE t.state WHEN 'filed' THEN t.filed_at WHEN 'dispatched' THEN t.dispatched_at
            WHEN 'accepted' THEN t.dispatched_at WHEN 'disposed' THEN t.disposed_at
            WHEN 'verified' THEN t.verified_at END, t.created_at), t.due_at
    FROM unnest(ids, ats) AS one (ticket_id, at)
    JOIN events.tickets AS t USING (ticket_id)
    WHERE t.state NOT IN ('closed', 'declined', 'merged')
    ON CONFLICT (ticket_id, since) DO UPDATE
    SET version = excluded.version, state = excluded.state, severity = excluded.severity,
        area_id = excluded.area_id, department_id = excluded.department_id,
        crew_id = excluded.crew_id, supervised = excluded.supervised,
        stage_at = excluded.stage_at, due_at = excluded.due_at;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION events.keep_ticket_past() FROM PUBLIC;
CREATE TRIGGER past AFTER INSERT ON events.ledger
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION events.keep_ticket_past();

-- Findings of which revisions were just recorded.
CREATE FUNCTION events.keep_alarm_past() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
    AS $$
DECLARE
    ids bigint[];
BEGIN
    SELECT array_agg(one.event_id) INTO ids
    FROM (
        SELECT DISTINCT ON (a.thread) a.event_id
        FROM added AS a
        WHERE a.thread IS NOT NULL AND a.device_no IS NOT NULL
        ORDER BY a.thread, a.revision DESC, a.event_id DESC
    ) AS one;
    IF ids IS NULL THEN
        RETURN NULL;
    END IF;
    UPDATE events.alarm_past AS p SET until = e.recorded_at
    FROM events.events AS e
    WHERE e.event_id = ANY(ids) AND p.thread = e.thread AND p.until = 'infinity'
        AND p.since < e.recorded_at;
    DELETE FROM events.alarm_past AS p
    USING events.events AS e
    WHERE e.event_id = ANY(ids) AND p.thread = e.thread AND p.until = 'infinity'
        AND e.change IN ('cleared', 'withdrawn');
    INSERT INTO events.alarm_past (thread, since, event_id, device_no, level)
    SELECT e.thread, greatest(e.recorded_at, (
            SELECT max(CASE p.until WHEN 'infinity' THEN p.since ELSE p.until END)
            FROM events.alarm_past AS p WHERE p.thread = e.thread)),
        e.event_id, e.device_no, e.severity
    FROM events.events AS e
    WHERE e.event_id = ANY(ids) AND e.change IN ('raised', 'changed')
    ON CONFLICT (thread, since) DO UPDATE
    SET event_id = excluded.event_id, device_no = excluded.device_no, level = excluded.level;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION events.keep_alarm_past() FROM PUBLIC;
CREATE TRIGGER past AFTER INSERT ON events.events
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION events.keep_alarm_past();

-- What the changes of a ticket make of it, one after the other.
CREATE AGGREGATE events.put_together (jsonb) (
    SFUNC = jsonb_concat, STYPE = jsonb, INITCOND = '{}'
);

-- Write the past anew from the ledger and the revisions of findings.
CREATE FUNCTION events.write_past() RETURNS void
    LANGUAGE plpgsql SET search_path = pg_catalog
    AS $$
BEGIN
    TRUNCATE events.ticket_past, events.alarm_past, events.past_hours;
    INSERT INTO events.ticket_past (ticket_id, since, until, version, state, severity, area_id,
        department_id, crew_id, supervised, stage_at, due_at)
    SELECT known.ticket_id, known.since, known.until, known.version, known.state,
        coalesce(CAST(c ->> 'severity' AS smallint), t.severity), t.area_id,
        CAST(c ->> 'department_id' AS integer), CAST(c ->> 'crew_id' AS integer),
        coalesce(CAST(c ->> 'supervised' AS boolean), false),
        coalesce(CAST(CASE known.state WHEN 'filed' THEN c ->> 'filed_at'
            WHEN 'dispatched' THEN c ->> 'dispatched_at' WHEN 'accepted' THEN c ->> 'dispatched_at'
            WHEN 'disposed' THEN c ->> 'disposed_at' WHEN 'verified' THEN c ->> 'verified_at' END
            AS timestamptz), t.created_at),
        CAST(c ->> 'due_at' AS timestamptz)
    FROM (
        SELECT one.ticket_id, one.version, one.state, one.c, one.since,
            lead(one.since, 1, timestamptz 'infinity') OVER (
                PARTITION BY one.ticket_id ORDER BY one.entry_id) AS until
        FROM (
            SELECT l.ticket_id, l.entry_id, CAST(l.p ->> 'version' AS integer) AS version,
                l.p ->> 'to' AS state, events.put_together(l.p -> 'set') OVER w AS c,
                max(coalesce(CAST(l.p ->> 'imported_at' AS timestamptz), l.at)) OVER w AS since
            FROM (
                SELECT ticket_id, entry_id, at, CAST(payload AS jsonb) AS p FROM events.ledger
                WHERE ticket_id IS NOT NULL AND payload LIKE '%"version":%'
            ) AS l
            WHERE l.p ? 'version' AND l.p ? 'set'
            WINDOW w AS (PARTITION BY l.ticket_id ORDER BY l.entry_id)
        ) AS one
    ) AS known
    JOIN events.tickets AS t USING (ticket_id)
    WHERE known.since < known.until AND known.state NOT IN ('closed', 'declined', 'merged');
    INSERT INTO events.alarm_past (thread, since, until, event_id, device_no, level)
    SELECT thread, since, until, event_id, device_no, severity
    FROM (
        SELECT one.*, lead(one.since, 1, timestamptz 'infinity') OVER (
            PARTITION BY one.thread ORDER BY one.revision, one.event_id) AS until
        FROM (
            SELECT thread, revision, event_id, device_no, severity, change, max(recorded_at) OVER (
                PARTITION BY thread ORDER BY revision, event_id) AS since
            FROM events.events
            WHERE thread IS NOT NULL AND device_no IS NOT NULL
        ) AS one
    ) AS known
    WHERE since < until AND change IN ('raised', 'changed');
    INSERT INTO events.past_hours (area_id, hour, alarms, tickets)
    SELECT above.area_id, date_trunc('hour', one.at), sum(one.alarms), sum(one.tickets)
    FROM (
        SELECT area_id, recorded_at AS at, 1 AS alarms, 0 AS tickets FROM events.events
        WHERE thread IS NOT NULL AND change = 'raised'
        UNION ALL
        SELECT area_id, at, 0, 1 FROM events.ledger
        WHERE verb = 'ticket.file' AND payload NOT LIKE '%"imported_at":%'
    ) AS one
    JOIN grid.areas AS a USING (area_id)
    CROSS JOIN unnest(a.path) AS above (area_id)
    WHERE one.at < (SELECT until FROM events.past_counted)
    GROUP BY 1, 2;
END
$$;
REVOKE ALL ON FUNCTION events.write_past() FROM PUBLIC;
SELECT events.write_past();

GRANT SELECT ON events.ticket_past, events.alarm_past, events.past_hours, events.past_counted
    TO cc_web, cc_dispatch, cc_admin;
GRANT INSERT, UPDATE ON events.past_hours TO cc_dispatch;
GRANT UPDATE (until) ON events.past_counted TO cc_dispatch;
