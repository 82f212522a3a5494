-- name: known
-- What is registered of these devices.
SELECT device_id, model, layer, name_zh, name_en, metrics, interval_s, ST_X(position) AS lon,
    ST_Y(position) AS lat, source_crs, cell_id, area_id, component_id, attributes,
    disabled_at IS NOT NULL AS disabled
FROM iot.devices WHERE device_id = ANY(:device_ids)

-- name: components
-- Components by code, for devices that are fixed to one.
SELECT code, component_id FROM grid.components WHERE code = ANY(:codes)

-- name: put_device
-- A device: added, or brought up to date; its secret stays unless a new one is given.
SELECT iot.put_device(:device_id, :bucket, :model, :layer, :name_zh, :name_en,
    CAST(:metrics AS text[]), CAST(:interval_s AS real), :lon, :lat, :source_crs, :cell_id,
    :area_id, :component_id, CAST(:attributes AS jsonb), :secret_hash, :stay_disabled)

-- name: add_metric
-- A metric that is not known yet.
SELECT iot.add_metric(:name, :unit, :name_zh, :name_en, :lowest, :highest)
