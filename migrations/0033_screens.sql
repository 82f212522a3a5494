-- How each person has set up the wall: theme, start view, saved views, presentation. Nobody else's business.
CREATE TABLE events.screens (
    account_id integer PRIMARY KEY REFERENCES events.accounts,
    screen jsonb NOT NULL CHECK (octet_length(screen::text) <= 60000),
    updated_at timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT, INSERT, UPDATE ON events.screens TO cc_web, cc_admin;
