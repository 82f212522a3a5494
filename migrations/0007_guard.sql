-- Devices that are cut off for a while because they send too much, and where devices say they are.

-- Only `lifted_at` and `told_at` are ever changed.
CREATE TABLE iot.blocks (
    block_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    device_no integer NOT NULL,
    since timestamptz NOT NULL,
    until timestamptz NOT NULL CHECK (until > since),
    -- what it sent in the second before: readings, bytes
    readings_s real NOT NULL,
    bytes_s real NOT NULL,
    -- a TCP peer: its connections were closed, the station itself is heard from elsewhere
    address text,
    lifted_at timestamptz,
    lifted_by text,
    -- when its end was told as an event
    told_at timestamptz
);
CREATE INDEX ON iot.blocks (device_no, since);
CREATE INDEX ON iot.blocks (until) WHERE lifted_at IS NULL;
CREATE INDEX ON iot.blocks (block_id) WHERE told_at IS NULL;

-- Messages that were neither stored nor put aside, by hour of receipt; 0: of no registered device.
CREATE TABLE iot.rejected (
    device_no integer NOT NULL,
    hour timestamptz NOT NULL,
    messages bigint NOT NULL,
    PRIMARY KEY (device_no, hour)
);

-- Where a device says it is, when it says so; changed when that changes.
CREATE TABLE iot.positions (
    device_no integer PRIMARY KEY,
    lon double precision NOT NULL,
    lat double precision NOT NULL,
    reported_at timestamptz NOT NULL,
    -- metres from where it is registered
    away_m real NOT NULL,
    -- the finding that lasts: moved, or coordinates of another system (GCJ-02)
    trouble text CHECK (trouble IN ('moved', 'gcj02')),
    since timestamptz,
    CHECK ((trouble IS NULL) = (since IS NULL))
);
CREATE INDEX ON iot.positions (trouble) WHERE trouble IS NOT NULL;

-- What waits in quarantine of one device.
CREATE INDEX ON iot.quarantine (device_id, reason) WHERE resolved_at IS NULL;

-- Let a device in again before its time. Only administrators may.
CREATE FUNCTION iot.lift_blocks(device integer) RETURNS integer
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog
    AS $$
DECLARE
    lifted integer;
BEGIN
    PERFORM iot.check_administrator();
    UPDATE iot.blocks SET lifted_at = now(), lifted_by = grid.actor()
    WHERE device_no = device AND lifted_at IS NULL AND until > now();
    GET DIAGNOSTICS lifted = ROW_COUNT;
    RETURN lifted;
END
$$;
REVOKE EXECUTE ON FUNCTION iot.lift_blocks(integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION iot.lift_blocks(integer) TO cc_web, cc_admin;

GRANT SELECT ON iot.blocks, iot.rejected, iot.positions TO cc_web, cc_ingest, cc_admin;
GRANT INSERT ON iot.blocks TO cc_ingest;
GRANT UPDATE (told_at) ON iot.blocks TO cc_ingest;
GRANT INSERT, UPDATE ON iot.rejected, iot.positions TO cc_ingest;
