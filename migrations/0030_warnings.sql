-- Warnings of others, as they came (CAP 1.2): append-only. What an update or a cancellation refers to
-- is over because that refers to it, in whatever order they came.
CREATE TABLE events.warnings (
    warning_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sender text NOT NULL,
    identifier text NOT NULL,
    sent_at timestamptz NOT NULL,
    status text NOT NULL CHECK (status IN ('Actual', 'Exercise')),
    kind text NOT NULL CHECK (kind IN ('Alert', 'Update', 'Cancel')),
    sha256 bytea NOT NULL CHECK (length(sha256) = 32),
    received_at timestamptz NOT NULL,
    -- the last of its expiries; what says none stands for a day
    ends_at timestamptz NOT NULL,
    actor text NOT NULL DEFAULT grid.actor(),
    UNIQUE (sender, identifier)
);
CREATE INDEX ON events.warnings (ends_at);

CREATE TABLE events.warning_references (
    warning_id bigint NOT NULL REFERENCES events.warnings,
    sender text NOT NULL,
    identifier text NOT NULL,
    PRIMARY KEY (warning_id, sender, identifier)
);
CREATE INDEX ON events.warning_references (sender, identifier);

-- One for each language or part of a message.
CREATE TABLE events.warning_infos (
    info_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    warning_id bigint NOT NULL REFERENCES events.warnings,
    language text NOT NULL,
    categories text[] NOT NULL,
    event text NOT NULL,
    urgency text NOT NULL,
    severity text NOT NULL,
    certainty text NOT NULL,
    level smallint CHECK (level BETWEEN 1 AND 4),  -- null where nobody says how grave it is
    headline text NOT NULL,
    description text NOT NULL,
    instruction text NOT NULL,
    sender_name text NOT NULL,
    onset_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL
);
CREATE INDEX ON events.warning_infos (warning_id);

CREATE TABLE events.warning_areas (
    area_no bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    info_id bigint NOT NULL REFERENCES events.warning_infos,
    description text NOT NULL,
    shape geometry(MultiPolygon, 4326)             -- null where it is told in words only
);
CREATE INDEX ON events.warning_areas (info_id);

-- Who was told about a ticket.
CREATE INDEX ON events.outbox (ticket_id, notice_id) WHERE ticket_id IS NOT NULL;

GRANT SELECT, INSERT ON events.warnings, events.warning_references, events.warning_infos,
    events.warning_areas TO cc_web, cc_admin;
