"""TODO."""

from math import floor

import numpy as np
import numpy.typing as npt

from sim.model.arrays import FloatArray, IntArray


def round_up_to_blocks(sizes: FloatArray, block: IntArray) -> IntArray:
    """A size up to whole blocks, at least one; a billionth of a block over is taken for noise of the float."""
    blocks = np.ceil(sizes / block - 1e-9).astype(np.int64)
    return np.maximum(blocks, 1) * block


def round_array_half_up(values: FloatArray) -> npt.NDArray[np.int64]:
    """Whole numbers, rounded half up, as every quantity enters the model."""
    return np.floor(values + 0.5).astype(np.int64)


def round_half_up(value: float) -> int:
    """One whole number, rounded half up, as every quantity enters the model."""
    return floor(value + 0.5)
