"""Telling named people, and knowing that they read it."""
