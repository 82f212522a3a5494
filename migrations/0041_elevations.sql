-- How high the lowest ground of a cell lies, where the city knows: metres above the datum that its
-- gauges' heights have, too. Some milliseconds: no row is written anew.

ALTER TABLE grid.cells ADD COLUMN elevation_m double precision
    CHECK (elevation_m BETWEEN -500 AND 9000);
CREATE INDEX cells_of_known_elevation ON grid.cells USING gist (geometry)
    WHERE elevation_m IS NOT NULL AND valid_to IS NULL;
