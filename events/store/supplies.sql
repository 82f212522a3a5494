-- name: put
-- What was counted, unless a later count is there: what stood there before comes back. Nobody counts
-- at the same time (`lock`).
WITH before AS (
    SELECT stock, least, counted_at FROM events.supplies
    WHERE component_id = :component_id AND item = :item
), put AS (
    INSERT INTO events.supplies AS old
        (component_id, item, name_zh, name_en, unit, stock, least, counted_at)
    VALUES (:component_id, :item, :name_zh, :name_en, :unit, :stock, :least, :counted_at)
    ON CONFLICT (component_id, item) DO UPDATE
    SET name_zh = excluded.name_zh, name_en = excluded.name_en, unit = excluded.unit,
        stock = excluded.stock, least = excluded.least, counted_at = excluded.counted_at,
        changed_by = grid.actor(), changed_at = now()
    WHERE excluded.counted_at > old.counted_at
    RETURNING item
)
SELECT EXISTS (SELECT FROM put) AS changed, before.stock, before.least
FROM (SELECT 1) AS one LEFT JOIN before ON true;

-- name: lock
-- One count after the other.
SELECT pg_advisory_xact_lock(7215011);

-- name: places
-- Where some facilities are.
SELECT component_id, code, name_zh, name_en, ST_X(position) AS lon, ST_Y(position) AS lat, cell_id,
    area_id
FROM grid.components WHERE code = ANY(CAST(:codes AS text[]));

-- name: sites
-- The facilities of some kinds in a scope, each with the area that it lies in.
SELECT c.component_id, c.code, c.kind, c.name_zh, c.name_en, ST_X(c.position) AS lon,
    ST_Y(c.position) AS lat, coalesce(c.attributes ->> 'site_type', '') AS site_type,
    coalesce(c.attributes ->> 'hours', '') AS hours,
    coalesce(c.attributes ->> 'capacity', '') AS capacity,
    coalesce(lower(c.attributes ->> 'open'), 'true') NOT IN ('false', 'no', '0', '否') AS open,
    a.area_id, a.code AS area_code, a.name_zh AS area_zh, a.name_en AS area_en
FROM grid.components AS c
JOIN grid.areas AS a USING (area_id)
WHERE c.kind = ANY(CAST(:kinds AS text[]))
    AND (CAST(:scope_area AS integer) IS NULL OR a.path @> ARRAY[CAST(:scope_area AS integer)])
ORDER BY a.code, c.code
LIMIT :limit;

-- name: of_sites
-- What some facilities have in store.
SELECT component_id, item, name_zh, name_en, unit, stock, least, counted_at
FROM events.supplies WHERE component_id = ANY(CAST(:component_ids AS integer[]))
ORDER BY component_id, item;

-- name: tasks
-- The open tickets of a layer by the area that they lie in.
SELECT a.area_id, a.code AS area_code, a.name_zh AS area_zh, a.name_en AS area_en,
    count(*) AS open, count(*) FILTER (WHERE t.due_at <= :now) AS overdue, max(t.severity) AS worst
FROM events.tickets AS t
JOIN grid.areas AS a USING (area_id)
WHERE t.layer = :layer AND t.state NOT IN ('closed', 'declined', 'merged')
    AND (CAST(:scope_area AS integer) IS NULL OR a.path @> ARRAY[CAST(:scope_area AS integer)])
GROUP BY a.area_id
ORDER BY a.code;
