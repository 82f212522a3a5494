-- name: version
-- Another one whenever something that processes remember was configured.
SELECT CAST(version AS text) FROM events.configuration;

-- name: zone
-- The city's time zone; no row before a city is made.
SELECT time_zone FROM grid.city;

-- name: categories
-- All categories; there are some hundreds at most. Residents choose none that is retired.
SELECT code, kind, family, layer, name_zh, name_en, standard, standard_code, filing_policy,
    for_residents AND retired_at IS NULL AS for_residents, severity, clock, dispose_limit,
    verify_limit, fuse_within_m, fuse_within, proof_photos, geofence_m, recovers_for, pack,
    effective_from, version, retired_at
FROM events.categories
ORDER BY category_id;

-- name: category_version
-- A category as it was in one version.
SELECT code, kind, family, layer, name_zh, name_en, standard, standard_code, filing_policy,
    for_residents, severity, clock, dispose_limit, verify_limit, fuse_within_m, fuse_within,
    proof_photos, geofence_m, recovers_for, pack, effective_from, version, retired_at
FROM events.category_versions
WHERE code = :code AND version = :version;

-- name: weights
-- What the terms of a fusion score weigh, by family.
SELECT family, start, space, time, category, text, photo, link_at, suggest_at, wider, longer
FROM events.fusion_weights;

-- name: calendar_days
-- Exceptions to the week: holidays and make-up workdays.
SELECT day, working, name_zh, name_en, pack FROM events.calendar_days;

-- name: crews
-- Crews of a department with their shifts and with what they have in hand; each table is gone
-- through once, however many crews there are.
WITH here AS (
    SELECT * FROM events.crews
    WHERE (CAST(:department_id AS integer) IS NULL OR department_id = :department_id)
        AND disabled_at IS NULL
)
SELECT c.crew_id, c.code, c.department_id, c.area_id, c.name_zh, c.name_en,
    ST_X(c.base) AS lon, ST_Y(c.base) AS lat, c.skills, c.capacity, c.simulated,
    coalesce(s.shifts, '[]') AS shifts, coalesce(w.load, 0) AS load,
    coalesce(w.accepted, 0) + coalesce(g.given, 0) AS fixed
FROM here AS c
LEFT JOIN (
    SELECT crew_id, CAST(jsonb_agg(jsonb_build_array(weekdays, starts_at, ends_at)
        ORDER BY shift_id) AS text) AS shifts
    FROM events.shifts
    WHERE crew_id IN (SELECT crew_id FROM here)
    GROUP BY crew_id
) AS s USING (crew_id)
LEFT JOIN (
    SELECT crew_id, count(*) AS load, count(*) FILTER (WHERE state = 'accepted') AS accepted
    FROM events.tickets
    WHERE state IN ('dispatched', 'accepted') AND crew_id = ANY(ARRAY(SELECT crew_id FROM here))
    GROUP BY crew_id
) AS w USING (crew_id)
LEFT JOIN (
    SELECT crew_id, count(*) AS given
    FROM events.tickets
    WHERE state = 'dispatched' AND routing ->> 'by_hand' = 'true'
    GROUP BY crew_id
) AS g USING (crew_id)
ORDER BY c.crew_id;

-- name: department
-- What a ticket shows of its department.
SELECT code AS department_code, name_zh AS department_name_zh, name_en AS department_name_en
FROM events.departments WHERE department_id = :department_id;

-- name: lock_department
-- One dispatcher at a time chooses among a department's crews, so that loads are true.
SELECT CAST(c.version AS text)
FROM events.configuration AS c, pg_advisory_xact_lock(7215004, :department_id);
