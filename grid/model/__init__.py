"""Nouns and rules of the grid: no input, no output, no clock."""
