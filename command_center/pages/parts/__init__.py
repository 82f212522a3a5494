"""What the wall, the desk and the evaluation have in common."""
