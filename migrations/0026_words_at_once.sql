-- Words of many new tickets in one statement, and twice as fast: an import of 20,000 asked for them one
-- by one, and each call of a function in a trigger is planned anew.
CREATE OR REPLACE FUNCTION events.words_of(said text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
DECLARE
    letters text[] := string_to_array(lower(said), NULL);
BEGIN
    RETURN ARRAY(
        SELECT c FROM unnest(letters) AS c
        UNION
        SELECT c || following FROM unnest(letters, letters[2:]) AS two (c, following)
        WHERE following IS NOT NULL);
END
$$;

CREATE FUNCTION events.keep_words_of_new() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
    AS $$
BEGIN
    INSERT INTO events.ticket_words (ticket_id, words)
    SELECT c.ticket_id, events.words_of(
        concat_ws(' ', c.number, c.title_zh, c.title_en, c.description))
    FROM changed AS c;
    RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION events.keep_words_of_new() FROM PUBLIC;
DROP TRIGGER said ON events.tickets;
CREATE TRIGGER said AFTER INSERT ON events.tickets
    REFERENCING NEW TABLE AS changed
    FOR EACH STATEMENT EXECUTE FUNCTION events.keep_words_of_new();
