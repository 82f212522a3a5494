-- Tiles of the base map below z 13 show neither minor roads nor buildings, which are most of its shapes:
-- of a city's half a million buildings none is read to find the few hundred shapes of such a tile.

CREATE INDEX basemap_far ON grid.basemap USING gist (geometry_3857)
    WHERE kind NOT IN ('road_minor', 'building');
