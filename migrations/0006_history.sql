-- History: what was measured by hour, what was expected and did not come, days kept in files.

-- One row per device, metric and UTC hour of event time. A mean is total / readings.
CREATE TABLE iot.hourly (
    device_no integer NOT NULL,
    metric_no smallint NOT NULL,
    hour timestamptz NOT NULL,
    readings integer NOT NULL CHECK (readings > 0),
    lowest double precision NOT NULL,
    -- of values between -1e290 and 1e290: no sum of them can overflow
    total double precision NOT NULL,
    highest double precision NOT NULL,
    first_at timestamptz NOT NULL,
    last_at timestamptz NOT NULL,
    flagged integer NOT NULL,   -- of another flag than N
    late integer NOT NULL,      -- received two intervals (two minutes at least) after their time
    PRIMARY KEY (device_no, metric_no, hour)
);
CREATE INDEX ON iot.hourly (hour);

-- How far history is written; one row.
CREATE TABLE iot.history (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    -- who stores a reading of a time before this marks its hour stale
    closed_until timestamptz NOT NULL,
    -- the hours from .. until are rolled up
    rolled_from timestamptz NOT NULL,
    rolled_until timestamptz NOT NULL,
    -- days before this are kept in files; their readings are not taken any more
    kept_from date NOT NULL DEFAULT DATE '1970-01-01',
    CHECK (rolled_from <= rolled_until AND rolled_until <= closed_until)
);
INSERT INTO iot.history (closed_until, rolled_from, rolled_until)
VALUES (date_trunc('hour', now()), date_trunc('hour', now()), date_trunc('hour', now()));

-- Closed hours that readings came for, in the ingest transaction; a row may be there many times.
CREATE TABLE iot.stale (
    device_no integer NOT NULL,
    metric_no smallint NOT NULL,
    hour timestamptz NOT NULL
);
CREATE INDEX ON iot.stale (device_no, metric_no);

-- Readings that came again and changed nothing, by hour of event time.
CREATE TABLE iot.sent_again (
    device_no integer NOT NULL,
    hour timestamptz NOT NULL,
    readings bigint NOT NULL,
    PRIMARY KEY (device_no, hour)
);

-- Readings that were decoded and put aside: readings = stored + duplicates + refused.
ALTER TABLE iot.intake ADD COLUMN refused bigint NOT NULL DEFAULT 0;

-- What each device was to send, and when: a row ends when its interval or metrics change, or
-- when it is disabled.
CREATE TABLE iot.due (
    device_no integer NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz,
    interval_s real NOT NULL,
    metrics text[] NOT NULL,
    PRIMARY KEY (device_no, since)
);
INSERT INTO iot.due (device_no, since, interval_s, metrics)
SELECT device_no, changed_at, interval_s, metrics FROM iot.devices WHERE disabled_at IS NULL;

CREATE FUNCTION iot.note_due() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
    AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND (OLD.interval_s, OLD.metrics, OLD.disabled_at IS NULL)
            IS NOT DISTINCT FROM (NEW.interval_s, NEW.metrics, NEW.disabled_at IS NULL) THEN
        RETURN NULL;
    END IF;
    DELETE FROM iot.due WHERE device_no = NEW.device_no AND since >= now();
    UPDATE iot.due SET until = now() WHERE device_no = NEW.device_no AND until IS NULL;
    IF NEW.disabled_at IS NULL THEN
        INSERT INTO iot.due (device_no, since, interval_s, metrics)
        VALUES (NEW.device_no, now(), NEW.interval_s, NEW.metrics);
    END IF;
    RETURN NULL;
END
$$;
REVOKE EXECUTE ON FUNCTION iot.note_due() FROM PUBLIC;
CREATE TRIGGER note_due AFTER INSERT OR UPDATE OF interval_s, metrics, disabled_at ON iot.devices
    FOR EACH ROW EXECUTE FUNCTION iot.note_due();

-- Days that were written to a file, read back and counted.
CREATE TABLE iot.archived (
    day date PRIMARY KEY,
    readings bigint NOT NULL,
    file text NOT NULL,
    bytes bigint NOT NULL,
    sha256 text NOT NULL,
    written_at timestamptz NOT NULL DEFAULT now(),
    dropped_at timestamptz
);

-- A day that is kept in a file is not made again: what comes for it is put aside, whole.
CREATE OR REPLACE FUNCTION iot.ensure_partition(day date) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
    AS $$
DECLARE
    child text := 'readings_' || to_char(day, 'YYYYMMDD');
BEGIN
    IF day < current_date - 402 OR day > current_date + 8
            OR day < (SELECT kept_from FROM iot.history) THEN
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

-- No reading is taken for a day, or for those before it, any more: then a file of it is whole.
-- Refuses the last 31 days. Returns false when there is no such day.
CREATE FUNCTION iot.close_day(day date) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '5s'
    AS $$
DECLARE
    child text := 'readings_' || to_char(day, 'YYYYMMDD');
BEGIN
    IF day > current_date - 32 THEN
        RAISE EXCEPTION '% is too young to be closed', day USING ERRCODE = 'check_violation';
    END IF;
    UPDATE iot.history SET kept_from = day + 1 WHERE kept_from <= day;
    IF to_regclass('iot.' || child) IS NULL THEN
        RETURN false;
    END IF;
    IF NOT EXISTS (SELECT FROM pg_constraint
                   WHERE conrelid = to_regclass('iot.' || child) AND conname = 'closed') THEN
        -- refuses whoever has not heard yet that the day is closed; looks at no row
        EXECUTE format('ALTER TABLE iot.%I ADD CONSTRAINT closed CHECK (false) NOT VALID', child);
    END IF;
    RETURN true;
END
$$;

-- Drop a day: one that is closed, rolled up, and in a file with as many readings as are here.
CREATE FUNCTION iot.drop_day(day date) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog SET lock_timeout = '5s'
    AS $$
DECLARE
    child text := 'readings_' || to_char(day, 'YYYYMMDD');
    found bigint;
BEGIN
    IF day > current_date - 32 THEN
        RAISE EXCEPTION '% is too young to be dropped', day USING ERRCODE = 'check_violation';
    END IF;
    IF NOT EXISTS (SELECT FROM pg_constraint
                   WHERE conrelid = to_regclass('iot.' || child) AND conname = 'closed') THEN
        RAISE EXCEPTION '% is not closed', day USING ERRCODE = 'check_violation';
    END IF;
    IF (SELECT rolled_from FROM iot.history) > (day::text || ' 00:00:00+00')::timestamptz
            OR EXISTS (SELECT FROM iot.stale
                       WHERE hour >= (day::text || ' 00:00:00+00')::timestamptz
                           AND hour < ((day + 1)::text || ' 00:00:00+00')::timestamptz) THEN
        RAISE EXCEPTION '% is not rolled up yet', day USING ERRCODE = 'check_violation';
    END IF;
    -- (closed: the count cannot grow)
    EXECUTE format('SELECT count(*) FROM iot.%I', child) INTO found;
    IF found IS DISTINCT FROM (SELECT a.readings FROM iot.archived a WHERE a.day = drop_day.day) THEN
        RAISE EXCEPTION '% has % readings that are in no file', day, found
            USING ERRCODE = 'check_violation';
    END IF;
    EXECUTE format('DROP TABLE iot.%I', child);
    UPDATE iot.archived a SET dropped_at = now() WHERE a.day = drop_day.day;
    RETURN found;
END
$$;
REVOKE EXECUTE ON FUNCTION iot.close_day(date), iot.drop_day(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION iot.close_day(date), iot.drop_day(date) TO cc_admin;

GRANT SELECT ON iot.hourly, iot.history, iot.stale, iot.sent_again, iot.due, iot.archived
    TO cc_web, cc_ingest, cc_admin;
GRANT INSERT, UPDATE ON iot.hourly, iot.sent_again TO cc_ingest;
GRANT UPDATE (closed_until, rolled_from, rolled_until) ON iot.history TO cc_ingest;
GRANT INSERT, DELETE ON iot.stale TO cc_ingest;
GRANT INSERT ON iot.stale TO cc_admin;
GRANT INSERT, UPDATE ON iot.sent_again TO cc_admin;
GRANT INSERT, UPDATE (readings, file, bytes, sha256, written_at) ON iot.archived TO cc_admin;
