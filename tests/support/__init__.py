"""What tests stand on: cluster, broker, browser, ports."""
