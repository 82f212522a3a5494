"""Doors for devices that do not speak MQTT."""
