-- The rest of a ticket's life: a second person's decision, more time, joint handling, fusion.

ALTER TABLE events.tickets
    ADD COLUMN late_at timestamptz,        -- when its disposal first ran out of time; stays
    ADD COLUMN extensions smallint NOT NULL DEFAULT 0,
    ADD COLUMN suspended_at timestamptz,   -- stays: once per ticket
    ADD COLUMN resume_at timestamptz,      -- while it is suspended
    ADD COLUMN appealed_at timestamptz,
    ADD COLUMN exempted_at timestamptz,    -- the lateness is excused, counted beside the fact
    ADD COLUMN parent_id bigint REFERENCES events.tickets;
CREATE INDEX ON events.tickets (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX ON events.tickets (resume_at) WHERE resume_at IS NOT NULL;
CREATE INDEX ON events.tickets (merged_into) WHERE merged_into IS NOT NULL;

-- Moves that wait for a second person. The ticket stays where it is meanwhile.
CREATE TABLE events.proposals (
    proposal_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id bigint NOT NULL REFERENCES events.tickets,
    area_id integer NOT NULL REFERENCES grid.areas,
    verb text NOT NULL,
    reason text NOT NULL,
    given jsonb NOT NULL DEFAULT '{}',
    asked_by text NOT NULL DEFAULT grid.actor(),
    asked_at timestamptz NOT NULL,
    outcome text NOT NULL DEFAULT 'pending'
        CHECK (outcome IN ('pending', 'approved', 'refused', 'withdrawn', 'lapsed')),
    approvals jsonb NOT NULL DEFAULT '[]',
    deciders text[] NOT NULL,              -- the roles that decide on the level it has come to
    people text[] NOT NULL,                -- who had a say already: they decide nothing more
    decided_by text,
    decided_at timestamptz,
    decided_why text
);
CREATE UNIQUE INDEX ON events.proposals (ticket_id, verb) WHERE outcome = 'pending';
CREATE INDEX ON events.proposals (ticket_id, proposal_id);

-- Departments that assist beside the one that leads (which is the ticket's own).
CREATE TABLE events.parties (
    party_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ticket_id bigint NOT NULL REFERENCES events.tickets,
    department_id integer NOT NULL REFERENCES events.departments,
    crew_id integer REFERENCES events.crews,
    asked_at timestamptz NOT NULL,
    asked_by text NOT NULL DEFAULT grid.actor(),
    asked_why text NOT NULL,
    due_at timestamptz NOT NULL,
    signed_at timestamptz,
    signed_by text,
    note text,
    released_at timestamptz
);
CREATE UNIQUE INDEX ON events.parties (ticket_id, department_id) WHERE released_at IS NULL;
CREATE INDEX ON events.parties (ticket_id, party_id);
CREATE INDEX ON events.parties (department_id, crew_id) WHERE signed_at IS NULL AND released_at IS NULL;

ALTER TABLE events.ticket_clocks DROP CONSTRAINT ticket_clocks_stage_check;
ALTER TABLE events.ticket_clocks ADD CONSTRAINT ticket_clocks_stage_check
    CHECK (stage IN ('file', 'dispatch', 'dispose', 'verify', 'total', 'assist')) NOT VALID;
ALTER TABLE events.ticket_clocks VALIDATE CONSTRAINT ticket_clocks_stage_check;

GRANT SELECT ON events.proposals, events.parties TO cc_web, cc_dispatch, cc_admin;
GRANT INSERT ON events.proposals, events.parties TO cc_web;
GRANT UPDATE (outcome, approvals, deciders, people, decided_by, decided_at, decided_why)
    ON events.proposals TO cc_web;
-- the engine's move may leave a proposal without a ticket to decide about
GRANT UPDATE (outcome, decided_by, decided_at) ON events.proposals TO cc_dispatch, cc_admin;
GRANT UPDATE (crew_id, due_at, signed_at, signed_by, note, released_at) ON events.parties TO cc_web;
GRANT UPDATE (due_at) ON events.parties TO cc_dispatch, cc_admin;
-- people correct what was fused; no program does
GRANT UPDATE (unlinked_at, unlinked_by, unlinked_why) ON events.ticket_events TO cc_web;
