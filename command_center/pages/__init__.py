"""Pages: the wall, the desk, the field, the report."""
