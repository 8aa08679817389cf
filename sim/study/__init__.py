"""Asking many runs: replications, the store, summaries."""
