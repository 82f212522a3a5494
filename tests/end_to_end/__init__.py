"""The whole command center on its real processes: journeys, kills, latencies."""
