"""The demo city and its simulated crews."""
