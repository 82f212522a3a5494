-- Wrong passwords are counted by account and address, so that nobody locks an account for others.
CREATE TABLE events.sign_in_failures (
    account_id integer NOT NULL REFERENCES events.accounts,
    source text NOT NULL,              -- an IPv4 address, the first half of an IPv6 address
    failures integer NOT NULL,
    last_at timestamptz NOT NULL,
    refused_until timestamptz,
    PRIMARY KEY (account_id, source)
);
CREATE INDEX ON events.sign_in_failures (last_at);
ALTER TABLE events.accounts DROP COLUMN failed_logins, DROP COLUMN locked_until;

GRANT SELECT, INSERT, UPDATE, DELETE ON events.sign_in_failures TO cc_web;
GRANT SELECT, DELETE ON events.sign_in_failures TO cc_admin;
