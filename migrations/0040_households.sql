-- Who lives in a building, where a city keeps that: personal data, in the schema that is granted to
-- nobody else. A building is a component of the kind "building".

GRANT USAGE ON SCHEMA contact TO cc_admin;

CREATE TABLE contact.households (
    household_id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    component_id integer NOT NULL REFERENCES grid.components,
    unit text NOT NULL CHECK (unit <> ''),
    residents integer CHECK (residents BETWEEN 0 AND 1000),
    contact text NOT NULL DEFAULT '',
    phone text NOT NULL DEFAULT '',
    note text NOT NULL DEFAULT '',
    changed_by text NOT NULL DEFAULT grid.actor(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (component_id, unit)
);
GRANT SELECT ON contact.households TO cc_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON contact.households TO cc_admin;
