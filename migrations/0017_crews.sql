-- Whom a person chose, the engine does not move: a plan asks for these few without reading each
-- ticket's reasons.
CREATE INDEX tickets_by_hand ON events.tickets (department_id, crew_id)
    WHERE state = 'dispatched' AND routing ->> 'by_hand' = 'true';
