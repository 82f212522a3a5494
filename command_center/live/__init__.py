"""Database notices to open browsers: one LISTEN, one picture of the city, one encoding for all."""
