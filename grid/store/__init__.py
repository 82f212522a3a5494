"""The only SQL of the grid: functions take a Connection and return frozen dataclasses."""
