"""Simple markets about which something is known exactly."""
