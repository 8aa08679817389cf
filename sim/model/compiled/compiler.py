"""The compiler: its options, and the functions of the rules, which it is told of here."""

from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeVar, cast

import numba
from numba.core import config as _config
from numba.extending import register_jitable

from sim.model import rules
from sim.model.compiled import cache

numba_config: Any = _config
FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])

COMPILER_OFF = bool(numba_config.DISABLE_JIT)
"""Whether the compiler is switched off (NUMBA_DISABLE_JIT=1); then the same functions run as plain Python."""

USER_FUNCTION_SIGNATURE = numba.int64(numba.int64[::1], numba.float64, numba.int64[:, ::1], numba.int64[::1])
"""The signature of a user's own function as the market calls it; see `callbacks`."""

CACHE_FOLDER = None if COMPILER_OFF else cache.cache_folder()
"""The folder in which compiled code is kept; None if it is not."""

if not COMPILER_OFF:
    for _rule in vars(rules).values():
        if isinstance(_rule, FunctionType):
            register_jitable(_rule)


def jit(function: FunctionT) -> FunctionT:
    """Compile a function to machine code that runs without the interpreter's lock."""
    return _jit(function, CACHE_FOLDER is not None, nogil=True, error_model="numpy")


def jit_with_signature(
    function: FunctionT, signature: Any = USER_FUNCTION_SIGNATURE, cache: bool = False
) -> FunctionT:
    """Compile a function at once for one signature: that of a user's own in the market, if nothing else is said."""
    return (
        function
        if COMPILER_OFF
        else _jit(function, cache and CACHE_FOLDER is not None, signature, nogil=True)
    )


def _jit(function: FunctionT, cache: bool, *signature: Any, **options: Any) -> FunctionT:
    before, numba_config.CACHE_DIR = numba_config.CACHE_DIR, str(CACHE_FOLDER or "")
    try:
        compiler: Any = numba.njit
        return cast(FunctionT, compiler(*signature, cache=cache, **options)(function))
    finally:
        numba_config.CACHE_DIR = before
