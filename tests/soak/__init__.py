"""An open wall under load for a long time: nothing grows, nothing grows old, nothing is lost."""
