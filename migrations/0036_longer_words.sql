-- Search finds a number of five digits and more by index. Pairs of digits nearly every ticket has, so
-- that such a number was looked for in a tenth of all tickets; five digits in a row are a word, too.
-- Tickets that say such a number (each does: its own) are prepared anew: some two minutes for a million.

-- (Sorted by bytes and each once by way of a tsvector, which holds 1 MB of words at most; beyond that
-- some may stand twice, which no search can tell.)
CREATE OR REPLACE FUNCTION events.words_of(said text) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
DECLARE
    letters text[] := string_to_array(lower(said), NULL);
    words text[] := letters || ARRAY(
        SELECT c || following FROM unnest(letters, letters[2:]) AS two (c, following)
        WHERE following IS NOT NULL);
BEGIN
    IF said ~ '[0-9]{5}' THEN
        words := words || ARRAY(
            SELECT substr(run.digits[1], n, 5)
            FROM regexp_matches(said, '[0-9]{5,}', 'g') AS run (digits)
            CROSS JOIN LATERAL generate_series(1, length(run.digits[1]) - 4) AS n);
    END IF;
    IF cardinality(letters) > 50000 THEN
        RETURN words;
    END IF;
    RETURN tsvector_to_array(array_to_tsvector(words));
END
$$;

-- Of the words of a text those that no longer one of them holds: whoever has these has all. (Each word
-- that is asked for besides makes a text look rarer to the planner than it is.)
CREATE FUNCTION events.words_asked(said text) RETURNS text[]
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    AS $$
SELECT coalesce(array_agg(DISTINCT held.word), '{}')
FROM (
    SELECT one.word, one.n + one.long AS ends, max(one.n + one.long) OVER (
        ORDER BY one.n, one.long DESC ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS reached
    FROM (
        SELECT n, long, substr(lower(said), n, long) AS word
        FROM generate_series(1, length(said)) AS n
        CROSS JOIN unnest(ARRAY[1, 2, 5]) AS long
    ) AS one
    WHERE length(one.word) = one.long AND (one.long < 5 OR one.word ~ '^[0-9]{5}$')
) AS held
WHERE held.reached IS NULL OR held.ends > held.reached
$$;

DROP INDEX events.ticket_words_words_idx;
TRUNCATE events.ticket_words;
INSERT INTO events.ticket_words (ticket_id, words)
SELECT ticket_id, events.words_of(concat_ws(' ', number, title_zh, title_en, description))
FROM events.tickets;
CREATE INDEX ON events.ticket_words USING gin (words);
ANALYZE events.ticket_words;
