"""Results of runs: time series, metrics, tables, bands, summary, verdicts, and the folder that holds them."""
