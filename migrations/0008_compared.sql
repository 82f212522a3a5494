-- Rules that compare devices: windows to look at (again), and what was measured in each.

-- A window of one device in which readings changed; ``at`` is its end. Taken when it is over.
CREATE TABLE iot.dirty_windows (
    rule text NOT NULL,
    device_no integer NOT NULL,
    group_key text NOT NULL,           -- the devices it is compared with
    at timestamptz NOT NULL,
    PRIMARY KEY (rule, device_no, at)
);
CREATE INDEX ON iot.dirty_windows (at);
CREATE INDEX ON iot.dirty_windows (rule, group_key, at);

-- Means of windows, and how far the device stood out of its group (null: nothing can be said).
-- Kept some weeks: what is later than that is compared no more.
CREATE TABLE iot.compared (
    rule text NOT NULL,
    device_no integer NOT NULL,
    at timestamptz NOT NULL,
    mean double precision NOT NULL,
    readings integer NOT NULL,
    value double precision,
    PRIMARY KEY (rule, device_no, at)
);
CREATE INDEX ON iot.compared (at);

GRANT SELECT, INSERT, DELETE ON iot.dirty_windows TO cc_ingest;
GRANT SELECT, INSERT, UPDATE, DELETE ON iot.compared TO cc_ingest;
