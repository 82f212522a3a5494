"""Old days of readings leave the database for GeoParquet files, one for each UTC day."""
