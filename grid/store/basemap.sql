-- name: count
-- How many shapes the base map has.
SELECT count(*) FROM grid.basemap;

-- name: clear
-- Take away the base map, before a new one is laid.
DELETE FROM grid.basemap;

-- name: outlines
-- Shapes of some kinds, coarse, for a map of a thumb's width; in drawing order.
SELECT kind, ST_AsBinary(ST_SimplifyPreserveTopology(geometry, :tolerance)) AS geometry
FROM grid.basemap
WHERE kind = ANY(:kinds)
ORDER BY array_position(CAST(:kinds AS text[]), kind), feature_id
LIMIT :limit;
