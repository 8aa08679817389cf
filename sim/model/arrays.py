"""The types of NumPy arrays that every room uses: whole numbers, floats, and masks."""

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
"""Whole numbers: kW, microseconds, indices."""
FloatArray = npt.NDArray[np.float64]
"""Integrals, shares, draws."""
BoolArray = npt.NDArray[np.bool_]
"""Masks of rows."""
