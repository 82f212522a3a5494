"""What every reader of foreign bytes must withstand: targets, seeds, and the long run."""
