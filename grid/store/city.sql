-- name: get
-- The one city of this database.
SELECT name_zh, name_en, time_zone, ST_X(center) AS lon, ST_Y(center) AS lat,
       ST_XMin(bbox) AS west, ST_YMin(bbox) AS south, ST_XMax(bbox) AS east, ST_YMax(bbox) AS north,
       demo
FROM grid.city;

-- name: put
-- Name the city, or change what is known of it.
INSERT INTO grid.city (name_zh, name_en, time_zone, center, bbox, demo)
VALUES (:name_zh, :name_en, :time_zone, ST_Point(:lon, :lat, 4326),
        ST_MakeEnvelope(:west, :south, :east, :north, 4326), :demo)
ON CONFLICT (only_one) DO UPDATE
SET name_zh = excluded.name_zh, name_en = excluded.name_en, time_zone = excluded.time_zone,
    center = excluded.center, bbox = excluded.bbox, demo = excluded.demo,
    changed_by = grid.actor(), changed_at = now();
