-- Duties as ordered rules in versions: made as a draft, put in force from a time on by two people,
-- followed by the next version. What was in force stays as it was.
CREATE TABLE events.duty_versions (
    version integer PRIMARY KEY CHECK (version > 0),
    note text NOT NULL,
    made_by text NOT NULL DEFAULT grid.actor(),
    made_at timestamptz NOT NULL,
    made_xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    -- that it be put in force; cleared when that is refused or taken back
    proposed_by text,
    proposed_at timestamptz,
    proposed_from timestamptz,             -- null: from the second person's word on
    proposed_why text,
    accepted text,                         -- a word of why about the warnings
    findings jsonb NOT NULL DEFAULT '[]',  -- what the check said then
    activated_by text,
    activated_at timestamptz,
    effective_from timestamptz,
    discarded_by text,
    discarded_at timestamptz,
    discarded_why text,
    CHECK ((activated_at IS NULL) = (effective_from IS NULL))
);
CREATE INDEX ON events.duty_versions (effective_from) WHERE effective_from IS NOT NULL;

-- No foreign keys but the version's: a rule is kept as it was given, also when what it names is gone.
CREATE TABLE events.duty_rules (
    version integer NOT NULL REFERENCES events.duty_versions,
    position integer NOT NULL CHECK (position > 0),
    scope text NOT NULL,                   -- category:x, family:x, layer:x or *
    category_code text,
    family text,
    layer text,
    area_code text,                        -- null: the whole city
    department_code text NOT NULL,
    conditions jsonb NOT NULL DEFAULT '{}',
    note text NOT NULL DEFAULT '',
    PRIMARY KEY (version, position)
);
CREATE INDEX ON events.duty_rules (version, scope);

-- Rules come with their version, in one transaction, and stay as they are for ever.
CREATE FUNCTION events.keep_duty_rules() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF (SELECT v.made_xid FROM events.duty_versions AS v WHERE v.version = NEW.version)
        IS DISTINCT FROM pg_current_xact_id() THEN
        RAISE EXCEPTION 'rules are added with their version only'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER with_version BEFORE INSERT ON events.duty_rules
    FOR EACH ROW EXECUTE FUNCTION events.keep_duty_rules();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events.duty_rules
    FOR EACH STATEMENT EXECUTE FUNCTION events.refuse_change();

-- A version that is or was in force never changes; one that waits for its time can be discarded.
CREATE FUNCTION events.keep_duty_versions() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF OLD.discarded_at IS NOT NULL OR (OLD.activated_at IS NOT NULL AND (
        NEW.discarded_at IS NULL OR NEW.discarded_at >= OLD.effective_from
        OR to_jsonb(NEW) - CAST(ARRAY['discarded_by', 'discarded_at', 'discarded_why'] AS text[])
            <> to_jsonb(OLD) - CAST(ARRAY['discarded_by', 'discarded_at', 'discarded_why'] AS text[])
    )) THEN
        RAISE EXCEPTION 'version % of the duties is append-only', OLD.version
            USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER append_only_in_force BEFORE UPDATE ON events.duty_versions
    FOR EACH ROW EXECUTE FUNCTION events.keep_duty_versions();
CREATE TRIGGER append_only BEFORE DELETE OR TRUNCATE ON events.duty_versions
    FOR EACH STATEMENT EXECUTE FUNCTION events.refuse_change();

-- What is wrong with the rules in force, as long as it is: a rule that is broken, or (position 0)
-- something for which nobody answers.
CREATE TABLE events.duty_alerts (
    alert_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version integer NOT NULL,
    position integer NOT NULL,
    kind text NOT NULL,
    subject text NOT NULL,                 -- the code of what is gone, or of the category
    because_zh text NOT NULL,
    because_en text NOT NULL,
    tickets integer NOT NULL DEFAULT 0,    -- decisions that it had a part in
    last_ticket text,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    ended_at timestamptz
);
CREATE UNIQUE INDEX ON events.duty_alerts (version, position, kind, subject) WHERE ended_at IS NULL;

-- What the tickets of the past would have become under a version, as it was reckoned then.
CREATE TABLE events.duty_backtests (
    backtest_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    version integer NOT NULL REFERENCES events.duty_versions,
    against integer NOT NULL REFERENCES events.duty_versions,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL,
    result jsonb NOT NULL,
    made_by text NOT NULL DEFAULT grid.actor(),
    made_at timestamptz NOT NULL
);
CREATE INDEX ON events.duty_backtests (version, backtest_id);
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events.duty_backtests
    FOR EACH STATEMENT EXECUTE FUNCTION events.refuse_change();

CREATE INDEX ON grid.components (owner_department) WHERE owner_department IS NOT NULL;

-- The duties of before become version 1, in the order in which the most specific one won: category
-- before family before everything, then the deepest area, the highest priority, the oldest.
INSERT INTO events.duty_versions (version, note, made_by, made_at, activated_by, activated_at,
    effective_from)
SELECT 1, '由原有权责清单转换 / the duties as they were before', 'system:migration', now(),
    'system:migration', now(), min(valid_from)
FROM events.duties WHERE valid_to IS NULL
HAVING count(*) > 0;
INSERT INTO events.duty_rules (version, position, scope, category_code, family, area_code,
    department_code, note)
SELECT 1, row_number() OVER (ORDER BY u.category_code IS NULL, u.family IS NULL,
        cardinality(a.path) DESC, u.priority DESC, u.duty_id),
    coalesce('category:' || u.category_code, 'family:' || u.family, '*'),
    u.category_code, u.family,
    -- an area that holds all others is the whole city
    CASE WHEN cardinality(a.path) > 1
        OR (SELECT count(*) FROM grid.areas AS r WHERE r.parent_id IS NULL) > 1 THEN a.code END,
    d.code, 'duty ' || u.duty_id
FROM events.duties AS u
JOIN events.departments AS d USING (department_id)
JOIN grid.areas AS a ON a.area_id = u.area_id
WHERE u.valid_to IS NULL;
DROP TABLE events.duties;

GRANT SELECT ON events.duty_versions, events.duty_rules, events.duty_alerts, events.duty_backtests
    TO cc_web, cc_dispatch, cc_admin;
GRANT INSERT ON events.duty_versions, events.duty_rules TO cc_admin;
GRANT UPDATE (proposed_by, proposed_at, proposed_from, proposed_why, accepted, findings,
    activated_by, activated_at, effective_from, discarded_by, discarded_at, discarded_why)
    ON events.duty_versions TO cc_web, cc_admin;
GRANT INSERT ON events.duty_backtests TO cc_web, cc_admin;
GRANT INSERT ON events.duty_alerts TO cc_dispatch;
GRANT UPDATE (because_zh, because_en, tickets, last_ticket, last_at, ended_at)
    ON events.duty_alerts TO cc_dispatch;
