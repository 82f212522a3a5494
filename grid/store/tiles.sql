-- name: cells
-- Unit cells, with cell_id as feature id. Asked from z 11 up: below, a cell is under a pixel.
-- Codes and areas from z 13 up, where the tip of a cell tells its own: they are half of the bytes of a
-- tile. (Half a unit more: ST_AsMVT cuts off what is behind the point.) What
-- lies inside is only moved and scaled (to 4096 units from its upper left corner), which takes a
-- quarter of the time of cutting. OFFSET 0, here and below: without it the shape is made twice, once
-- to see whether it is empty. MATERIALIZED: without it the envelope of the tile is made anew for every
-- shape, six times; that took longer than all the rest.
WITH frame AS MATERIALIZED (
    SELECT box, wider, k, -ST_XMin(box) * k AS dx, ST_YMax(box) * k AS dy
    FROM (SELECT ST_TileEnvelope(:z, :x, :y) AS box,
                 ST_TileEnvelope(:z, :x, :y, margin => 0.016) AS wider) AS tile,
        LATERAL (SELECT 4096 / (ST_XMax(box) - ST_XMin(box)) AS k) AS scale
)
SELECT ST_AsMVT(tile, 'cells', 4096, 'shape', 'cell_id')
FROM (
    SELECT cell_id, CASE WHEN :z >= 13 THEN area_id END AS area_id,
           CASE WHEN :z >= 13 THEN code END AS code,
           CASE WHEN geometry_3857 @ wider
               THEN ST_Affine(
                   ST_ForcePolygonCW(geometry_3857), k, 0, 0, -k, dx + 0.5, dy + 0.5)
               ELSE ST_AsMVTGeom(geometry_3857, box, 4096, 64)
           END AS shape
    FROM grid.cells, frame
    WHERE valid_to IS NULL AND geometry_3857 && wider
    OFFSET 0
) AS tile
WHERE NOT ST_IsEmpty(shape);

-- name: areas
-- Areas with their level: streets from z 10, communities from z 12.
WITH frame AS MATERIALIZED (
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
    OFFSET 0
) AS tile
WHERE NOT ST_IsEmpty(shape);

-- name: basemap_far
-- The base map below z 13: neither minor roads nor buildings (most of its shapes, which the index
-- leaves out), and the roads of a kind as one shape without names, which are written from z 13 up.
WITH frame AS MATERIALIZED (
    SELECT box, wider, k, -ST_XMin(box) * k AS dx, ST_YMax(box) * k AS dy
    FROM (SELECT ST_TileEnvelope(:z, :x, :y) AS box,
                 ST_TileEnvelope(:z, :x, :y, margin => 0.016) AS wider) AS tile,
        LATERAL (SELECT 4096 / (ST_XMax(box) - ST_XMin(box)) AS k) AS scale
), shown AS (
    SELECT feature_id, kind, name_zh, name_en,
           CASE WHEN geometry_3857 @ wider
               THEN ST_SnapToGrid(
                   ST_Affine(ST_ForcePolygonCW(geometry_3857), k, 0, 0, -k, dx, dy), 1)
               ELSE ST_AsMVTGeom(geometry_3857, box, 4096, 64)
           END AS shape
    FROM grid.basemap, frame
    WHERE geometry_3857 && wider AND kind NOT IN ('road_minor', 'building')
      AND (:z >= 11 OR kind <> 'road')
    OFFSET 0
)
SELECT ST_AsMVT(tile, 'basemap', 4096, 'shape', 'feature_id')
FROM (
    SELECT * FROM shown WHERE kind NOT IN ('road_major', 'road')
    UNION ALL
    SELECT min(feature_id), kind, NULL, NULL, ST_CollectionExtract(ST_Collect(shape), 2)
    FROM shown WHERE kind IN ('road_major', 'road') GROUP BY kind
    ORDER BY feature_id
) AS tile
WHERE NOT ST_IsEmpty(shape);

-- name: basemap
-- The base map from z 13 up; small things appear as one comes nearer. Cut like the cells.
WITH frame AS MATERIALIZED (
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
    WHERE geometry_3857 && wider AND (:z >= 14 OR kind <> 'building')
    ORDER BY feature_id
    OFFSET 0
) AS tile
WHERE NOT ST_IsEmpty(shape);

-- name: components
-- City facilities as points, asked from z 14 up: a tile of z 12 would hold half of a big city's,
-- a mark on every few pixels.
WITH frame AS MATERIALIZED (
    SELECT ST_TileEnvelope(:z, :x, :y) AS box,
           ST_Transform(ST_TileEnvelope(:z, :x, :y, margin => 0.016), 4326) AS wider
)
SELECT ST_AsMVT(tile, 'components', 4096, 'shape', 'component_id')
FROM (
    SELECT component_id, code, kind, name_zh, name_en,
           ST_AsMVTGeom(ST_Transform(position, 3857), box, 4096, 64) AS shape
    FROM grid.components, frame
    WHERE position && wider
    OFFSET 0
) AS tile
WHERE NOT ST_IsEmpty(shape);
