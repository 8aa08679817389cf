"""The growth of arrays: a new one with more space, which its owner takes in place of the old one."""

import numpy as np

from sim.model.compiled.compiler import jit
from sim.model.compiled.state import Int64Matrix, Int64Vector


@jit
def extend_columns(columns: Int64Matrix) -> Int64Matrix:
    """The same rows, each with space for half as many columns more."""
    n = columns.shape[1]
    copy = np.empty((len(columns), n + n // 2 + 16), np.int64)
    for k in range(len(columns)):
        for i in range(n):
            copy[k, i] = columns[k, i]
    return copy


@jit
def double_space(array: Int64Vector) -> Int64Vector:
    """The same array with twice the space."""
    copy = np.empty(2 * len(array), np.int64)
    for i in range(len(array)):
        copy[i] = array[i]
    return copy
