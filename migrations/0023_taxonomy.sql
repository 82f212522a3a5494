-- Categories are versions: a ticket keeps the one that it was filed under, and what is no longer wanted
-- is retired, never deleted.
ALTER TABLE events.categories
    ADD COLUMN version integer NOT NULL DEFAULT 1,
    -- since when nothing new is filed under it by people; tickets that have it live on
    ADD COLUMN retired_at timestamptz,
    -- what the pack says that it comes from; where the row says otherwise, the city changed it
    ADD COLUMN given jsonb;
CREATE INDEX ON events.categories (standard, kind, standard_code) WHERE standard IS NOT NULL;

CREATE TABLE events.category_versions (
    code text NOT NULL,
    version integer NOT NULL,
    valid_from timestamptz NOT NULL,
    kind text NOT NULL,
    family text NOT NULL,
    layer text,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    standard text,
    standard_code text,
    filing_policy text NOT NULL,
    for_residents boolean NOT NULL,
    severity smallint NOT NULL,
    clock text NOT NULL,
    dispose_limit interval NOT NULL,
    verify_limit interval NOT NULL,
    fuse_within_m real NOT NULL,
    fuse_within interval NOT NULL,
    proof_photos text[] NOT NULL,
    geofence_m real NOT NULL,
    recovers_for interval,
    pack text NOT NULL,
    effective_from date NOT NULL,
    retired_at timestamptz,
    changed_by text NOT NULL,
    PRIMARY KEY (code, version)
);
INSERT INTO events.category_versions
SELECT code, version, changed_at, kind, family, layer, name_zh, name_en, standard, standard_code,
    filing_policy, for_residents, severity, clock, dispose_limit, verify_limit, fuse_within_m,
    fuse_within, proof_photos, geofence_m, recovers_for, pack, effective_from, retired_at, changed_by
FROM events.categories;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events.category_versions
    FOR EACH STATEMENT EXECUTE FUNCTION events.refuse_change();
GRANT SELECT ON events.category_versions TO cc_web, cc_dispatch, cc_admin;

-- Whoever changes a category makes a version of it, by whatever way.
CREATE FUNCTION events.next_version() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        -- (a code that was here before goes on where it was)
        NEW.version := 1 + coalesce(
            (SELECT max(v.version) FROM events.category_versions AS v WHERE v.code = NEW.code), 0);
    ELSIF (NEW.kind, NEW.family, NEW.layer, NEW.name_zh, NEW.name_en, NEW.standard, NEW.standard_code,
        NEW.filing_policy, NEW.for_residents, NEW.severity, NEW.clock, NEW.dispose_limit,
        NEW.verify_limit, NEW.fuse_within_m, NEW.fuse_within, NEW.proof_photos, NEW.geofence_m,
        NEW.recovers_for, NEW.retired_at)
        IS DISTINCT FROM
        (OLD.kind, OLD.family, OLD.layer, OLD.name_zh, OLD.name_en, OLD.standard, OLD.standard_code,
        OLD.filing_policy, OLD.for_residents, OLD.severity, OLD.clock, OLD.dispose_limit,
        OLD.verify_limit, OLD.fuse_within_m, OLD.fuse_within, OLD.proof_photos, OLD.geofence_m,
        OLD.recovers_for, OLD.retired_at)
    THEN
        NEW.version := OLD.version + 1;
    END IF;
    RETURN NEW;
END
$$;
CREATE TRIGGER counted BEFORE INSERT OR UPDATE ON events.categories
    FOR EACH ROW EXECUTE FUNCTION events.next_version();

CREATE FUNCTION events.keep_version() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
    AS $$
BEGIN
    INSERT INTO events.category_versions
    SELECT NEW.code, NEW.version, now(), NEW.kind, NEW.family, NEW.layer, NEW.name_zh, NEW.name_en,
        NEW.standard, NEW.standard_code, NEW.filing_policy, NEW.for_residents, NEW.severity,
        NEW.clock, NEW.dispose_limit, NEW.verify_limit, NEW.fuse_within_m, NEW.fuse_within,
        NEW.proof_photos, NEW.geofence_m, NEW.recovers_for, NEW.pack, NEW.effective_from,
        NEW.retired_at, NEW.changed_by;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION events.keep_version() FROM PUBLIC;
CREATE TRIGGER kept AFTER INSERT ON events.categories
    FOR EACH ROW EXECUTE FUNCTION events.keep_version();
CREATE TRIGGER kept_anew AFTER UPDATE ON events.categories
    FOR EACH ROW WHEN (NEW.version <> OLD.version) EXECUTE FUNCTION events.keep_version();

-- (every category that a ticket has so far is version 1)
ALTER TABLE events.tickets ADD COLUMN category_version integer NOT NULL DEFAULT 1;

-- Proof is what the version asks for that the ticket was filed under.
CREATE OR REPLACE VIEW events.photo_proof WITH (security_invoker = true) AS
SELECT DISTINCT ON (one.ticket_id, one.kind) one.*
FROM (
    SELECT t.ticket_id, wanted.kind, p.state, p.created_at,
        p.position IS NOT NULL AS has_place,
        coalesce(ST_DWithin(CAST(p.position AS geography), CAST(t.position AS geography),
            k.geofence_m), false) AS is_placed,
        p.taken_at IS NOT NULL AS has_time,
        coalesce(p.taken_at - coalesce(p.clock_off, interval '0')
            BETWEEN least(t.occurred_at, t.created_at) - interval '15 minutes'
            AND p.created_at + interval '15 minutes', false) AS is_timed
    FROM events.tickets AS t
    JOIN events.category_versions AS k ON k.code = t.category_code
        AND k.version = t.category_version
    CROSS JOIN LATERAL unnest(k.proof_photos) AS wanted (kind)
    LEFT JOIN events.attachments AS p ON p.ticket_id = t.ticket_id AND p.kind = wanted.kind
        AND p.state <> 'refused'
        AND (wanted.kind <> 'after' OR p.created_at >= coalesce((
            SELECT max(l.at) FROM events.ledger AS l
            WHERE l.ticket_id = t.ticket_id AND l.verb IN ('ticket.rework', 'ticket.reopen')
        ), timestamptz '-infinity'))
) AS one
ORDER BY one.ticket_id, one.kind, (one.is_placed AND one.is_timed) DESC,
    one.created_at DESC NULLS LAST;
