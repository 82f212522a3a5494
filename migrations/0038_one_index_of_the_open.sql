-- tickets_open begins with the same columns.
DROP INDEX events.tickets_state_due_at_idx;
