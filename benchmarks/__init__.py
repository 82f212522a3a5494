"""Measurements to run by hand; each prints ratios, because machines differ."""
