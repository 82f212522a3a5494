-- Who is told, level by level, while a ticket stays late: data of the city, none by default.
CREATE TABLE events.ladder (
    level smallint PRIMARY KEY CHECK (level > 0),
    overdue_share real NOT NULL CHECK (overdue_share >= 0),   -- of the stage's whole limit
    recipient text NOT NULL CHECK (recipient IN ('department', 'street', 'district', 'city')),
    read_within interval NOT NULL CHECK (read_within > interval '0'),
    pack text NOT NULL,
    changed_by text NOT NULL DEFAULT grid.actor(),
    changed_at timestamptz NOT NULL DEFAULT now()
);

-- One row per run of a clock and level: that is why nobody is told twice, whoever is killed when.
CREATE TABLE events.escalations (
    clock_id bigint NOT NULL REFERENCES events.ticket_clocks,
    level smallint NOT NULL,
    ticket_id bigint NOT NULL REFERENCES events.tickets,
    recipient text NOT NULL,
    read_within interval NOT NULL,
    at timestamptz NOT NULL,           -- when it is to be told; sooner where nobody reads
    told_at timestamptz,
    notices bigint[] NOT NULL DEFAULT '{}',
    unread_at timestamptz,             -- when it counts as unread; null: that was looked at
    ended_at timestamptz,              -- the clock stopped before it was told
    PRIMARY KEY (clock_id, level)
);
CREATE INDEX ON events.escalations (ticket_id, clock_id, level);
CREATE INDEX ON events.escalations (at) WHERE told_at IS NULL AND ended_at IS NULL;
CREATE INDEX ON events.escalations (unread_at) WHERE unread_at IS NOT NULL;
CREATE INDEX ON events.outbox (recipient_id, ticket_id)
    WHERE kind = 'escalate' AND recipient_kind = 'account';

GRANT SELECT ON events.ladder, events.escalations TO cc_web, cc_dispatch, cc_admin;
GRANT INSERT, UPDATE ON events.ladder TO cc_admin;
GRANT INSERT ON events.escalations TO cc_dispatch;
GRANT UPDATE (at, told_at, notices, unread_at, ended_at) ON events.escalations TO cc_dispatch;
