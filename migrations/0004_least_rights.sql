-- Rights that no statement of a process uses are taken back (a test looks at what is left).

-- The dispatcher tells supervisors of late tickets; it has no business with passwords, sessions
-- and the keys of people's actions.
REVOKE SELECT ON events.accounts, events.sessions, events.action_keys FROM cc_dispatch;
GRANT SELECT (account_id, role, area_id, disabled_at) ON events.accounts TO cc_dispatch;

-- Passwords are changed by the administrator's command only.
REVOKE UPDATE (password_hash) ON events.accounts FROM cc_web;

-- Links are added; undoing one comes with the right to do so.
REVOKE UPDATE ON events.ticket_events FROM cc_web, cc_dispatch, cc_admin;

-- Dirty spans are added and taken away, never changed.
REVOKE UPDATE ON iot.dirty FROM cc_ingest;

-- Entries of the broker's password file are for the administrator, who writes it.
REVOKE SELECT ON iot.devices FROM cc_web, cc_ingest, cc_dispatch;
GRANT SELECT (device_no, device_id, bucket, model, layer, name_zh, name_en, metrics, interval_s,
    position, source_crs, cell_id, area_id, component_id, attributes, disabled_at, changed_by,
    changed_at) ON iot.devices TO cc_web, cc_ingest, cc_dispatch;
