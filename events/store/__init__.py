"""The only SQL of events: functions take a Connection and return frozen dataclasses."""
