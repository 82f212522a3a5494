-- What administrators change by page: the registry of devices, and messages put aside. The web
-- process gets no right to the tables for it, only these functions, and each of them asks whether
-- the actor of the transaction is an administrator (docs/adr/0013).
CREATE FUNCTION iot.check_administrator() RETURNS void
    LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog
    AS $$
BEGIN
    -- the administrator's own commands work as cc_admin
    IF coalesce(nullif(current_setting('role'), 'none'), session_user) = 'cc_admin' THEN
        RETURN;
    END IF;
    IF NOT EXISTS (SELECT FROM events.accounts
                   WHERE 'account:' || name = grid.actor() AND role = 'admin'
                       AND disabled_at IS NULL) THEN
        RAISE EXCEPTION 'only an administrator may do this'
            USING ERRCODE = 'insufficient_privilege';
    END IF;
END
$$;

-- A metric that is not known yet; one that is known is changed by the administrator's commands.
CREATE FUNCTION iot.add_metric(name text, unit text, name_zh text, name_en text,
    lowest double precision, highest double precision) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
    AS $$
BEGIN
    PERFORM iot.check_administrator();
    INSERT INTO iot.metrics (name, unit, name_zh, name_en, lowest, highest)
    VALUES (add_metric.name, add_metric.unit, add_metric.name_zh, add_metric.name_en,
        add_metric.lowest, add_metric.highest)
    ON CONFLICT DO NOTHING;
END
$$;

-- A device: added, or brought up to date; its secret stays unless a new one is given, and it is
-- in service afterwards unless it was disabled and is to stay so.
CREATE FUNCTION iot.put_device(device_id text, bucket text, model text, layer text, name_zh text,
    name_en text, metrics text[], interval_s real, lon double precision, lat double precision,
    source_crs text, cell_id integer, area_id integer, component_id integer, attributes jsonb,
    secret_hash text, stay_disabled boolean) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
    AS $$
#variable_conflict use_column
BEGIN
    PERFORM iot.check_administrator();
    INSERT INTO iot.devices AS old (device_id, bucket, model, layer, name_zh, name_en, metrics,
        interval_s, position, source_crs, cell_id, area_id, component_id, attributes, secret_hash)
    VALUES (put_device.device_id, put_device.bucket, put_device.model, put_device.layer,
        put_device.name_zh, put_device.name_en, put_device.metrics, put_device.interval_s,
        public.ST_Point(put_device.lon, put_device.lat, 4326), put_device.source_crs,
        put_device.cell_id, put_device.area_id, put_device.component_id, put_device.attributes,
        put_device.secret_hash)
    ON CONFLICT (device_id) DO UPDATE
    SET model = excluded.model, layer = excluded.layer, name_zh = excluded.name_zh,
        name_en = excluded.name_en, metrics = excluded.metrics, interval_s = excluded.interval_s,
        position = excluded.position, source_crs = excluded.source_crs,
        cell_id = excluded.cell_id, area_id = excluded.area_id,
        component_id = excluded.component_id, attributes = excluded.attributes,
        secret_hash = coalesce(excluded.secret_hash, old.secret_hash),
        disabled_at = CASE WHEN put_device.stay_disabled THEN old.disabled_at END,
        changed_by = grid.actor(), changed_at = clock_timestamp();
END
$$;

-- A new secret for a device: its old one is worth nothing any more. False: no such device.
CREATE FUNCTION iot.set_device_secret(device_id text, secret_hash text) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
    AS $$
BEGIN
    PERFORM iot.check_administrator();
    UPDATE iot.devices AS one
    SET secret_hash = set_device_secret.secret_hash, changed_by = grid.actor(),
        changed_at = clock_timestamp()
    WHERE one.device_id = set_device_secret.device_id;
    RETURN FOUND;
END
$$;

-- Take a device out of service, or back into it. False: it was so already.
CREATE FUNCTION iot.set_device_disabled(device_id text, disabled boolean) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
    AS $$
BEGIN
    PERFORM iot.check_administrator();
    UPDATE iot.devices AS one
    SET disabled_at = CASE WHEN set_device_disabled.disabled THEN clock_timestamp() END,
        changed_by = grid.actor(), changed_at = clock_timestamp()
    WHERE one.device_id = set_device_disabled.device_id
        AND (one.disabled_at IS NOT NULL) <> set_device_disabled.disabled;
    RETURN FOUND;
END
$$;

-- Who said that a message need not wait any more; what was asked to be decoded once more.
ALTER TABLE iot.quarantine ADD COLUMN resolved_by text;
GRANT UPDATE (resolved_by) ON iot.quarantine TO cc_ingest, cc_admin;
CREATE INDEX ON iot.quarantine (device_id, quarantine_id) WHERE resolved_at IS NULL;

-- Messages that somebody has looked at and that need not wait; they are kept. How many.
CREATE FUNCTION iot.set_aside_as_seen(protocol text, reason text, device_id text,
    quarantine_id bigint, newest bigint, why text) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
    AS $$
DECLARE
    set_aside bigint;
BEGIN
    PERFORM iot.check_administrator();
    UPDATE iot.quarantine AS one
    SET resolved_at = clock_timestamp(), resolution = set_aside_as_seen.why,
        resolved_by = grid.actor()
    WHERE one.resolved_at IS NULL AND one.quarantine_id <= set_aside_as_seen.newest
        AND one.protocol = coalesce(set_aside_as_seen.protocol, one.protocol)
        AND one.reason = coalesce(set_aside_as_seen.reason, one.reason)
        AND (set_aside_as_seen.device_id IS NULL
            OR one.device_id = set_aside_as_seen.device_id)
        AND one.quarantine_id = coalesce(set_aside_as_seen.quarantine_id, one.quarantine_id);
    GET DIAGNOSTICS set_aside = ROW_COUNT;
    RETURN set_aside;
END
$$;

-- What people asked to be decoded once more. The ingester does it, which may write readings, and
-- says how far it is; `reached` lets it go on where it stopped.
CREATE TABLE iot.replays (
    replay_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    protocol text,                     -- null in these four: any
    reason text,
    device_id text,
    quarantine_id bigint,
    newest bigint NOT NULL,             -- the newest message that was there when it was asked for
    asked_by text NOT NULL DEFAULT grid.actor(),
    asked_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts smallint NOT NULL DEFAULT 0,
    reached bigint NOT NULL DEFAULT 0,
    tried bigint NOT NULL DEFAULT 0,
    resolved bigint NOT NULL DEFAULT 0,
    finished_at timestamptz,
    trouble_zh text,
    trouble_en text
);
CREATE INDEX ON iot.replays (replay_id) WHERE finished_at IS NULL;
GRANT SELECT ON iot.replays TO cc_web, cc_ingest, cc_admin;
GRANT UPDATE (attempts, reached, tried, resolved, finished_at, trouble_zh, trouble_en)
    ON iot.replays TO cc_ingest;

-- Ask for it. The number of the request.
CREATE FUNCTION iot.ask_for_replay(protocol text, reason text, device_id text,
    quarantine_id bigint, newest bigint) RETURNS bigint
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
    AS $$
DECLARE
    asked bigint;
BEGIN
    PERFORM iot.check_administrator();
    INSERT INTO iot.replays (protocol, reason, device_id, quarantine_id, newest)
    VALUES (ask_for_replay.protocol, ask_for_replay.reason, ask_for_replay.device_id,
        ask_for_replay.quarantine_id, ask_for_replay.newest)
    RETURNING replay_id INTO asked;
    RETURN asked;
END
$$;

-- The registry is looked through by parts of ids and names.
CREATE INDEX devices_search ON iot.devices
    USING gin ((device_id || ' ' || name_zh || ' ' || name_en) gin_trgm_ops);

DO $grants$
DECLARE
    made text;
BEGIN
    FOREACH made IN ARRAY ARRAY[
        'iot.check_administrator()',
        'iot.add_metric(text, text, text, text, double precision, double precision)',
        'iot.put_device(text, text, text, text, text, text, text[], real, double precision,'
            ' double precision, text, integer, integer, integer, jsonb, text, boolean)',
        'iot.set_device_secret(text, text)',
        'iot.set_device_disabled(text, boolean)',
        'iot.set_aside_as_seen(text, text, text, bigint, bigint, text)',
        'iot.ask_for_replay(text, text, text, bigint, bigint)'
    ] LOOP
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', made);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO cc_web, cc_admin', made);
    END LOOP;
END
$grants$;
