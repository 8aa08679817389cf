"""Studies of many runs: replications, precision, comparisons, sweeps, sensitivity, plans and the value of rights."""
