-- name: areas_inside
-- An area and all below it; no row when it is the root, because then nothing need be filtered.
SELECT b.area_id
FROM grid.areas AS a
JOIN grid.areas AS b ON b.path @> ARRAY[a.area_id]
WHERE a.area_id = :area_id AND a.parent_id IS NOT NULL;

-- name: is_root
-- Whether an area is the whole city.
SELECT parent_id IS NULL FROM grid.areas WHERE area_id = :area_id;

-- name: sees_all
-- Whether everything lies inside an area: whatever is not below it is above it.
SELECT NOT EXISTS (
    SELECT FROM grid.areas AS a
    WHERE NOT a.path @> ARRAY[CAST(:area_id AS integer)] AND NOT a.area_id = ANY(own.path))
FROM grid.areas AS own WHERE own.area_id = :area_id;
