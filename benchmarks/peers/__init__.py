"""The shared workload, and one file for each way to play it."""
