-- Which judge worked last. One that finds itself here knows what it remembers of readings to be true:
-- nobody else took spans of iot.dirty meanwhile.
CREATE TABLE iot.turn (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    judge text NOT NULL
);
INSERT INTO iot.turn (judge) VALUES ('nobody');
GRANT SELECT, UPDATE (judge) ON iot.turn TO cc_ingest;
GRANT SELECT ON iot.turn TO cc_admin;
