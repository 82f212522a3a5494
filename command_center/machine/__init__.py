"""Private PostgreSQL, private broker, supervised children."""
