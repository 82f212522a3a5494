"""Files of readings, published as real device messages."""
