-- How sensors speak: devices, readings, latest values, quarantine, findings.
CREATE SCHEMA iot;
GRANT USAGE ON SCHEMA iot TO cc_web, cc_ingest, cc_dispatch, cc_admin;

CREATE TABLE iot.metrics (
    metric_no smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z][a-z0-9_]{0,62}$'),
    unit text NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    -- outside of these a value cannot be true: the reading goes to quarantine
    lowest double precision,
    highest double precision,
    CHECK (lowest < highest)
);

CREATE TABLE iot.devices (
    device_no integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_id text NOT NULL UNIQUE CHECK (device_id ~ '^[A-Za-z0-9_-]{1,64}$'),
    -- two hexadecimal digits of crc32(device_id) mod 64, part of its topic
    bucket text NOT NULL CHECK (bucket ~ '^[0-3][0-9a-f]$'),
    model text NOT NULL,
    layer text NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    metrics text[] NOT NULL,
    interval_s real NOT NULL CHECK (interval_s > 0),
    position geometry(Point, 4326) NOT NULL,
    source_crs text NOT NULL DEFAULT 'EPSG:4326',
    cell_id integer REFERENCES grid.cells,
    area_id integer NOT NULL REFERENCES grid.areas,
    component_id integer REFERENCES grid.components,
    -- limits of this very station (warning level, water class, ...), read by the layers' rules
    attributes jsonb NOT NULL DEFAULT '{}',
    -- the broker's password entry (PBKDF2-SHA512); the secret itself is never stored
    secret_hash text,
    disabled_at timestamptz,
    changed_by text NOT NULL DEFAULT grid.actor(),
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON iot.devices (layer);
CREATE INDEX ON iot.devices USING gist (position);
-- How stations name themselves: MN in HJ 212, ten digits in SL 651. One device each.
CREATE UNIQUE INDEX ON iot.devices ((attributes ->> 'mn')) WHERE attributes ? 'mn';
CREATE UNIQUE INDEX ON iot.devices (lpad(upper(attributes ->> 'station_code'), 10, '0'))
    WHERE attributes ? 'station_code';

CREATE TABLE iot.readings (
    device_no integer NOT NULL,
    metric_no smallint NOT NULL,
    ts timestamptz NOT NULL,
    value double precision NOT NULL,
    flag "char" NOT NULL DEFAULT 'N',
    received_at timestamptz NOT NULL,
    PRIMARY KEY (device_no, metric_no, ts)
) PARTITION BY RANGE (ts);

-- Day partitions are made by the owner's function, because the ingester may not create tables.
-- Days are UTC days. Returns true when the partition was made now.
CREATE FUNCTION iot.ensure_partition(day date) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
    AS $$
DECLARE
    child text := 'readings_' || to_char(day, 'YYYYMMDD');
BEGIN
    IF day < current_date - 402 OR day > current_date + 8 THEN
        RAISE EXCEPTION 'no readings are kept for %', day USING ERRCODE = 'check_violation';
    END IF;
    IF to_regclass('iot.' || child) IS NOT NULL THEN
        RETURN false;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('iot.ensure_partition'));
    IF to_regclass('iot.' || child) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format(
        'CREATE TABLE iot.%I PARTITION OF iot.readings FOR VALUES FROM (%L) TO (%L)',
        child, day::text || ' 00:00:00+00', (day + 1)::text || ' 00:00:00+00');
    RETURN true;
END
$$;
REVOKE EXECUTE ON FUNCTION iot.ensure_partition(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION iot.ensure_partition(date) TO cc_ingest, cc_admin;

-- The latest value by event time: an old reading that comes late does not replace a newer one.
CREATE TABLE iot.latest (
    device_no integer NOT NULL,
    metric_no smallint NOT NULL,
    ts timestamptz NOT NULL,
    value double precision NOT NULL,
    flag "char" NOT NULL,
    received_at timestamptz NOT NULL,
    PRIMARY KEY (device_no, metric_no)
) WITH (fillfactor = 50);

CREATE TABLE iot.device_status (
    device_no integer PRIMARY KEY,
    online boolean NOT NULL,
    since timestamptz NOT NULL,
    last_message_at timestamptz
) WITH (fillfactor = 50);

-- What could not be used, whole, with the reason; replayed when the cause is mended.
CREATE TABLE iot.quarantine (
    quarantine_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    received_at timestamptz NOT NULL,
    protocol text NOT NULL,
    topic text NOT NULL,
    device_id text,
    payload bytea NOT NULL,
    payload_sha256 bytea NOT NULL,
    reason text NOT NULL,
    detail text NOT NULL,
    resolved_at timestamptz,
    resolution text,
    -- a message that is sent again (the broker redelivers until we acknowledge) is one row
    UNIQUE (topic, payload_sha256, reason)
);
CREATE INDEX ON iot.quarantine (received_at);
CREATE INDEX ON iot.quarantine (reason) WHERE resolved_at IS NULL;

-- Spans of committed readings that no rule has looked at yet, in the ingest transaction.
CREATE TABLE iot.dirty (
    dirty_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_no integer NOT NULL,
    metric_no smallint NOT NULL,
    from_ts timestamptz NOT NULL,
    to_ts timestamptz NOT NULL
);

-- The current findings: what the rules say about the readings as they are known now. Rows change;
-- each change is also an event (append-only) with the same finding_id and the next revision.
CREATE TABLE iot.findings (
    finding_id text PRIMARY KEY,
    rule text NOT NULL,
    layer text NOT NULL,
    device_no integer NOT NULL,
    metric_no smallint NOT NULL,
    onset timestamptz NOT NULL,
    ended_at timestamptz,              -- null while it lasts
    level smallint NOT NULL CHECK (level BETWEEN 1 AND 4),
    peak double precision NOT NULL,
    peak_at timestamptz NOT NULL,
    bound double precision NOT NULL,   -- the limit that was passed
    clause text NOT NULL,
    revision integer NOT NULL,
    withdrawn boolean NOT NULL DEFAULT false,
    changed_at timestamptz NOT NULL
);
CREATE INDEX ON iot.findings (device_no, rule, onset) WHERE NOT withdrawn;
CREATE INDEX ON iot.findings (layer) WHERE ended_at IS NULL AND NOT withdrawn;

-- Counts of what the ingester did, per hour of receipt: the figures operators and tests ask for.
CREATE TABLE iot.intake (
    hour timestamptz NOT NULL,
    process text NOT NULL,
    messages bigint NOT NULL DEFAULT 0,
    readings bigint NOT NULL DEFAULT 0,
    stored bigint NOT NULL DEFAULT 0,
    duplicates bigint NOT NULL DEFAULT 0,
    quarantined bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (hour, process)
);

GRANT SELECT ON ALL TABLES IN SCHEMA iot TO cc_web, cc_ingest, cc_admin;
GRANT SELECT ON iot.devices, iot.findings, iot.latest, iot.metrics TO cc_dispatch;
GRANT INSERT ON iot.readings, iot.quarantine, iot.dirty TO cc_ingest;
GRANT INSERT, UPDATE ON iot.latest, iot.device_status, iot.findings, iot.intake TO cc_ingest;
GRANT UPDATE (resolved_at, resolution) ON iot.quarantine TO cc_ingest, cc_admin;
GRANT DELETE, UPDATE ON iot.dirty TO cc_ingest;
GRANT INSERT, UPDATE ON iot.metrics, iot.devices TO cc_admin;
-- The administrator may bring in readings of the past.
GRANT INSERT ON iot.readings, iot.dirty TO cc_admin;
GRANT INSERT, UPDATE ON iot.latest TO cc_admin;
