-- Fusion by one score: its weights, the hashes of photos, and pairs of tickets that may be one.

-- One row per family; "*" holds for families without a row. events.model.matching says what each
-- weight means.
CREATE TABLE events.fusion_weights (
    family text PRIMARY KEY,
    start real NOT NULL DEFAULT 3.0,
    space real NOT NULL DEFAULT 3.0 CHECK (space >= 0),
    "time" real NOT NULL DEFAULT 1.5 CHECK ("time" >= 0),
    category real NOT NULL DEFAULT 0.6 CHECK (category >= 0),
    text real NOT NULL DEFAULT 2.0 CHECK (text >= 0),
    photo real NOT NULL DEFAULT 2.5 CHECK (photo >= 0),
    link_at real NOT NULL DEFAULT 0.5 CHECK (link_at > 0),
    suggest_at real NOT NULL DEFAULT 0.3 CHECK (suggest_at > 0),
    wider real NOT NULL DEFAULT 2.0 CHECK (wider BETWEEN 1 AND 10),
    longer real NOT NULL DEFAULT 3.0 CHECK (longer BETWEEN 1 AND 10),
    changed_by text NOT NULL DEFAULT grid.actor(),
    changed_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO events.fusion_weights (family, changed_by) VALUES ('*', 'system:migration');
GRANT SELECT ON events.fusion_weights TO cc_web, cc_dispatch, cc_admin;
GRANT INSERT, UPDATE ON events.fusion_weights TO cc_admin;

-- 64 bits that are nearly the same for nearly the same picture; null where it says nothing.
ALTER TABLE events.attachments ADD COLUMN perceptual_hash bigint;

-- Tickets that wait to be compared with those around them; the dispatcher takes them away.
CREATE TABLE events.to_compare (
    ticket_id bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON events.to_compare (at);
GRANT SELECT, INSERT ON events.to_compare TO cc_web, cc_dispatch, cc_admin;
-- (a row is locked before it is taken away)
GRANT UPDATE, DELETE ON events.to_compare TO cc_dispatch;

-- Pairs that may be one thing. "Not the same" stays for good.
CREATE TABLE events.suggestions (
    suggestion_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    older_id bigint NOT NULL REFERENCES events.tickets,
    newer_id bigint NOT NULL REFERENCES events.tickets,
    area_id integer NOT NULL REFERENCES grid.areas,
    score real NOT NULL,
    distance_m real NOT NULL,
    terms jsonb NOT NULL,
    because jsonb NOT NULL,
    suggested_at timestamptz NOT NULL,
    refused_at timestamptz,
    refused_by text,
    refused_why text,
    CHECK (older_id < newer_id),
    UNIQUE (older_id, newer_id)
);
CREATE INDEX ON events.suggestions (newer_id);
GRANT SELECT ON events.suggestions TO cc_web, cc_dispatch, cc_admin;
GRANT INSERT ON events.suggestions TO cc_dispatch;
GRANT UPDATE (score, distance_m, terms, because) ON events.suggestions TO cc_dispatch;
GRANT UPDATE (refused_at, refused_by, refused_why) ON events.suggestions TO cc_web;

-- The latest events of a ticket, however many it has.
CREATE INDEX ON events.ticket_events (ticket_id, linked_at DESC) WHERE unlinked_at IS NULL;
