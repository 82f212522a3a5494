"""Rows in, figures out: knows neither Dash nor SQL."""
