-- The wall's figures as they were every ten minutes of the last days: their trend.
CREATE TABLE events.figure_samples (
    at timestamptz PRIMARY KEY,
    open integer NOT NULL,
    overdue integer NOT NULL,
    needs_decision integer NOT NULL,
    closed_today integer NOT NULL,
    on_time real
);
GRANT SELECT, INSERT, DELETE ON events.figure_samples TO cc_web, cc_admin;
