-- The ground: roles, areas, unit cells, components, heartbeats of the processes.
--
-- Roles are the import boundary seen from the database: cc_owner owns every object and runs
-- migrations; the processes log in as cc_web, cc_ingest, cc_dispatch; cc_admin is for the
-- administrator's commands (import, user, demo city). No process owns a table.
DO $roles$
DECLARE
    wanted text;
BEGIN
    FOREACH wanted IN ARRAY ARRAY['cc_web', 'cc_ingest', 'cc_dispatch', 'cc_admin'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = wanted) THEN
            EXECUTE format('CREATE ROLE %I NOLOGIN', wanted);
            EXECUTE format('GRANT %I TO CURRENT_USER', wanted);
        END IF;
    END LOOP;
END
$roles$;

CREATE EXTENSION IF NOT EXISTS postgis;
CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE SCHEMA grid;
GRANT USAGE ON SCHEMA grid TO cc_web, cc_ingest, cc_dispatch, cc_admin;

-- The actor of the running transaction, set by grid.store.postgis.transaction(); fails closed:
-- a write without an actor is refused by the database itself.
CREATE FUNCTION grid.actor() RETURNS text
    LANGUAGE sql STABLE
    AS $$ SELECT nullif(current_setting('cc.actor', true), '') $$;

-- One row: what city this database governs.
CREATE TABLE grid.city (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    name_zh text NOT NULL,
    name_en text NOT NULL,
    time_zone text NOT NULL,
    center geometry(Point, 4326) NOT NULL,
    bbox geometry(Polygon, 4326) NOT NULL,
    demo boolean NOT NULL DEFAULT false,
    changed_by text NOT NULL DEFAULT grid.actor(),
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE grid.areas (
    area_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE CHECK (code ~ '^[0-9]{4}$|^[0-9]{6}$|^[0-9]{9}$|^[0-9]{12}$'),
    kind text NOT NULL CHECK (kind IN ('city', 'district', 'street', 'community')),
    parent_id integer REFERENCES grid.areas,
    -- the area itself and all above it, from the city down: "inside" is path @> array[area_id]
    path integer[] NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    synthetic boolean NOT NULL DEFAULT false,
    geometry geometry(MultiPolygon, 4326) NOT NULL,
    changed_by text NOT NULL DEFAULT grid.actor(),
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON grid.areas USING gist (geometry);
CREATE INDEX ON grid.areas USING gin (path);
CREATE INDEX ON grid.areas (parent_id);

-- Codes are never reused: a cell that is replaced gets valid_to, its code stays taken.
CREATE TABLE grid.cells (
    cell_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE CHECK (code ~ '^[0-9]{15}$'),
    area_id integer NOT NULL REFERENCES grid.areas,
    geometry geometry(Polygon, 4326) NOT NULL,
    -- kept beside it because tiles are cut from it (halves the cost of a z11 tile)
    geometry_3857 geometry(Polygon, 3857) GENERATED ALWAYS AS (ST_Transform(geometry, 3857)) STORED,
    valid_from timestamptz NOT NULL DEFAULT now(),
    valid_to timestamptz,
    changed_by text NOT NULL DEFAULT grid.actor(),
    CHECK (valid_to IS NULL OR valid_to > valid_from)
);
CREATE INDEX ON grid.cells USING gist (geometry) WHERE valid_to IS NULL;
CREATE INDEX ON grid.cells USING gist (geometry_3857) WHERE valid_to IS NULL;
CREATE INDEX ON grid.cells (area_id);

CREATE TABLE grid.components (
    component_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE,
    kind text NOT NULL,
    standard text,
    class_code text,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    position geometry(Point, 4326) NOT NULL,
    source_crs text NOT NULL DEFAULT 'EPSG:4326',
    cell_id integer REFERENCES grid.cells,
    area_id integer NOT NULL REFERENCES grid.areas,
    owner_department text,
    attributes jsonb NOT NULL DEFAULT '{}',
    changed_by text NOT NULL DEFAULT grid.actor(),
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON grid.components USING gist (position);
CREATE INDEX ON grid.components (kind);
CREATE INDEX ON grid.components (cell_id);

-- The base map: what a newcomer recognises the place by. Nothing is fetched from outside.
CREATE TABLE grid.basemap (
    feature_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN
        ('sea', 'land', 'water', 'river', 'green', 'building', 'road_major', 'road', 'road_minor', 'place')),
    name_zh text,
    name_en text,
    geometry geometry(Geometry, 4326) NOT NULL,
    geometry_3857 geometry(Geometry, 3857) GENERATED ALWAYS AS (ST_Transform(geometry, 3857)) STORED,
    changed_by text NOT NULL DEFAULT grid.actor()
);
CREATE INDEX ON grid.basemap USING gist (geometry_3857);

-- Each process writes its row every second: /api/health reads it, nobody has to ask the process.
CREATE TABLE grid.heartbeats (
    process text PRIMARY KEY,
    started_at timestamptz NOT NULL,
    at timestamptz NOT NULL,
    detail jsonb NOT NULL DEFAULT '{}'
);

GRANT SELECT ON ALL TABLES IN SCHEMA grid TO cc_web, cc_ingest, cc_dispatch, cc_admin;
GRANT INSERT, UPDATE ON grid.heartbeats TO cc_web, cc_ingest, cc_dispatch, cc_admin;
GRANT INSERT, UPDATE ON grid.city, grid.areas, grid.cells, grid.components TO cc_admin;
GRANT INSERT, UPDATE, DELETE ON grid.basemap TO cc_admin;
