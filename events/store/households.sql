-- name: put
-- The households of some buildings, new or changed; how many.
INSERT INTO contact.households AS known (component_id, unit, residents, contact, phone, note)
SELECT component_id, unit, residents, contact, phone, note
FROM unnest(CAST(:component_ids AS integer[]), CAST(:units AS text[]),
    CAST(:residents AS integer[]), CAST(:contacts AS text[]), CAST(:phones AS text[]),
    CAST(:notes AS text[])) AS told (component_id, unit, residents, contact, phone, note)
ON CONFLICT (component_id, unit) DO UPDATE
SET residents = excluded.residents, contact = excluded.contact, phone = excluded.phone,
    note = excluded.note, changed_by = grid.actor(), changed_at = now()
WHERE (known.residents, known.contact, known.phone, known.note)
    IS DISTINCT FROM (excluded.residents, excluded.contact, excluded.phone, excluded.note);

-- name: forget
-- Those of some buildings that are not told of any more: who has moved out is not kept.
DELETE FROM contact.households AS known
WHERE known.component_id = ANY(CAST(:component_ids AS integer[]))
    AND NOT EXISTS (
        SELECT FROM unnest(CAST(:component_ids AS integer[]), CAST(:units AS text[]))
            AS told (component_id, unit)
        WHERE told.component_id = known.component_id AND told.unit = known.unit);

-- name: units
-- The doors of a building: no personal data.
SELECT household_id, unit FROM contact.households
WHERE component_id = :component_id
ORDER BY length(unit), unit
LIMIT :most;

-- name: by_id
-- One household whose building lies in a scope.
SELECT h.household_id, h.component_id, c.code AS building_code, c.name_zh AS building_zh,
    c.name_en AS building_en, ST_X(c.position) AS lon, ST_Y(c.position) AS lat, c.cell_id,
    c.area_id, h.unit, h.residents, h.contact, h.phone, h.note
FROM contact.households AS h
JOIN grid.components AS c USING (component_id)
JOIN grid.areas AS a USING (area_id)
WHERE h.household_id = :household_id AND c.kind = :building
    AND (CAST(:scope_area AS integer) IS NULL OR a.path @> ARRAY[CAST(:scope_area AS integer)]);
