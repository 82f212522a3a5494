"""Requests of other systems, brought in as events and tickets."""
