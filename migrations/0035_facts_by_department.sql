-- A department's facts of some days: its own page, and the tickets behind its numbers.
CREATE INDEX ON events.facts (department_id, day);
