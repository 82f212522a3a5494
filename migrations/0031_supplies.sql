-- What facilities have in store (control sites of the layer epidemic_control), as it was counted last.
CREATE TABLE events.supplies (
    component_id integer NOT NULL REFERENCES grid.components,
    item text NOT NULL,
    name_zh text NOT NULL,
    name_en text NOT NULL,
    unit text NOT NULL,
    stock double precision NOT NULL CHECK (stock >= 0 AND stock < 'Infinity'),
    least double precision NOT NULL CHECK (least >= 0 AND least < 'Infinity'),
    counted_at timestamptz NOT NULL,
    changed_by text NOT NULL DEFAULT grid.actor(),
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (component_id, item)
);
GRANT SELECT ON events.supplies TO cc_web, cc_admin;
GRANT INSERT, UPDATE ON events.supplies TO cc_admin;
