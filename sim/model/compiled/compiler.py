"""The compiler: how functions are compiled, and what it is told of the rules."""

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
"""Is the compiler switched off (NUMBA_DISABLE_JIT=1)? Then the same functions run as plain Python."""

USER_FUNCTION_SIGNATURE = numba.int64(numba.int64[::1], numba.float64, numba.int64[:, ::1], numba.int64[::1])
"""What a user's own function is to the market; see `own`."""

CACHE_FOLDER = None if COMPILER_OFF else cache.cache_folder()
"""Where compiled code is kept; None if it is not."""

if not COMPILER_OFF:
    for _rule in vars(rules).values():
        if isinstance(_rule, FunctionType):
            register_jitable(_rule)


def jit(function: FunctionT) -> FunctionT:
    """A function that runs as machine code, without the interpreter's lock, on the numbers it is given."""
    return _jit(function, CACHE_FOLDER is not None, nogil=True, error_model="numpy")


def jit_with_signature(
    function: FunctionT, signature: Any = USER_FUNCTION_SIGNATURE, cache: bool = False
) -> FunctionT:
    """A function of just one form, compiled at once: that of a user's own in the market, if nothing else is said."""
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
