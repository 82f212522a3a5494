-- name: cells
-- Unit cells, with cell_id as feature id. Asked from z 11 up: below, a cell is under a pixel.
-- Codes from z 12 up: they are most of the bytes of a tile. What lies inside is only moved and
-- scaled (to 4096 units from its upper left corner), which takes a quarter of the time of cutting.
WITH frame AS (
    SELECT box, wider, k, -ST_XMin(box) * k AS dx, ST_YMax(box) * k AS dy
    FROM (SELECT ST_TileEnvelope(:z, :x, :y) AS box,
                 ST_TileEnvelope(:z, :x, :y, margin => 0.016) AS wider) AS tile,
        LATERAL (SELECT 4096 / (ST_XMax(box) - ST_XMin(box)) AS k) AS scale
)
SELECT ST_AsMVT(tile, 'cells', 4096, 'shape', 'cell_id')
FROM (
    SELECT cell_id, area_id, CASE WHEN :z >= 12 THEN code END AS code,
           CASE WHEN geometry_3857 @ wider
               THEN ST_SnapToGrid(
                   ST_Affine(ST_ForcePolygonCW(geometry_3857), k, 0, 0, -k, dx, dy), 1)
               ELSE ST_AsMVTGeom(geometry_3857, box, 4096, 64)
           END AS shape
    FROM grid.cells, frame
    WHERE valid_to IS NULL AND geometry_3857 && wider
) AS tile
WHERE NOT ST_IsEmpty(shape);

-- name: areas
-- Areas with their level: streets from z 10, communities from z 12.
WITH frame AS (
    SELECT ST_TileEnvelope(:z, :x, :y) AS box,
           ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => 0.016), 4326) AS wider
)
SELECT ST_AsMVT(tile, 'areas', 4096, 'shape', 'area_id')
FROM (
    SELECT area_id, code, kind, name_zh, name_en,
           ST_AsMVTGeom(ST_Transform(geometry, 3857), box, 4096, 64) AS shape
    FROM grid.areas, frame
    WHERE geometry && wider
      AND :z >= CASE kind WHEN 'community' THEN 12 WHEN 'street' THEN 10 ELSE 0 END
) AS tile
WHERE NOT ST_IsEmpty(shape);

-- name: basemap
-- The base map; small things appear as one comes nearer. Cut like the cells.
WITH frame AS (
    SELECT box, wider, k, -ST_XMin(box) * k AS dx, ST_YMax(box) * k AS dy
    FROM (SELECT ST_TileEnvelope(:z, :x, :y) AS box,
                 ST_TileEnvelope(:z, :x, :y, margin => 0.016) AS wider) AS tile,
        LATERAL (SELECT 4096 / (ST_XMax(box) - ST_XMin(box)) AS k) AS scale
)
SELECT ST_AsMVT(tile, 'basemap', 4096, 'shape', 'feature_id')
FROM (
    SELECT feature_id, kind, name_zh, name_en,
           CASE WHEN geometry_3857 @ wider
               THEN ST_SnapToGrid(
                   ST_Affine(ST_ForcePolygonCW(geometry_3857), k, 0, 0, -k, dx, dy), 1)
               ELSE ST_AsMVTGeom(geometry_3857, box, 4096, 64)
           END AS shape
    FROM grid.basemap, frame
    WHERE geometry_3857 && wider
      AND :z >= CASE kind WHEN 'building' THEN 14 WHEN 'road_minor' THEN 13 WHEN 'road' THEN 11
                          ELSE 0 END
    ORDER BY feature_id
) AS tile
WHERE NOT ST_IsEmpty(shape);

-- name: components
-- City facilities as points, asked from z 14 up: a tile of z 12 would hold half of a big city's,
-- a mark on every few pixels.
WITH frame AS (
    SELECT ST_TileEnvelope(:z, :x, :y) AS box,
           ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => 0.016), 4326) AS wider
)
SELECT ST_AsMVT(tile, 'components', 4096, 'shape', 'component_id')
FROM (
    SELECT component_id, code, kind, name_zh, name_en,
           ST_AsMVTGeom(ST_Transform(position, 3857), box, 4096, 64) AS shape
    FROM grid.components, frame
    WHERE position && wider
) AS tile
WHERE NOT ST_IsEmpty(shape);
