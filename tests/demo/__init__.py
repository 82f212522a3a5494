"""The demo city: its geography, people and past."""
