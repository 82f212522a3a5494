-- name: page
-- Devices behind an id, in the order of ids; by words in id or names, layer, model and state.
SELECT d.device_no, d.device_id, d.model, d.layer, d.name_zh, d.name_en, d.interval_s,
    d.disabled_at, s.online, s.since, s.last_message_at
FROM iot.devices d LEFT JOIN iot.device_status s USING (device_no)
WHERE d.device_id > :after_id
    AND (CAST(:pattern AS text) IS NULL
        OR (d.device_id || ' ' || d.name_zh || ' ' || d.name_en) ILIKE :pattern)
    AND (CAST(:layer AS text) IS NULL OR d.layer = :layer)
    AND (CAST(:model AS text) IS NULL OR d.model = :model)
    AND (CAST(:state AS text) IS NULL OR :state = CASE
        WHEN d.disabled_at IS NOT NULL THEN 'disabled' WHEN s.device_no IS NULL THEN 'never'
        WHEN s.online THEN 'online' ELSE 'offline' END)
ORDER BY d.device_id
LIMIT :most

-- name: counts
-- How many devices of these words, layer and model are in which state.
SELECT CASE WHEN d.disabled_at IS NOT NULL THEN 'disabled' WHEN s.device_no IS NULL THEN 'never'
        WHEN s.online THEN 'online' ELSE 'offline' END AS state, count(*) AS devices
FROM iot.devices d LEFT JOIN iot.device_status s USING (device_no)
WHERE (CAST(:pattern AS text) IS NULL
        OR (d.device_id || ' ' || d.name_zh || ' ' || d.name_en) ILIKE :pattern)
    AND (CAST(:layer AS text) IS NULL OR d.layer = :layer)
    AND (CAST(:model AS text) IS NULL OR d.model = :model)
GROUP BY 1

-- name: models
-- Every model that a device has.
SELECT DISTINCT model FROM iot.devices ORDER BY model

-- name: entry
-- All that is registered of one device, and how it is.
SELECT d.device_no, d.device_id, d.source_crs, c.code AS cell_code, a.name_zh AS area_zh,
    a.name_en AS area_en, p.code AS component_code, d.disabled_at, d.changed_by, d.changed_at,
    s.online, s.since, s.last_message_at
FROM iot.devices d
JOIN grid.areas a USING (area_id)
LEFT JOIN grid.cells c USING (cell_id)
LEFT JOIN grid.components p USING (component_id)
LEFT JOIN iot.device_status s USING (device_no)
WHERE d.device_no = :device_no

-- name: called
-- Devices in use by a part of id, names or MN, whole ones first. However many have it as a part,
-- the one whose id it is is among them.
SELECT d.device_no, d.device_id, d.layer, d.name_zh, d.name_en, a.name_zh AS area_zh,
    a.name_en AS area_en, ST_X(d.position) AS lon, ST_Y(d.position) AS lat
FROM (
    SELECT device_no, device_id, layer, name_zh, name_en, area_id, position,
        coalesce(attributes ->> 'mn', '') AS mn
    FROM iot.devices
    WHERE disabled_at IS NULL AND device_id IN (:words, upper(:words), lower(:words))
    UNION ALL (
        SELECT device_no, device_id, layer, name_zh, name_en, area_id, position,
            coalesce(attributes ->> 'mn', '')
        FROM iot.devices
        WHERE disabled_at IS NULL
            AND grid.pairs_of(device_id || ' ' || name_zh || ' ' || name_en || ' '
                || coalesce(attributes ->> 'mn', '')) @> grid.pairs_of(:words)
            AND strpos(lower(device_id || ' ' || name_zh || ' ' || name_en || ' '
                || coalesce(attributes ->> 'mn', '')), lower(:words)) > 0
            AND device_id NOT IN (:words, upper(:words), lower(:words))
        LIMIT 500)
) AS d
JOIN grid.areas AS a USING (area_id)
ORDER BY lower(:words) IN (lower(d.device_id), lower(d.name_zh), lower(d.name_en), lower(d.mn)) DESC,
    starts_with(lower(d.device_id), lower(:words)) DESC, d.device_id
LIMIT :most
