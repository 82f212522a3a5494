"""The ground: unit cells, areas, components, coordinates, and the database they live in."""
