"""Scenarios: what is measured, what is wrong, who answers, how it looks."""
