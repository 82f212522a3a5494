-- name: metrics
-- Every metric with its unit, names and bounds.
SELECT metric_no, name, unit, name_zh, name_en, lowest, highest FROM iot.metrics ORDER BY metric_no

-- name: put_metric
-- A metric by name: added, or brought up to date.
INSERT INTO iot.metrics (name, unit, name_zh, name_en, lowest, highest)
VALUES (:name, :unit, :name_zh, :name_en, :lowest, :highest)
ON CONFLICT (name) DO UPDATE
SET unit = excluded.unit, name_zh = excluded.name_zh, name_en = excluded.name_en,
    lowest = excluded.lowest, highest = excluded.highest
WHERE (iot.metrics.unit, iot.metrics.name_zh, iot.metrics.name_en, iot.metrics.lowest,
       iot.metrics.highest)
    IS DISTINCT FROM (excluded.unit, excluded.name_zh, excluded.name_en, excluded.lowest,
       excluded.highest)
