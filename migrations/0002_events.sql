-- Events, tickets, who answers for them, the ledger; residents' personal data in schema contact.
CREATE SCHEMA events;
CREATE SCHEMA contact;
GRANT USAGE ON SCHEMA events TO cc_web, cc_ingest, cc_dispatch, cc_admin;
GRANT USAGE ON SCHEMA contact TO cc_web;

CREATE TABLE events.departments (
    department_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    area_id integer NOT NULL REFERENCES grid.areas,
    disabled_at timestamptz,
    changed_by text NOT NULL DEFAULT grid.actor(),
    changed_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE events.categories (
    category_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('component', 'matter')),
    family text NOT NULL,              -- categories of one family may be about one thing
    layer text,                        -- the scenario layer that shows it, if any
    name_zh text NOT NULL,
    name_en text NOT NULL,
    standard text,
    standard_code text,
    filing_policy text NOT NULL CHECK (filing_policy IN ('automatic', 'desk')),
    for_residents boolean NOT NULL DEFAULT false,
    severity smallint NOT NULL DEFAULT 2 CHECK (severity BETWEEN 1 AND 4),
    clock text NOT NULL CHECK (clock IN ('continuous', 'working_hours', 'working_days', 'natural_days')),
    dispose_limit interval NOT NULL,
    verify_limit interval NOT NULL DEFAULT interval '24 hours',
    fuse_within_m real NOT NULL DEFAULT 50,
    fuse_within interval NOT NULL DEFAULT interval '7 days',
    pack text NOT NULL,                -- where this row comes from, with its version
    effective_from date NOT NULL,
    changed_by text NOT NULL DEFAULT grid.actor(),
    changed_at timestamptz NOT NULL DEFAULT now()
);

-- Who answers: department x category (or family, or everything) x area. The most specific wins.
CREATE TABLE events.duties (
    duty_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    department_id integer NOT NULL REFERENCES events.departments,
    category_code text REFERENCES events.categories (code),
    family text,
    area_id integer NOT NULL REFERENCES grid.areas,
    priority integer NOT NULL DEFAULT 0,
    valid_from timestamptz NOT NULL DEFAULT now(),
    valid_to timestamptz,
    changed_by text NOT NULL DEFAULT grid.actor(),
    CHECK (category_code IS NULL OR family IS NULL)
);
CREATE INDEX ON events.duties (category_code);

CREATE TABLE events.crews (
    crew_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    department_id integer NOT NULL REFERENCES events.departments,
    area_id integer NOT NULL REFERENCES grid.areas,
    code text NOT NULL UNIQUE,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    base geometry(Point, 4326) NOT NULL,
    skills text[] NOT NULL DEFAULT '{}',
    capacity integer NOT NULL DEFAULT 5 CHECK (capacity > 0),
    -- worked by the demo's simulated people, never by a real one
    simulated boolean NOT NULL DEFAULT false,
    disabled_at timestamptz,
    changed_by text NOT NULL DEFAULT grid.actor()
);

-- Weekly shifts in the city's time zone; a shift that passes midnight has ends_at < starts_at.
CREATE TABLE events.shifts (
    shift_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    crew_id integer NOT NULL REFERENCES events.crews,
    weekdays smallint[] NOT NULL CHECK (weekdays <@ '{1,2,3,4,5,6,7}'::smallint[]),
    starts_at time NOT NULL,
    ends_at time NOT NULL,
    changed_by text NOT NULL DEFAULT grid.actor()
);
CREATE INDEX ON events.shifts (crew_id);

-- Exceptions to "Monday to Friday are working days": holidays and make-up workdays.
CREATE TABLE events.calendar_days (
    day date PRIMARY KEY,
    working boolean NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    pack text NOT NULL
);

CREATE TABLE events.accounts (
    account_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name text NOT NULL UNIQUE CHECK (name ~ '^[a-z0-9][a-z0-9_.-]{0,62}$'),
    name_zh text NOT NULL,
    name_en text NOT NULL,
    role text NOT NULL CHECK (role IN ('operator', 'dispatcher', 'field', 'supervisor', 'admin')),
    password_hash text,
    area_id integer NOT NULL REFERENCES grid.areas,
    department_id integer REFERENCES events.departments,
    crew_id integer REFERENCES events.crews,
    disabled_at timestamptz,
    failed_logins integer NOT NULL DEFAULT 0,
    locked_until timestamptz,
    changed_by text NOT NULL DEFAULT grid.actor(),
    changed_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON events.accounts (crew_id);

CREATE TABLE events.sessions (
    token_sha256 bytea PRIMARY KEY CHECK (length(token_sha256) = 32),
    account_id integer NOT NULL REFERENCES events.accounts,
    created_at timestamptz NOT NULL,
    last_seen_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX ON events.sessions (account_id);

-- What happened. Immutable and append-only: a finding that changes appends a row with the same
-- thread and a higher revision.
CREATE TABLE events.events (
    event_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL CHECK (source IN
        ('sensor', 'resident', 'patrol', 'hotline', 'open311', 'cap', 'import')),
    category_code text NOT NULL REFERENCES events.categories (code),
    severity smallint NOT NULL CHECK (severity BETWEEN 1 AND 4),
    occurred_at timestamptz NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    position geometry(Point, 4326) NOT NULL,
    source_crs text NOT NULL DEFAULT 'EPSG:4326',
    cell_id integer REFERENCES grid.cells,
    area_id integer NOT NULL REFERENCES grid.areas,
    component_id integer REFERENCES grid.components,
    device_no integer,
    thread text,                       -- finding id: all revisions of one finding share it
    revision integer NOT NULL DEFAULT 1,
    change text NOT NULL DEFAULT 'raised'
        CHECK (change IN ('raised', 'changed', 'cleared', 'withdrawn')),
    late boolean NOT NULL DEFAULT false,
    title_zh text NOT NULL,
    title_en text NOT NULL,
    description text NOT NULL DEFAULT '',
    attributes jsonb NOT NULL DEFAULT '{}',
    actor text NOT NULL DEFAULT grid.actor(),
    xid xid8 NOT NULL DEFAULT pg_current_xact_id()
);
CREATE INDEX ON events.events USING gist (position);
CREATE INDEX ON events.events (occurred_at);
CREATE INDEX ON events.events (thread, revision) WHERE thread IS NOT NULL;
CREATE INDEX ON events.events (cell_id, occurred_at);

-- Idempotency: one key, one event, for ever (unpartitioned on purpose).
CREATE TABLE events.event_keys (
    key text PRIMARY KEY,
    event_id bigint NOT NULL
);

-- Events that still wait for their ticket. The dispatcher takes rows with SKIP LOCKED and
-- deletes them in the transaction that links the event: a crash gives the row back.
CREATE TABLE events.inbox (
    event_id bigint PRIMARY KEY,
    severity smallint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    attempts integer NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL DEFAULT '-infinity',
    trouble text
);
CREATE INDEX ON events.inbox (severity DESC, event_id);

-- Readable numbers that sort by time: one counter per kind and day.
CREATE TABLE events.counters (
    kind text NOT NULL,
    day date NOT NULL,
    last integer NOT NULL,
    PRIMARY KEY (kind, day)
);

CREATE TABLE events.tickets (
    ticket_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number text NOT NULL UNIQUE,
    state text NOT NULL CHECK (state IN ('reported', 'filed', 'dispatched', 'accepted', 'disposed',
        'verified', 'closed', 'declined', 'merged', 'suspended')),
    version integer NOT NULL DEFAULT 1,
    category_code text NOT NULL REFERENCES events.categories (code),
    family text NOT NULL,
    layer text,
    severity smallint NOT NULL CHECK (severity BETWEEN 1 AND 4),
    source text NOT NULL,
    title_zh text NOT NULL,
    title_en text NOT NULL,
    description text NOT NULL DEFAULT '',
    position geometry(Point, 4326) NOT NULL,
    cell_id integer REFERENCES grid.cells,
    area_id integer NOT NULL REFERENCES grid.areas,
    component_id integer REFERENCES grid.components,
    device_no integer,
    department_id integer REFERENCES events.departments,
    crew_id integer REFERENCES events.crews,
    routing jsonb,                     -- why this department and this crew
    merged_into bigint REFERENCES events.tickets,
    supervised boolean NOT NULL DEFAULT false,
    occurred_at timestamptz NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    filed_at timestamptz,
    dispatched_at timestamptz,
    accepted_at timestamptz,
    disposed_at timestamptz,
    disposed_by text,                  -- who disposed may not verify
    verified_at timestamptz,
    closed_at timestamptz,
    recovered_at timestamptz,          -- the sensors behind it are quiet again since
    due_at timestamptz,                -- of the running stage; null when no clock runs
    overdue_at timestamptz             -- when its lateness was first told
);
CREATE INDEX ON events.tickets USING gist (position);
CREATE INDEX ON events.tickets USING gist (position) WHERE state NOT IN ('closed', 'declined', 'merged');
CREATE INDEX ON events.tickets (updated_at DESC, ticket_id DESC);
CREATE INDEX ON events.tickets (state, due_at) WHERE state NOT IN ('closed', 'declined', 'merged');
CREATE INDEX ON events.tickets (crew_id, state) WHERE state IN ('dispatched', 'accepted', 'disposed');
CREATE INDEX ON events.tickets (department_id, state, updated_at DESC);
CREATE INDEX ON events.tickets (cell_id, updated_at DESC);
CREATE INDEX ON events.tickets (area_id, created_at);
CREATE INDEX ON events.tickets (created_at);
CREATE INDEX ON events.tickets (closed_at) WHERE closed_at IS NOT NULL;
CREATE INDEX ON events.tickets (device_no, updated_at DESC) WHERE device_no IS NOT NULL;

-- Reversible: undoing a link writes unlinked_at, nothing is deleted.
CREATE TABLE events.ticket_events (
    ticket_id bigint NOT NULL REFERENCES events.tickets,
    event_id bigint NOT NULL REFERENCES events.events,
    linked_at timestamptz NOT NULL,
    why jsonb NOT NULL,
    actor text NOT NULL DEFAULT grid.actor(),
    unlinked_at timestamptz,
    unlinked_by text,
    unlinked_why text,
    PRIMARY KEY (ticket_id, event_id, linked_at)
);
CREATE UNIQUE INDEX ON events.ticket_events (event_id) WHERE unlinked_at IS NULL;

-- A clock for each stage of a ticket; pauses end one row and start the next.
CREATE TABLE events.ticket_clocks (
    clock_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id bigint NOT NULL REFERENCES events.tickets,
    stage text NOT NULL CHECK (stage IN ('file', 'dispatch', 'dispose', 'verify', 'total')),
    clock text NOT NULL,
    time_limit interval NOT NULL,
    started_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    stopped_at timestamptz,
    why jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX ON events.ticket_clocks (ticket_id, clock_id);
CREATE INDEX ON events.ticket_clocks (stage, due_at);

-- Who, when, what, why. Append-only for everybody; sealed later in Merkle batches, which is why
-- the payload is canonical text and each row carries its transaction id. No foreign keys: the
-- trail must neither block nor cascade away.
CREATE TABLE events.ledger (
    entry_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL,
    actor text NOT NULL DEFAULT grid.actor(),
    verb text NOT NULL CHECK (verb ~ '^[a-z_]+\.[a-z_]+$'),
    object_kind text NOT NULL,
    object_key text NOT NULL,
    ticket_id bigint,
    area_id integer,
    format smallint NOT NULL DEFAULT 1,
    payload text NOT NULL
);
CREATE INDEX ON events.ledger (ticket_id, entry_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX ON events.ledger (object_kind, object_key, entry_id);
CREATE INDEX ON events.ledger (at);

CREATE FUNCTION events.refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'rows of %.% are append-only', TG_TABLE_SCHEMA, TG_TABLE_NAME
        USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events.ledger
    FOR EACH STATEMENT EXECUTE FUNCTION events.refuse_change();
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events.events
    FOR EACH STATEMENT EXECUTE FUNCTION events.refuse_change();

-- Notices to named people: in the transaction of the move, delivered afterwards.
CREATE TABLE events.outbox (
    notice_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    recipient_kind text NOT NULL CHECK (recipient_kind IN ('account', 'crew', 'department', 'reporter')),
    recipient_id bigint NOT NULL,
    channel text NOT NULL DEFAULT 'inbox',
    ticket_id bigint,
    area_id integer NOT NULL,
    body_zh text NOT NULL,
    body_en text NOT NULL,
    created_at timestamptz NOT NULL,
    delivered_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    not_before timestamptz NOT NULL DEFAULT '-infinity',
    trouble text
);
CREATE INDEX ON events.outbox (not_before, notice_id) WHERE delivered_at IS NULL;
CREATE INDEX ON events.outbox (recipient_kind, recipient_id, notice_id DESC);

CREATE TABLE events.read_receipts (
    notice_id bigint NOT NULL REFERENCES events.outbox,
    account_id integer NOT NULL REFERENCES events.accounts,
    read_at timestamptz NOT NULL,
    PRIMARY KEY (notice_id, account_id)
);

-- A resident's report. The token is known to the resident alone; we keep its digest.
CREATE TABLE events.reports (
    report_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number text NOT NULL UNIQUE,
    token_sha256 bytea NOT NULL UNIQUE CHECK (length(token_sha256) = 32),
    event_id bigint NOT NULL UNIQUE REFERENCES events.events,
    area_id integer NOT NULL REFERENCES grid.areas,
    idempotency_key text UNIQUE,
    -- the same key with other content is refused, the same content gets the same answer
    request_sha256 bytea,
    language text NOT NULL DEFAULT 'zh',
    created_at timestamptz NOT NULL,
    -- salted commitment to the contact details; the details are in schema contact
    contact_commitment bytea
);

CREATE TABLE contact.contacts (
    report_id bigint PRIMARY KEY REFERENCES events.reports,
    salt bytea NOT NULL,
    contact text NOT NULL,
    created_at timestamptz NOT NULL
);

-- Originals arrive as they are (state waiting); a resource-limited child decodes and re-encodes;
-- only what it wrote (state ready) is ever shown.
CREATE TABLE events.attachments (
    attachment_id uuid PRIMARY KEY,
    event_id bigint REFERENCES events.events,
    ticket_id bigint REFERENCES events.tickets,
    area_id integer NOT NULL REFERENCES grid.areas,
    kind text NOT NULL CHECK (kind IN ('report', 'before', 'after', 'other')),
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'ready', 'refused')),
    original_sha256 bytea NOT NULL,
    original_bytes bigint NOT NULL,
    width integer,
    height integer,
    taken_at timestamptz,
    position geometry(Point, 4326),
    refusal text,
    created_at timestamptz NOT NULL,
    actor text NOT NULL DEFAULT grid.actor()
);
CREATE INDEX ON events.attachments (ticket_id);
CREATE INDEX ON events.attachments (event_id);
CREATE INDEX ON events.attachments (created_at) WHERE state = 'waiting';

-- A phone may send an action again after a lost answer: same key, same answer.
CREATE TABLE events.action_keys (
    key text PRIMARY KEY CHECK (length(key) BETWEEN 8 AND 128),
    account_id integer NOT NULL,
    ticket_id bigint NOT NULL,
    request_sha256 bytea NOT NULL,
    version integer NOT NULL,
    at timestamptz NOT NULL
);

-- cc_web: what people press. cc_dispatch: the engine. cc_ingest: only what a finding needs.
GRANT SELECT ON ALL TABLES IN SCHEMA events TO cc_web, cc_dispatch, cc_admin;
GRANT SELECT ON events.categories, events.events, events.event_keys TO cc_ingest;
GRANT INSERT ON events.events, events.event_keys, events.inbox, events.ledger
    TO cc_web, cc_ingest, cc_dispatch, cc_admin;
-- keys are claimed with the number of the event that follows in the same statement
GRANT USAGE ON SEQUENCE events.events_event_id_seq TO cc_web, cc_ingest, cc_dispatch, cc_admin;
-- Imports of past tickets number their rows beforehand.
GRANT USAGE ON SEQUENCE events.tickets_ticket_id_seq TO cc_admin;
GRANT UPDATE, DELETE ON events.inbox TO cc_dispatch, cc_admin;
GRANT INSERT, UPDATE ON events.tickets, events.ticket_events, events.ticket_clocks, events.counters
    TO cc_web, cc_dispatch, cc_admin;
GRANT INSERT ON events.outbox TO cc_web, cc_dispatch, cc_admin;
GRANT UPDATE ON events.outbox TO cc_dispatch;
GRANT INSERT ON events.read_receipts TO cc_web;
GRANT INSERT ON events.reports TO cc_web, cc_admin;
GRANT INSERT ON contact.contacts TO cc_web;
GRANT SELECT ON contact.contacts TO cc_web;
GRANT INSERT, UPDATE ON events.attachments TO cc_web;
GRANT INSERT ON events.action_keys TO cc_web;
GRANT INSERT, UPDATE, DELETE ON events.sessions TO cc_web, cc_admin;
GRANT UPDATE (failed_logins, locked_until, password_hash) ON events.accounts TO cc_web;
GRANT INSERT, UPDATE ON events.departments, events.categories, events.duties, events.crews,
    events.shifts, events.calendar_days, events.accounts TO cc_admin;
GRANT DELETE ON events.shifts, events.calendar_days TO cc_admin;
