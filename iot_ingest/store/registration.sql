-- name: known
-- Which of these devices are registered.
SELECT device_id FROM iot.devices WHERE device_id = ANY(:device_ids)

-- name: components
-- Components by code, for devices that are fixed to one.
SELECT code, component_id FROM grid.components WHERE code = ANY(:codes)

-- name: put_device
-- A device: added, or brought up to date; its secret stays unless a new one is given.
INSERT INTO iot.devices (device_id, bucket, model, layer, name_zh, name_en, metrics, interval_s,
    position, source_crs, cell_id, area_id, component_id, attributes, secret_hash)
VALUES (:device_id, :bucket, :model, :layer, :name_zh, :name_en, :metrics, :interval_s,
    ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :source_crs, :cell_id, :area_id, :component_id,
    CAST(:attributes AS jsonb), :secret_hash)
ON CONFLICT (device_id) DO UPDATE
SET model = excluded.model, layer = excluded.layer, name_zh = excluded.name_zh,
    name_en = excluded.name_en, metrics = excluded.metrics, interval_s = excluded.interval_s,
    position = excluded.position, source_crs = excluded.source_crs, cell_id = excluded.cell_id,
    area_id = excluded.area_id, component_id = excluded.component_id,
    attributes = excluded.attributes,
    secret_hash = coalesce(excluded.secret_hash, iot.devices.secret_hash),
    disabled_at = NULL, changed_by = grid.actor(), changed_at = clock_timestamp()
