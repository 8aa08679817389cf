"""Plots of a run: each takes an outcome and gives a figure. Only this room imports matplotlib."""
