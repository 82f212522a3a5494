"""Rows of events.projects and of what belongs to them."""
