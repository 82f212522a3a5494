-- Looking things up by what they are called: components, devices, streets and places.

-- The characters of a text, and pairs of them that stand side by side: Chinese has no spaces, and
-- most of its words are two characters long. An index of them finds any part of a name.
CREATE FUNCTION grid.pairs_of(said text) RETURNS text[]
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

CREATE INDEX ON grid.components
    USING gin (grid.pairs_of(code || ' ' || name_zh || ' ' || name_en));
CREATE INDEX ON grid.basemap
    USING gin (grid.pairs_of(coalesce(name_zh, '') || ' ' || coalesce(name_en, '')))
    WHERE name_zh IS NOT NULL OR name_en IS NOT NULL;
CREATE INDEX ON iot.devices USING gin (grid.pairs_of(
    device_id || ' ' || name_zh || ' ' || name_en || ' ' || coalesce(attributes ->> 'mn', '')));
