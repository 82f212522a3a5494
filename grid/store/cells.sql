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

-- name: lock
-- One change of areas or cells at a time, until the end of the transaction.
SELECT pg_advisory_xact_lock(7215002);
