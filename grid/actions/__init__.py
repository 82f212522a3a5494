"""The verbs of the grid: one transaction each, by an actor."""
