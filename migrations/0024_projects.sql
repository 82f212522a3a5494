-- Projects: work that goes through stages over weeks. An outfall's or a construction site's
-- rectification, and the root cause of what comes again and again, share one table of moves
-- (events.model.projects.workflow), one row each, and what belongs to them.

-- How long each stage may take: data of the city.
CREATE TABLE events.project_limits (
    kind text NOT NULL CHECK (kind IN ('outfall', 'site', 'root_cause')),
    stage text NOT NULL,
    clock text NOT NULL CHECK (clock IN ('continuous', 'working_hours', 'working_days', 'natural_days')),
    time_limit interval NOT NULL CHECK (time_limit > interval '0'),
    pack text NOT NULL,
    changed_by text NOT NULL DEFAULT grid.actor(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (kind, stage)
);
INSERT INTO events.project_limits (kind, stage, clock, time_limit, pack, changed_by)
VALUES ('outfall', 'survey', 'working_days', '10 days', 'default', 'system:migration'),
    ('outfall', 'monitor', 'working_days', '10 days', 'default', 'system:migration'),
    ('outfall', 'trace', 'working_days', '15 days', 'default', 'system:migration'),
    ('outfall', 'rectify', 'natural_days', '90 days', 'default', 'system:migration'),
    ('outfall', 'accept', 'working_days', '5 days', 'default', 'system:migration'),
    ('outfall', 'watch', 'natural_days', '90 days', 'default', 'system:migration'),
    ('outfall', 'excluding', 'working_days', '3 days', 'default', 'system:migration'),
    ('site', 'survey', 'working_days', '3 days', 'default', 'system:migration'),
    ('site', 'monitor', 'working_days', '3 days', 'default', 'system:migration'),
    ('site', 'trace', 'working_days', '3 days', 'default', 'system:migration'),
    ('site', 'rectify', 'natural_days', '15 days', 'default', 'system:migration'),
    ('site', 'accept', 'working_days', '3 days', 'default', 'system:migration'),
    ('site', 'watch', 'natural_days', '30 days', 'default', 'system:migration'),
    ('site', 'excluding', 'working_days', '3 days', 'default', 'system:migration'),
    ('root_cause', 'trace', 'working_days', '10 days', 'default', 'system:migration'),
    ('root_cause', 'rectify', 'natural_days', '30 days', 'default', 'system:migration'),
    -- from the end of the observation until somebody asks for judgement
    ('root_cause', 'watch', 'working_days', '5 days', 'default', 'system:migration'),
    ('root_cause', 'accept', 'working_days', '5 days', 'default', 'system:migration'),
    ('root_cause', 'excluding', 'working_days', '3 days', 'default', 'system:migration');

-- When a root cause is looked for: the rule of the category counts, else of its family, else the
-- one for all.
CREATE TABLE events.recurrence_rules (
    level text NOT NULL CHECK (level IN ('category', 'family', 'all')),
    code text NOT NULL,
    times smallint NOT NULL CHECK (times >= 2),
    within interval NOT NULL CHECK (within > interval '0'),
    around text NOT NULL CHECK (around IN ('cell', 'neighbours', 'asset')),
    observe interval NOT NULL CHECK (observe > interval '0'),
    reduce_to real NOT NULL CHECK (reduce_to >= 0 AND reduce_to < 1),
    pack text NOT NULL,
    changed_by text NOT NULL DEFAULT grid.actor(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (level, code),
    CHECK ((level = 'all') = (code = '*'))
);
INSERT INTO events.recurrence_rules (level, code, times, within, around, observe, reduce_to, pack, changed_by)
VALUES ('all', '*', 5, '30 days', 'cell', '30 days', 0.5, 'default', 'system:migration');

CREATE TABLE events.projects (
    project_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    number text NOT NULL UNIQUE,
    kind text NOT NULL CHECK (kind IN ('outfall', 'site', 'root_cause')),
    stage text NOT NULL CHECK (stage IN ('survey', 'monitor', 'trace', 'rectify', 'accept', 'watch',
        'done', 'excluding', 'excluded')),
    version integer NOT NULL DEFAULT 1,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    position geometry(Point, 4326) NOT NULL,
    cell_id integer REFERENCES grid.cells,
    area_id integer NOT NULL REFERENCES grid.areas,
    component_id integer REFERENCES grid.components,
    category_code text REFERENCES events.categories (code),
    family text,
    department_id integer NOT NULL REFERENCES events.departments,
    facts jsonb NOT NULL DEFAULT '{}',
    method text CHECK (method IN ('abolish', 'merge', 'regulate')),
    into_id integer REFERENCES grid.components,
    cause text NOT NULL DEFAULT '',
    measures text NOT NULL DEFAULT '',
    target_class text,
    before_class text,
    after_class text,
    result jsonb,
    opened_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    stage_at timestamptz NOT NULL,
    rectify_at timestamptz,
    due_at timestamptz,
    overdue_at timestamptz,            -- when the lateness of this stage was first told
    told_level smallint NOT NULL DEFAULT 0,
    submitted_at timestamptz,
    submitted_by text,                 -- who asked never grants it
    accepted_at timestamptz,
    accepted_by text,
    watch_until timestamptz,
    relapses smallint NOT NULL DEFAULT 0,
    ended_at timestamptz,
    opened_why jsonb NOT NULL DEFAULT '{}',
    CHECK ((kind = 'root_cause') = (family IS NOT NULL)),
    CHECK (kind = 'root_cause' OR component_id IS NOT NULL),
    CHECK ((stage IN ('done', 'excluded')) = (ended_at IS NOT NULL))
);
-- One at a time: that is why two who open the same one at once open it once.
CREATE UNIQUE INDEX projects_one_of_a_place ON events.projects (component_id)
    WHERE kind <> 'root_cause' AND ended_at IS NULL;
CREATE UNIQUE INDEX projects_one_root_cause ON events.projects
    (family, coalesce(cell_id, 0), coalesce(component_id, 0))
    WHERE kind = 'root_cause' AND ended_at IS NULL;
CREATE INDEX ON events.projects (component_id);
CREATE INDEX ON events.projects (updated_at DESC);
CREATE INDEX ON events.projects (due_at) WHERE ended_at IS NULL AND due_at IS NOT NULL;
CREATE INDEX ON events.projects (watch_until) WHERE stage = 'watch';
CREATE INDEX ON events.projects USING gist (position) WHERE ended_at IS NULL;

CREATE TABLE events.project_samples (
    sample_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id bigint NOT NULL REFERENCES events.projects,
    phase text NOT NULL CHECK (phase IN ('before', 'after', 'watch')),
    taken_at timestamptz NOT NULL,
    measured jsonb NOT NULL,
    water_class text NOT NULL,
    standard text NOT NULL,
    decided_by text[] NOT NULL,
    laboratory text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL,
    actor text NOT NULL DEFAULT grid.actor()
);
CREATE INDEX ON events.project_samples (project_id, sample_id);

CREATE TABLE events.project_sources (
    source_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id bigint NOT NULL REFERENCES events.projects,
    source text NOT NULL,
    party text NOT NULL,
    upstream_id integer REFERENCES grid.components,
    created_at timestamptz NOT NULL,
    actor text NOT NULL DEFAULT grid.actor(),
    settled_at timestamptz,
    settled_by text,
    settled_note text
);
CREATE INDEX ON events.project_sources (project_id, source_id);
CREATE INDEX ON events.project_sources (upstream_id) WHERE upstream_id IS NOT NULL;

CREATE TABLE events.project_checks (
    project_id bigint NOT NULL REFERENCES events.projects,
    item text NOT NULL CHECK (item IN ('fencing', 'covering', 'washing', 'paving', 'wetting',
        'sealed_transport')),
    met boolean NOT NULL,
    note text NOT NULL DEFAULT '',
    at timestamptz NOT NULL,
    actor text NOT NULL DEFAULT grid.actor(),
    PRIMARY KEY (project_id, item)
);

-- Tickets that belong to a project. Undoing it writes unlinked_at, nothing is deleted.
CREATE TABLE events.project_tickets (
    project_id bigint NOT NULL REFERENCES events.projects,
    ticket_id bigint NOT NULL REFERENCES events.tickets,
    linked_at timestamptz NOT NULL,
    why jsonb NOT NULL,
    actor text NOT NULL DEFAULT grid.actor(),
    unlinked_at timestamptz,
    unlinked_by text,
    unlinked_why text,
    PRIMARY KEY (project_id, ticket_id, linked_at)
);
CREATE UNIQUE INDEX ON events.project_tickets (project_id, ticket_id) WHERE unlinked_at IS NULL;
CREATE INDEX ON events.project_tickets (ticket_id) WHERE unlinked_at IS NULL;

-- Tickets that wait to be looked at: do they belong to a project, do they make one?
CREATE TABLE events.to_relate (
    ticket_id bigint NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX ON events.to_relate (at);
-- What happened at a facility, whatever became of it.
CREATE INDEX ON events.tickets (component_id, created_at) WHERE component_id IS NOT NULL;
-- How often it happened in a cell.
CREATE INDEX ON events.tickets (cell_id, created_at) WHERE cell_id IS NOT NULL;

ALTER TABLE events.attachments
    ADD COLUMN project_id bigint REFERENCES events.projects,
    ADD COLUMN item text;              -- which of the six measures it shows
CREATE INDEX ON events.attachments (project_id) WHERE project_id IS NOT NULL;
ALTER TABLE events.outbox ADD COLUMN project_id bigint;
CREATE INDEX ON events.outbox (recipient_id, project_id)
    WHERE project_id IS NOT NULL AND recipient_kind = 'account';

-- (the demo city begins with projects that show photos)
GRANT INSERT ON events.attachments TO cc_admin;
GRANT SELECT ON events.project_limits, events.recurrence_rules, events.projects,
    events.project_samples, events.project_sources, events.project_checks, events.project_tickets
    TO cc_web, cc_dispatch, cc_admin;
GRANT INSERT, UPDATE ON events.project_limits, events.recurrence_rules TO cc_admin;
GRANT INSERT ON events.projects TO cc_web, cc_dispatch, cc_admin;
-- not: number, kind, place, when and why it was opened
GRANT UPDATE (stage, version, department_id, facts, method, into_id, cause, measures, target_class,
    before_class, after_class, result, updated_at, stage_at, rectify_at, due_at, overdue_at,
    told_level, submitted_at, submitted_by, accepted_at, accepted_by, watch_until, relapses, ended_at)
    ON events.projects TO cc_web, cc_dispatch, cc_admin;
GRANT INSERT ON events.project_samples, events.project_sources TO cc_web, cc_admin;
GRANT UPDATE (settled_at, settled_by, settled_note) ON events.project_sources TO cc_web, cc_admin;
GRANT INSERT ON events.project_checks TO cc_web, cc_admin;
GRANT UPDATE (met, note, at, actor) ON events.project_checks TO cc_web, cc_admin;
GRANT INSERT ON events.project_tickets TO cc_web, cc_dispatch, cc_admin;
GRANT UPDATE (unlinked_at, unlinked_by, unlinked_why) ON events.project_tickets TO cc_web;
GRANT SELECT, INSERT ON events.to_relate TO cc_web, cc_dispatch, cc_admin;
-- (a row is locked before it is taken away)
GRANT UPDATE, DELETE ON events.to_relate TO cc_dispatch, cc_admin;
