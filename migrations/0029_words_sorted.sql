-- Words of a ticket in half the processor time, and in the order in which the index takes them
-- soonest: each once, sorted by bytes. (A tsvector does both, and holds 1 MB of words at most; beyond
-- that some may stand twice, which no search can tell.)
CREATE OR REPLACE FUNCTION events.words_of(said text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
DECLARE
    letters text[] := string_to_array(lower(said), NULL);
    words text[] := letters || ARRAY(
        SELECT c || following FROM unnest(letters, letters[2:]) AS two (c, following)
        WHERE following IS NOT NULL);
BEGIN
    IF cardinality(letters) > 50000 THEN
        RETURN words;
    END IF;
    RETURN tsvector_to_array(array_to_tsvector(words));
END
$$;
