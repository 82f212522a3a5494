-- name: all
-- Every component.
SELECT component_id, code, kind, name_zh, name_en, ST_X(position) AS lon, ST_Y(position) AS lat,
       source_crs, standard, class_code, owner_department, attributes, cell_id, area_id
FROM grid.components ORDER BY code;

-- name: by_kind
-- The components of one kind.
SELECT component_id, code, kind, name_zh, name_en, ST_X(position) AS lon, ST_Y(position) AS lat,
       source_crs, standard, class_code, owner_department, attributes, cell_id, area_id
FROM grid.components WHERE kind = :kind ORDER BY code;

-- name: by_cell
-- The components of one kind in a cell.
SELECT component_id, code, kind, name_zh, name_en, ST_X(position) AS lon, ST_Y(position) AS lat,
       source_crs, standard, class_code, owner_department, attributes, cell_id, area_id
FROM grid.components WHERE cell_id = :cell_id AND kind = :kind ORDER BY code LIMIT :most;

-- name: by_code
-- One component by its code.
SELECT component_id, code, kind, name_zh, name_en, ST_X(position) AS lon, ST_Y(position) AS lat,
       source_crs, standard, class_code, owner_department, attributes, cell_id, area_id
FROM grid.components WHERE code = :code;

-- name: codes
-- The codes that are taken.
SELECT code FROM grid.components;

-- name: put
-- A new component, or what changed of a known one.
INSERT INTO grid.components AS known
    (code, kind, standard, class_code, name_zh, name_en, position, source_crs, cell_id, area_id,
     owner_department, attributes)
VALUES (:code, :kind, :standard, :class_code, :name_zh, :name_en, ST_Point(:lon, :lat, 4326),
        :source_crs, CAST(:cell_id AS integer), :area_id, :owner_department,
        CAST(:attributes AS jsonb))
ON CONFLICT (code) DO UPDATE
SET kind = excluded.kind, standard = excluded.standard, class_code = excluded.class_code,
    name_zh = excluded.name_zh, name_en = excluded.name_en, position = excluded.position,
    source_crs = excluded.source_crs, cell_id = excluded.cell_id, area_id = excluded.area_id,
    owner_department = excluded.owner_department, attributes = excluded.attributes,
    changed_by = grid.actor(), changed_at = now()
WHERE (known.kind, known.standard, known.class_code, known.name_zh, known.name_en,
       ST_X(known.position), ST_Y(known.position), known.source_crs, known.cell_id, known.area_id,
       known.owner_department, known.attributes)
      IS DISTINCT FROM
      (excluded.kind, excluded.standard, excluded.class_code, excluded.name_zh, excluded.name_en,
       ST_X(excluded.position), ST_Y(excluded.position), excluded.source_crs, excluded.cell_id,
       excluded.area_id, excluded.owner_department, excluded.attributes);

-- name: relocate
-- After new cells: each component lies in the cell and the area that hold it now.
UPDATE grid.components AS moved
SET cell_id = cell.cell_id, area_id = coalesce(cell.area_id, moved.area_id),
    changed_by = grid.actor(), changed_at = now()
FROM grid.components AS known
LEFT JOIN LATERAL (
    SELECT cell_id, area_id FROM grid.cells
    WHERE valid_to IS NULL AND ST_Intersects(cells.geometry, known.position)
    ORDER BY cell_id LIMIT 1) AS cell ON true
WHERE moved.component_id = known.component_id
  AND moved.cell_id IS DISTINCT FROM cell.cell_id;
