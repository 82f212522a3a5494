"""Nouns of devices and readings: no input, no output, no clock."""
