-- name: outfalls
-- Sources of the live outfall projects of a scope: who, and which facility upstream.
SELECT p.number, p.component_id, p.name_zh, p.name_en, ST_X(p.position) AS lon,
    ST_Y(p.position) AS lat, s.source, s.party, s.settled_at IS NOT NULL AS settled, u.component_id
    AS upstream_id, u.code AS upstream_code, u.name_zh AS upstream_zh, u.name_en AS upstream_en,
    ST_X(u.position) AS upstream_lon, ST_Y(u.position) AS upstream_lat
FROM events.projects AS p
JOIN grid.areas AS a USING (area_id)
JOIN events.project_sources AS s USING (project_id)
LEFT JOIN grid.components AS u ON u.component_id = s.upstream_id
WHERE p.kind = 'outfall' AND p.ended_at IS NULL
    AND (CAST(:scope_area AS integer) IS NULL OR a.path @> ARRAY[CAST(:scope_area AS integer)])
    AND (CAST(:scope_department AS integer) IS NULL OR p.department_id = :scope_department)
ORDER BY s.settled_at IS NOT NULL, p.number, s.source_id
LIMIT :limit;
