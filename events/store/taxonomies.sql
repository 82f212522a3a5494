-- name: known
-- All categories, with what their pack said and how many open tickets are filed under each.
SELECT k.code, k.kind, k.family, k.layer, k.name_zh, k.name_en, k.standard, k.standard_code,
    k.filing_policy, k.for_residents, k.severity, k.clock, k.dispose_limit, k.verify_limit,
    k.fuse_within_m, k.fuse_within, k.proof_photos, k.geofence_m, k.recovers_for, k.pack,
    k.effective_from, k.version, k.retired_at, k.given, coalesce(t.live, 0) AS live
FROM events.categories AS k
LEFT JOIN (
    SELECT category_code, count(*) AS live
    FROM events.tickets
    WHERE state NOT IN ('closed', 'declined', 'merged')
    GROUP BY category_code
) AS t ON t.category_code = k.code
ORDER BY k.category_id;

-- name: hold
-- One at a time changes the city's categories.
SELECT pg_advisory_xact_lock(7215006);

-- name: note
-- What the pack says, and whether it is retired; the rest of the row is written before.
UPDATE events.categories
SET given = CAST(:given AS jsonb), retired_at = :retired_at, changed_by = grid.actor(),
    changed_at = now()
WHERE code = :code
    AND (given, retired_at) IS DISTINCT FROM
        (CAST(:given AS jsonb), CAST(:retired_at AS timestamptz));

-- name: versions
-- All versions of a category, the newest first, with how many tickets were filed under each.
SELECT v.code, v.kind, v.family, v.layer, v.name_zh, v.name_en, v.standard, v.standard_code,
    v.filing_policy, v.for_residents, v.severity, v.clock, v.dispose_limit, v.verify_limit,
    v.fuse_within_m, v.fuse_within, v.proof_photos, v.geofence_m, v.recovers_for, v.pack,
    v.effective_from, v.version, v.retired_at, v.valid_from, v.changed_by,
    (SELECT count(*) FROM events.tickets AS t
        WHERE t.category_code = v.code AND t.category_version = v.version) AS tickets
FROM events.category_versions AS v
WHERE v.code = :code
ORDER BY v.version DESC;
