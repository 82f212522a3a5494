-- name: add
-- Counts of one batch, added to its hour.
INSERT INTO iot.intake AS old (hour, process, messages, readings, stored, duplicates, quarantined,
    refused)
VALUES (date_trunc('hour', CAST(:at AS timestamptz)), :process, :messages, :readings, :stored,
    :duplicates, :quarantined, :refused)
ON CONFLICT (hour, process) DO UPDATE
SET messages = old.messages + excluded.messages, readings = old.readings + excluded.readings,
    stored = old.stored + excluded.stored, duplicates = old.duplicates + excluded.duplicates,
    quarantined = old.quarantined + excluded.quarantined,
    refused = old.refused + excluded.refused

-- name: since
-- Counts of all hours from a moment on.
SELECT coalesce(sum(messages), 0)::bigint AS messages, coalesce(sum(readings), 0)::bigint AS readings,
    coalesce(sum(stored), 0)::bigint AS stored, coalesce(sum(duplicates), 0)::bigint AS duplicates,
    coalesce(sum(quarantined), 0)::bigint AS quarantined,
    coalesce(sum(refused), 0)::bigint AS refused
FROM iot.intake
WHERE hour >= :first

-- name: by_hour
-- Counts of the hours of a span, all processes together.
SELECT hour, sum(messages)::bigint AS messages, sum(readings)::bigint AS readings,
    sum(stored)::bigint AS stored, sum(duplicates)::bigint AS duplicates,
    sum(quarantined)::bigint AS quarantined, sum(refused)::bigint AS refused
FROM iot.intake
WHERE hour >= :first AND hour < :until
GROUP BY hour
ORDER BY hour
