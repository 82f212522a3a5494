-- name: id_of
-- A department that works, by code.
SELECT department_id FROM events.departments WHERE code = :code AND disabled_at IS NULL;

-- name: crew_of
-- A crew that works, by code, with its department.
SELECT crew_id, department_id FROM events.crews WHERE code = :code AND disabled_at IS NULL;

-- name: all
-- All departments that work.
SELECT department_id, code, name_zh, name_en, area_id
FROM events.departments
WHERE disabled_at IS NULL
ORDER BY department_id;

-- name: area_id_of
-- An area by its code.
SELECT area_id FROM grid.areas WHERE code = :code;

-- name: put
-- A department by code: made, or brought up to date.
INSERT INTO events.departments (code, name_zh, name_en, area_id)
VALUES (:code, :name_zh, :name_en, :area_id)
ON CONFLICT (code) DO UPDATE SET name_zh = excluded.name_zh, name_en = excluded.name_en,
    area_id = excluded.area_id, disabled_at = NULL, changed_by = grid.actor(), changed_at = now()
RETURNING department_id;

-- name: put_crew
-- A crew by code: made, or brought up to date.
INSERT INTO events.crews (
    code, department_id, area_id, name_zh, name_en, base, skills, capacity, simulated
)
VALUES (
    :code, :department_id, :area_id, :name_zh, :name_en,
    ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), CAST(:skills AS text[]), :capacity, :simulated
)
ON CONFLICT (code) DO UPDATE SET department_id = excluded.department_id,
    area_id = excluded.area_id, name_zh = excluded.name_zh, name_en = excluded.name_en,
    base = excluded.base, skills = excluded.skills, capacity = excluded.capacity,
    simulated = excluded.simulated, disabled_at = NULL, changed_by = grid.actor()
RETURNING crew_id;

-- name: drop_shifts
-- A crew's shifts are replaced as a whole.
DELETE FROM events.shifts WHERE crew_id = :crew_id;

-- name: put_shift
-- One weekly shift of a crew.
INSERT INTO events.shifts (crew_id, weekdays, starts_at, ends_at)
VALUES (:crew_id, CAST(:weekdays AS smallint[]), :starts_at, :ends_at);

-- name: put_category
-- A category by code: made, or brought up to date.
INSERT INTO events.categories (
    code, kind, family, layer, name_zh, name_en, standard, standard_code, filing_policy,
    for_residents, severity, clock, dispose_limit, verify_limit, fuse_within_m, fuse_within,
    proof_photos, geofence_m, recovers_for, pack, effective_from
)
VALUES (
    :code, :kind, :family, :layer, :name_zh, :name_en, :standard, :standard_code, :filing_policy,
    :for_residents, :severity, :clock, :dispose_limit, :verify_limit, :fuse_within_m, :fuse_within,
    CAST(:proof_photos AS text[]), :geofence_m, :recovers_for, :pack, :effective_from
)
ON CONFLICT (code) DO UPDATE SET kind = excluded.kind, family = excluded.family,
    layer = excluded.layer, name_zh = excluded.name_zh, name_en = excluded.name_en,
    standard = excluded.standard, standard_code = excluded.standard_code,
    filing_policy = excluded.filing_policy, for_residents = excluded.for_residents,
    severity = excluded.severity, clock = excluded.clock, dispose_limit = excluded.dispose_limit,
    verify_limit = excluded.verify_limit, fuse_within_m = excluded.fuse_within_m,
    fuse_within = excluded.fuse_within, proof_photos = excluded.proof_photos,
    geofence_m = excluded.geofence_m, recovers_for = excluded.recovers_for, pack = excluded.pack,
    effective_from = excluded.effective_from, changed_by = grid.actor(), changed_at = now();

-- name: ask_for_proof
-- What a category asks for as proof, where nobody has configured it since proof can be asked for
-- (migration 18): the code, or no row.
UPDATE events.categories
SET proof_photos = CAST(:proof_photos AS text[]), geofence_m = :geofence_m,
    recovers_for = :recovers_for, changed_by = grid.actor(), changed_at = now()
WHERE code = :code AND proof_photos = '{}' AND recovers_for IS NULL
    AND changed_at < (SELECT applied_at FROM public.schema_migrations WHERE number = 18)
RETURNING code;

-- name: put_calendar_day
-- A holiday or a make-up workday.
INSERT INTO events.calendar_days (day, working, name_zh, name_en, pack)
VALUES (:day, :working, :name_zh, :name_en, :pack)
ON CONFLICT (day) DO UPDATE SET working = excluded.working, name_zh = excluded.name_zh,
    name_en = excluded.name_en, pack = excluded.pack;
