"""The market on the compiled clock: the same rules, on arrays, as machine code. Only this room imports numba."""
