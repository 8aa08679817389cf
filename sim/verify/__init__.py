"""Verification: simulated markets compared with the exact results of queueing theory."""
