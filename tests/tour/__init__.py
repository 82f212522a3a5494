"""A tour of all pages of a running city, in a real browser."""
