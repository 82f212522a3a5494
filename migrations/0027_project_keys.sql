-- An action on a project that is sent again gets the same answer, as one on a ticket does.
ALTER TABLE events.action_keys
    ALTER COLUMN ticket_id DROP NOT NULL,
    ADD COLUMN project_id bigint,
    ADD CHECK (num_nonnulls(ticket_id, project_id) = 1);
