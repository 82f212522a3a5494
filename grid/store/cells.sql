-- name: count
-- How many cells are valid now.
SELECT count(*) FROM grid.cells WHERE valid_to IS NULL;

-- name: by_code
-- One cell by its code, whether it is still valid or not.
SELECT cell_id, code, area_id, ST_AsBinary(geometry) AS geometry, valid_from, valid_to
FROM grid.cells WHERE code = :code;

-- name: by_ids
-- Cells by id, whether they are still valid or not.
SELECT cell_id, code, area_id, ST_AsBinary(geometry) AS geometry, valid_from, valid_to
FROM grid.cells WHERE cell_id = ANY(CAST(:cell_ids AS integer[])) ORDER BY cell_id;

-- name: inside
-- The valid cells of an area and of all areas below it.
SELECT cell_id, code, area_id, ST_AsBinary(geometry) AS geometry, valid_from, valid_to
FROM grid.cells
WHERE valid_to IS NULL
  AND area_id IN (SELECT area_id FROM grid.areas
                  WHERE path @> ARRAY[CAST(:area_id AS integer)])
ORDER BY code;

-- name: nearest
-- The valid cells nearest to a point, the one that holds it first.
SELECT cell_id, code, area_id, ST_AsBinary(geometry) AS geometry, valid_from, valid_to
FROM grid.cells WHERE valid_to IS NULL
ORDER BY geometry <-> ST_Point(:lon, :lat, 4326) LIMIT :limit;

-- name: taken_codes
-- All codes ever given below some communities (12 digits each): none is given again.
SELECT code FROM grid.cells
WHERE area_id IN (SELECT area_id FROM grid.areas WHERE code = ANY(CAST(:communities AS text[])));

-- name: retire
-- Cells that are replaced: their codes stay taken.
UPDATE grid.cells
SET valid_to = greatest(now(), valid_from + interval '1 microsecond'), changed_by = grid.actor()
WHERE cell_id = ANY(CAST(:cell_ids AS integer[])) AND valid_to IS NULL;

-- name: locate
-- The cell of a point, else the narrowest area; on a border between two the lower id wins.
WITH here AS (SELECT ST_Point(:lon, :lat, 4326) AS point),
found AS (
    (SELECT cell_id, code, area_id, 0 AS rank FROM grid.cells, here
     WHERE valid_to IS NULL AND ST_Intersects(geometry, point)
     ORDER BY cell_id LIMIT 1)
    UNION ALL
    (SELECT NULL, NULL, area_id, 1 FROM grid.areas, here
     WHERE ST_Intersects(geometry, point)
     ORDER BY array_length(path, 1) DESC, area_id LIMIT 1)
)
SELECT found.cell_id, found.code, found.area_id, areas.name_zh, areas.name_en
FROM found JOIN grid.areas USING (area_id) ORDER BY rank LIMIT 1;

-- name: locate_some
-- The same for a few points at once: the n-th answer is for the n-th point.
SELECT coalesce(cell.cell_id, 0) AS cell_id,
       coalesce(cell.area_id, area.area_id, 0) AS area_id
FROM unnest(CAST(:lons AS double precision[]), CAST(:lats AS double precision[]))
     WITH ORDINALITY AS given (lon, lat, n)
LEFT JOIN LATERAL (
    SELECT cell_id, area_id FROM grid.cells
    WHERE valid_to IS NULL AND ST_Intersects(geometry, ST_Point(lon, lat, 4326))
    ORDER BY cell_id LIMIT 1) AS cell ON true
LEFT JOIN LATERAL (
    SELECT area_id FROM grid.areas
    WHERE cell.cell_id IS NULL AND ST_Intersects(geometry, ST_Point(lon, lat, 4326))
    ORDER BY array_length(path, 1) DESC, area_id LIMIT 1) AS area ON true
ORDER BY n;

-- name: index_cells
-- Shapes and ids of all valid cells, for locating many points outside the database.
SELECT cell_id, area_id, ST_AsBinary(geometry) AS geometry
FROM grid.cells WHERE valid_to IS NULL ORDER BY cell_id;

-- name: index_areas
-- Shapes and ids of all areas, the narrowest first.
SELECT area_id, ST_AsBinary(geometry) AS geometry
FROM grid.areas ORDER BY array_length(path, 1) DESC, area_id;

-- name: valid_codes
-- Which of some codes are those of valid cells.
SELECT code FROM grid.cells WHERE code = ANY(CAST(:codes AS text[])) AND valid_to IS NULL;

-- name: put_elevations
-- How high the ground of some cells lies, where that is new.
UPDATE grid.cells AS c SET elevation_m = told.elevation_m, changed_by = grid.actor()
FROM unnest(CAST(:codes AS text[]), CAST(:heights AS double precision[])) AS told (code, elevation_m)
WHERE c.code = told.code AND c.valid_to IS NULL AND c.elevation_m IS DISTINCT FROM told.elevation_m;

-- name: known_elevations
-- Of how many cells the ground is known, and how many there are.
SELECT count(elevation_m) AS known, count(*) AS valid FROM grid.cells WHERE valid_to IS NULL;

-- name: lower
-- The cells around some places that lie lower than the water there, the deepest water of each. (The
-- envelope, in degrees, is a little wider than the reach: the index finds what lies in it.)
SELECT low.cell_id, low.code, low.n, low.depth_m, ST_AsGeoJSON(low.geometry, 6) AS shape
FROM (
SELECT DISTINCT ON (c.cell_id) c.cell_id, c.code, g.n, g.height - c.elevation_m AS depth_m,
    c.geometry
FROM unnest(CAST(:lons AS double precision[]), CAST(:lats AS double precision[]),
        CAST(:heights AS double precision[]), CAST(:reaches AS double precision[]))
    WITH ORDINALITY AS g (lon, lat, height, reach, n)
JOIN grid.cells AS c
    ON c.geometry && ST_Expand(ST_Point(g.lon, g.lat, 4326),
        g.reach / 110000 / greatest(cos(radians(g.lat)), 0.1), g.reach / 110000)
    AND c.elevation_m < g.height
    AND ST_DWithin(c.geometry::geography, ST_Point(g.lon, g.lat, 4326)::geography, g.reach)
WHERE c.elevation_m IS NOT NULL AND c.valid_to IS NULL
ORDER BY c.cell_id, depth_m DESC) AS low
ORDER BY low.depth_m DESC, low.cell_id
LIMIT :most;

-- name: lock
-- One change of areas or cells at a time, until the end of the transaction.
SELECT pg_advisory_xact_lock(7215002);
