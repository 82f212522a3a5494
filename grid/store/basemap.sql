-- name: count
-- How many shapes the base map has.
SELECT count(*) FROM grid.basemap;

-- name: clear
-- Take away the base map, before a new one is laid.
DELETE FROM grid.basemap;
