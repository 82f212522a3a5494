-- name: areas
-- Areas by a part of a name or the beginning of the code: exact ones, then wide ones first.
SELECT a.area_id AS key, a.kind, a.code, a.name_zh, a.name_en,
    coalesce(p.name_zh, '') AS area_zh, coalesce(p.name_en, '') AS area_en,
    ST_X(ST_PointOnSurface(a.geometry)) AS lon, ST_Y(ST_PointOnSurface(a.geometry)) AS lat,
    ST_XMin(a.geometry) AS west, ST_YMin(a.geometry) AS south,
    ST_XMax(a.geometry) AS east, ST_YMax(a.geometry) AS north
FROM (
    SELECT area_id, kind, code, name_zh, name_en, parent_id, geometry,
        least(CASE lower(name_zh) WHEN lower(:words) THEN 0 ELSE 2 END,
            CASE lower(name_en) WHEN lower(:words) THEN 0 ELSE 2 END,
            CASE code WHEN :words THEN 0 ELSE 2 END,
            CASE WHEN starts_with(lower(name_zh), lower(:words))
                OR starts_with(lower(name_en), lower(:words)) THEN 1 ELSE 2 END) AS rank
    FROM grid.areas
    WHERE strpos(lower(name_zh), lower(:words)) > 0 OR strpos(lower(name_en), lower(:words)) > 0
        OR starts_with(code, :words)
    ORDER BY rank, array_length(path, 1), code
    LIMIT :most
) AS a
LEFT JOIN grid.areas AS p ON p.area_id = a.parent_id
ORDER BY a.rank, length(a.code), a.code;

-- name: said_in
-- The areas whose whole name stands in a text, the longest name first.
SELECT area_id, code, kind, name_zh, name_en
FROM grid.areas
WHERE (length(name_zh) > 1 AND strpos(lower(:words), lower(name_zh)) > 0)
    OR (length(name_en) > 1 AND strpos(lower(:words), lower(name_en)) > 0)
ORDER BY greatest(CASE WHEN strpos(lower(:words), lower(name_zh)) > 0 THEN length(name_zh) END,
    CASE WHEN strpos(lower(:words), lower(name_en)) > 0 THEN length(name_en) END) DESC, code
LIMIT 1;

-- name: cells
-- Valid cells by the beginning of their code.
SELECT c.cell_id AS key, 'cell' AS kind, c.code, c.code AS name_zh, c.code AS name_en,
    a.name_zh AS area_zh, a.name_en AS area_en,
    ST_X(ST_PointOnSurface(c.geometry)) AS lon, ST_Y(ST_PointOnSurface(c.geometry)) AS lat,
    ST_XMin(c.geometry) AS west, ST_YMin(c.geometry) AS south,
    ST_XMax(c.geometry) AS east, ST_YMax(c.geometry) AS north
FROM grid.cells AS c
JOIN grid.areas AS a USING (area_id)
WHERE c.code BETWEEN rpad(:digits, 15, '0') AND rpad(:digits, 15, '9') AND c.valid_to IS NULL
ORDER BY c.code
LIMIT :most;

-- name: components
-- City facilities by a part of their code or of a name, whole codes and names first. However many
-- have it as a part, the one whose code it is is among them.
SELECT p.component_id AS key, p.kind, p.code, p.name_zh, p.name_en,
    a.name_zh AS area_zh, a.name_en AS area_en,
    ST_X(p.position) AS lon, ST_Y(p.position) AS lat,
    ST_X(p.position) AS west, ST_Y(p.position) AS south,
    ST_X(p.position) AS east, ST_Y(p.position) AS north
FROM (
    SELECT component_id, area_id, kind, code, name_zh, name_en, position
    FROM grid.components
    WHERE code IN (:words, upper(:words), lower(:words))
    UNION ALL (
        SELECT component_id, area_id, kind, code, name_zh, name_en, position
        FROM grid.components
        WHERE grid.pairs_of(code || ' ' || name_zh || ' ' || name_en) @> grid.pairs_of(:words)
            AND strpos(lower(code || ' ' || name_zh || ' ' || name_en), lower(:words)) > 0
            AND code NOT IN (:words, upper(:words), lower(:words))
        LIMIT 500)
) AS p
JOIN grid.areas AS a USING (area_id)
ORDER BY lower(:words) IN (lower(p.code), lower(p.name_zh), lower(p.name_en)) DESC,
    starts_with(lower(p.code), lower(:words)) DESC, p.code
LIMIT :most;

-- name: places
-- Streets, waters and places of the base map by a part of their name; the pieces of one are one.
SELECT min(b.feature_id) AS key, b.kind, '' AS code, coalesce(b.name_zh, '') AS name_zh,
    coalesce(b.name_en, '') AS name_en, '' AS area_zh, '' AS area_en,
    (array_agg(ST_X(ST_PointOnSurface(b.geometry)) ORDER BY b.feature_id))[1] AS lon,
    (array_agg(ST_Y(ST_PointOnSurface(b.geometry)) ORDER BY b.feature_id))[1] AS lat,
    min(ST_XMin(b.geometry)) AS west, min(ST_YMin(b.geometry)) AS south,
    max(ST_XMax(b.geometry)) AS east, max(ST_YMax(b.geometry)) AS north
FROM (
    SELECT feature_id, kind, name_zh, name_en, geometry
    FROM grid.basemap
    WHERE (name_zh IS NOT NULL OR name_en IS NOT NULL)
        AND grid.pairs_of(coalesce(name_zh, '') || ' ' || coalesce(name_en, ''))
            @> grid.pairs_of(:words)
        AND strpos(lower(coalesce(name_zh, '') || ' ' || coalesce(name_en, '')), lower(:words)) > 0
    LIMIT 500
) AS b
GROUP BY b.kind, b.name_zh, b.name_en
ORDER BY lower(:words) IN (lower(coalesce(b.name_zh, '')), lower(coalesce(b.name_en, ''))) DESC,
    b.name_zh, b.kind
LIMIT :most;

-- name: all_areas
-- Every area with where its name stands and how far it reaches, parents before children.
SELECT area_id AS key, kind, code, name_zh, name_en, '' AS area_zh, '' AS area_en,
    ST_X(ST_PointOnSurface(geometry)) AS lon, ST_Y(ST_PointOnSurface(geometry)) AS lat,
    ST_XMin(geometry) AS west, ST_YMin(geometry) AS south,
    ST_XMax(geometry) AS east, ST_YMax(geometry) AS north
FROM grid.areas
ORDER BY length(code), code;

-- name: way
-- The areas from the city down to one, itself included.
SELECT b.area_id, b.code, b.kind, b.name_zh, b.name_en
FROM grid.areas AS a
JOIN grid.areas AS b ON b.area_id = ANY(a.path)
WHERE a.area_id = :area_id
ORDER BY array_length(b.path, 1);

-- name: id_of
-- An area by its code.
SELECT area_id FROM grid.areas WHERE code = :code;

-- name: below
-- An area and all below it without their shapes, and which of its children each belongs to.
SELECT b.area_id, b.code, b.kind, b.name_zh, b.name_en,
    b.path[array_length(a.path, 1) + 1] AS child_id
FROM grid.areas AS a
JOIN grid.areas AS b ON b.path @> ARRAY[a.area_id]
WHERE a.area_id = :area_id
ORDER BY b.code;

-- name: codes_of
-- The codes of some cells.
SELECT cell_id, code FROM grid.cells WHERE cell_id = ANY(CAST(:cell_ids AS integer[]));
