-- name: cell_id_of
-- A unit cell by its 15-digit code.
SELECT cell_id FROM grid.cells WHERE code = :code;
