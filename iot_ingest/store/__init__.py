"""The only SQL of the ingester: readings, latest values, devices, quarantine."""
