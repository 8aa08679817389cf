"""Plots of runs, comparisons, sweeps and analyses. Only this room imports matplotlib."""
