-- Speed: what processes may remember of the configuration, and search by words.

-- Whatever was read of the configuration holds as long as this version stays the same: every
-- transaction that changes it leaves its own number here, at its end, so that nobody waits for it.
CREATE TABLE events.configuration (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    version xid8 NOT NULL DEFAULT pg_current_xact_id()
);
INSERT INTO events.configuration DEFAULT VALUES;
GRANT SELECT ON events.configuration TO cc_web, cc_dispatch, cc_admin;

CREATE FUNCTION events.configuration_changed() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
    AS $$
BEGIN
    UPDATE events.configuration SET version = pg_current_xact_id()
    WHERE version <> pg_current_xact_id();
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION events.configuration_changed() FROM PUBLIC;

CREATE CONSTRAINT TRIGGER configured AFTER INSERT OR UPDATE OR DELETE ON grid.city
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION events.configuration_changed();
CREATE CONSTRAINT TRIGGER configured AFTER INSERT OR UPDATE OR DELETE ON events.categories
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION events.configuration_changed();
CREATE CONSTRAINT TRIGGER configured AFTER INSERT OR UPDATE OR DELETE ON events.calendar_days
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION events.configuration_changed();
CREATE CONSTRAINT TRIGGER configured AFTER INSERT OR UPDATE OR DELETE ON events.fusion_weights
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION events.configuration_changed();
CREATE CONSTRAINT TRIGGER configured AFTER INSERT OR UPDATE OR DELETE ON events.departments
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION events.configuration_changed();
CREATE CONSTRAINT TRIGGER configured AFTER INSERT OR UPDATE OR DELETE ON events.crews
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION events.configuration_changed();
CREATE CONSTRAINT TRIGGER configured AFTER INSERT OR UPDATE OR DELETE ON events.shifts
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION events.configuration_changed();

-- When the lateness of an assisting department was first told: once.
ALTER TABLE events.parties ADD COLUMN late_at timestamptz;
CREATE INDEX ON events.parties (due_at)
    WHERE signed_at IS NULL AND released_at IS NULL AND late_at IS NULL;
GRANT UPDATE (late_at) ON events.parties TO cc_dispatch, cc_admin;

-- Search in what tickets say. Their characters, and pairs of them that stand side by side: Chinese has
-- no spaces, and most of its words are two characters long. A table of its own, because a ticket is
-- written many times and what it says hardly ever changes.
CREATE FUNCTION events.words_of(said text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
SELECT coalesce(array_agg(DISTINCT words.word), '{}')
FROM (
    SELECT one.c, one.c || lead(one.c) OVER (ORDER BY one.n) AS pair
    FROM unnest(string_to_array(lower(said), NULL)) WITH ORDINALITY AS one (c, n)
) AS two
CROSS JOIN LATERAL (VALUES (two.c), (two.pair)) AS words (word)
WHERE words.word IS NOT NULL
$$;

CREATE TABLE events.ticket_words (
    ticket_id bigint PRIMARY KEY,
    words text[] NOT NULL
);
INSERT INTO events.ticket_words (ticket_id, words)
SELECT ticket_id, events.words_of(concat_ws(' ', number, title_zh, title_en, description))
FROM events.tickets;
CREATE INDEX ON events.ticket_words USING gin (words);
GRANT SELECT ON events.ticket_words TO cc_web, cc_dispatch, cc_admin;

CREATE FUNCTION events.keep_words() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
    AS $$
BEGIN
    INSERT INTO events.ticket_words (ticket_id, words)
    VALUES (NEW.ticket_id, events.words_of(
        concat_ws(' ', NEW.number, NEW.title_zh, NEW.title_en, NEW.description)))
    ON CONFLICT (ticket_id) DO UPDATE SET words = excluded.words;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION events.keep_words() FROM PUBLIC;
CREATE TRIGGER said AFTER INSERT ON events.tickets
    FOR EACH ROW EXECUTE FUNCTION events.keep_words();
CREATE TRIGGER said_otherwise AFTER UPDATE OF title_zh, title_en, description ON events.tickets
    FOR EACH ROW
    WHEN ((OLD.title_zh, OLD.title_en, OLD.description)
        IS DISTINCT FROM (NEW.title_zh, NEW.title_en, NEW.description))
    EXECUTE FUNCTION events.keep_words();
