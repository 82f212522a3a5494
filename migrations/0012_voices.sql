-- The resident's voice: messages, ratings; and who owns the contact.

ALTER TABLE events.tickets ADD COLUMN owned_by text;  -- who took the call, by actor key

-- What staff write about a ticket, what residents write about their report.
CREATE TABLE events.messages (
    message_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id bigint REFERENCES events.tickets,
    report_id bigint REFERENCES events.reports,
    area_id integer NOT NULL REFERENCES grid.areas,
    audience text NOT NULL CHECK (audience IN ('internal', 'resident')),
    author text NOT NULL DEFAULT grid.actor(),
    body text NOT NULL,
    created_at timestamptz NOT NULL,
    CHECK ((ticket_id IS NULL) <> (report_id IS NULL))
);
CREATE INDEX ON events.messages (ticket_id, message_id) WHERE ticket_id IS NOT NULL;
CREATE INDEX ON events.messages (report_id, message_id) WHERE report_id IS NOT NULL;

-- One rating of each closing by each report behind it.
CREATE TABLE events.ratings (
    rating_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    report_id bigint NOT NULL REFERENCES events.reports,
    ticket_id bigint NOT NULL REFERENCES events.tickets,
    area_id integer NOT NULL REFERENCES grid.areas,
    closed_at timestamptz NOT NULL,
    solved boolean NOT NULL,
    satisfied boolean NOT NULL,
    stars smallint NOT NULL CHECK (stars BETWEEN 1 AND 5),
    words text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    UNIQUE (report_id, ticket_id, closed_at)
);
CREATE INDEX ON events.ratings (ticket_id, rating_id);
CREATE INDEX ON events.ratings (created_at);

GRANT SELECT, INSERT ON events.messages, events.ratings TO cc_web;
GRANT SELECT ON events.ratings TO cc_admin;
-- whoever took a call is told when its ticket is closed, by whomever
GRANT SELECT (name) ON events.accounts TO cc_dispatch;
