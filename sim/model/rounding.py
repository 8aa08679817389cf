"""Rounding of quantities to whole numbers, as they enter the model."""

from math import floor

import numpy as np

from sim.model.arrays import FloatArray, IntArray


def round_up_to_blocks(sizes: FloatArray, block: IntArray) -> IntArray:
    """Sizes `(n,)` rounded up to whole blocks, at least one.

    A billionth of a block over a whole number is taken for the noise of a float.
    """
    blocks = np.ceil(sizes / block - 1e-9).astype(np.int64)
    return np.maximum(blocks, 1) * block


def round_array_half_up(values: FloatArray) -> IntArray:
    """Whole numbers `(n,)`, rounded half up."""
    return np.floor(values + 0.5).astype(np.int64)


def round_half_up(value: float) -> int:
    """A whole number, rounded half up (and not to even, as `round` does)."""
    return floor(value + 0.5)
