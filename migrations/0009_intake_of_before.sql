-- Readings that were put aside before they were counted apart.
UPDATE iot.intake SET refused = greatest(0, readings - stored - duplicates)
WHERE readings > stored + duplicates + refused;
