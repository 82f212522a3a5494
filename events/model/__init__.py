"""Nouns and rules of events and tickets: no input, no output, no clock."""
