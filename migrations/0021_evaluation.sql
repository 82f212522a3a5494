-- The evaluation: what counts of each ticket (facts), daily sums of it, and formulas as data.

-- A formula is a version of a figure: which facts are counted, which of them are good. What is here
-- never changes; another version takes effect with a later month.
CREATE TABLE events.formulas (
    code text NOT NULL CHECK (code ~ '^[a-z][a-z0-9_]{1,39}$'),
    version integer NOT NULL CHECK (version > 0),
    effective_from date NOT NULL CHECK (extract(day FROM effective_from) = 1),
    in_use boolean NOT NULL DEFAULT true,  -- false: from then on the city has no such figure
    place smallint NOT NULL,               -- the order in which figures are shown
    name_zh text NOT NULL,
    name_en text NOT NULL,
    numerator_zh text NOT NULL,
    numerator_en text NOT NULL,
    denominator_zh text NOT NULL,
    denominator_en text NOT NULL,
    unit text NOT NULL CHECK (unit IN ('share', 'count', 'hours')),
    ground text NOT NULL,
    counted text[] NOT NULL,               -- outcomes of the denominator
    good text[] NOT NULL,                  -- outcomes of the numerator, among those
    marked text[] NOT NULL DEFAULT '{}',   -- and one of these marks, where there are any
    without text[] NOT NULL DEFAULT '{}',  -- marks that leave a fact out
    excused text NOT NULL CHECK (excused IN ('no', 'good', 'left_out')),
    better text NOT NULL CHECK (better IN ('more', 'less', 'neither')),
    ripens interval,                       -- how long after a period its value may still change
    least integer NOT NULL CHECK (least > 0),  -- fewer are shown, but not ranked
    source text NOT NULL,
    pack text NOT NULL,
    changed_by text NOT NULL DEFAULT grid.actor(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (code, version),
    UNIQUE (code, effective_from)
);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events.formulas
    FOR EACH STATEMENT EXECUTE FUNCTION events.refuse_change();

-- One row for each thing that counts. All of it follows from tickets, clocks, ledger and ratings.
-- A running clock has its row already, at the instant at which it will run out.
CREATE TABLE events.facts (
    ticket_id bigint NOT NULL,
    ground text NOT NULL,
    source_id bigint NOT NULL,             -- which one of this ticket: clock, entry, life, rating
    at timestamptz NOT NULL,
    day date NOT NULL,                     -- the city's day of it
    outcome text NOT NULL,
    marks smallint NOT NULL,               -- bits: events.model.figure.Mark
    area_id integer NOT NULL,
    cell_id integer,
    department_id integer,
    crew_id integer,
    category_code text NOT NULL,
    person text,
    seconds integer,                       -- how long it took, where it is done
    PRIMARY KEY (ticket_id, ground, source_id)
);
CREATE INDEX ON events.facts (ground, day);
CREATE INDEX ON events.facts (area_id, day);

-- Sums of the facts of a day: of every area all together, and of the whole city by department,
-- crew, category and person as well. (Of a district's people they would be as many as the facts.)
CREATE TABLE events.tallies (
    area_id integer NOT NULL,
    by text NOT NULL CHECK (by IN ('all', 'department', 'crew', 'category', 'person')),
    day date NOT NULL,
    key text NOT NULL,
    ground text NOT NULL,
    outcome text NOT NULL,
    marks smallint NOT NULL,
    facts bigint NOT NULL,
    seconds bigint NOT NULL,
    PRIMARY KEY (area_id, by, day, key, ground, outcome, marks)
) WITH (fillfactor = 70);

-- What the sums must be. (The statement that counts adds the same of what changed.)
CREATE VIEW events.sums_of_facts WITH (security_invoker = true) AS
SELECT k.area_id, k.by, f.day, k.key, f.ground, f.outcome, f.marks, count(*) AS facts,
    CAST(sum(coalesce(f.seconds, 0)) AS bigint) AS seconds
FROM events.facts AS f
JOIN grid.areas AS a ON a.area_id = f.area_id
CROSS JOIN LATERAL (
    SELECT p.area_id, 'all' AS by, '' AS key FROM unnest(a.path) AS p (area_id)
    UNION ALL
    SELECT a.path[1], one.by, coalesce(one.key, '')
    FROM (VALUES ('department', CAST(f.department_id AS text)), ('crew', CAST(f.crew_id AS text)),
        ('category', f.category_code), ('person', f.person)) AS one (by, key)
) AS k
GROUP BY k.area_id, k.by, f.day, k.key, f.ground, f.outcome, f.marks;

-- Tickets that changed and are to be counted anew; the dispatcher takes them away. Rows are only
-- added, so that nobody who moves a ticket waits for whoever counts.
CREATE TABLE events.to_count (
    change_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id bigint NOT NULL
);

-- No way to change a ticket goes past the count: moves, marks and imports all come by here.
CREATE FUNCTION events.note_to_count() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    INSERT INTO events.to_count (ticket_id) SELECT c.ticket_id FROM changed AS c;
    RETURN NULL;
END
$$;
CREATE TRIGGER note_new AFTER INSERT ON events.tickets
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION events.note_to_count();
CREATE TRIGGER note_change AFTER UPDATE ON events.tickets
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION events.note_to_count();
INSERT INTO events.to_count (ticket_id) SELECT ticket_id FROM events.tickets ORDER BY ticket_id;

GRANT SELECT ON events.formulas, events.facts, events.tallies, events.to_count
    TO cc_web, cc_dispatch, cc_admin;
GRANT SELECT ON events.sums_of_facts TO cc_dispatch, cc_admin;
GRANT INSERT ON events.formulas TO cc_admin;
GRANT INSERT ON events.to_count TO cc_web, cc_dispatch, cc_admin;
GRANT DELETE ON events.to_count TO cc_dispatch, cc_admin;
GRANT INSERT, UPDATE, DELETE ON events.facts, events.tallies TO cc_dispatch, cc_admin;
-- the verdicts of residents count, their words stay where they are
GRANT SELECT (rating_id, ticket_id, closed_at, solved, satisfied, created_at) ON events.ratings
    TO cc_dispatch;
