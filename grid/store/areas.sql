-- name: all_areas
-- The whole tree, parents before children.
SELECT area_id, code, kind, parent_id, path, name_zh, name_en, synthetic,
       ST_AsBinary(geometry) AS geometry
FROM grid.areas ORDER BY array_length(path, 1), code;

-- name: by_code
-- One area by its code.
SELECT area_id, code, kind, parent_id, path, name_zh, name_en, synthetic,
       ST_AsBinary(geometry) AS geometry
FROM grid.areas WHERE code = :code;

-- name: by_id
-- One area by its id.
SELECT area_id, code, kind, parent_id, path, name_zh, name_en, synthetic,
       ST_AsBinary(geometry) AS geometry
FROM grid.areas WHERE area_id = :area_id;

-- name: children
-- The areas directly below one.
SELECT area_id, code, kind, parent_id, path, name_zh, name_en, synthetic,
       ST_AsBinary(geometry) AS geometry
FROM grid.areas WHERE parent_id = :area_id ORDER BY code;

-- name: inside
-- An area and all below it, parents before children.
SELECT area_id, code, kind, parent_id, path, name_zh, name_en, synthetic,
       ST_AsBinary(geometry) AS geometry
FROM grid.areas WHERE path @> ARRAY[CAST(:area_id AS integer)]
ORDER BY array_length(path, 1), code;

-- name: insert
-- A new area below an area that exists (no parent: a city).
INSERT INTO grid.areas (code, kind, parent_id, path, name_zh, name_en, synthetic, geometry)
VALUES (:code, :kind, CAST(:parent_id AS integer), '{}', :name_zh, :name_en, :synthetic,
        ST_GeomFromWKB(:geometry, 4326))
RETURNING area_id;

-- name: set_path
-- The ids from the city down to the area itself, which is known once it has an id.
UPDATE grid.areas SET path = CAST(:path AS integer[]) WHERE area_id = :area_id;

-- name: update
-- An area's names and shape, when they changed.
UPDATE grid.areas
SET name_zh = :name_zh, name_en = :name_en, synthetic = :synthetic,
    geometry = ST_GeomFromWKB(:geometry, 4326), changed_by = grid.actor(), changed_at = now()
WHERE code = :code
  AND (name_zh, name_en, synthetic, ST_AsBinary(geometry))
      IS DISTINCT FROM (:name_zh, :name_en, :synthetic,
                        ST_AsBinary(ST_GeomFromWKB(:geometry, 4326)));
