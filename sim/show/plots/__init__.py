"""Plots: each takes a run, a comparison, a sweep or an analysis and gives a figure. Only this room imports matplotlib."""
