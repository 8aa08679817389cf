"""The compiler: how functions are compiled, and what it is told of the rules."""

from collections.abc import Callable
from types import FunctionType
from typing import Any, TypeVar, cast

import numba
from numba.core import config as _config
from numba.extending import register_jitable

from sim.model import rules
from sim.model.compiled import cache

config: Any = _config
F = TypeVar("F", bound=Callable[..., Any])

OFF = bool(config.DISABLE_JIT)
"""Is the compiler switched off (NUMBA_DISABLE_JIT=1)? Then the same functions run as plain Python."""

FUNCTION = numba.int64(numba.int64[::1], numba.float64, numba.int64[:, ::1], numba.int64[::1])
"""What a user's own function is to the market; see `own`."""

FOLDER = None if OFF else cache.folder()
"""Where compiled code is kept; None if it is not."""

if not OFF:
    for _rule in vars(rules).values():
        if isinstance(_rule, FunctionType):
            register_jitable(_rule)


def compiled(function: F) -> F:
    """A function that runs as machine code, without the interpreter's lock, on the numbers it is given."""
    return _compiled(function, FOLDER is not None, nogil=True, error_model="numpy")


def of_form(function: F, form: Any = FUNCTION, kept: bool = False) -> F:
    """A function of just one form, compiled at once: that of a user's own in the market, if nothing else is said."""
    return function if OFF else _compiled(function, kept and FOLDER is not None, form, nogil=True)


def _compiled(function: F, kept: bool, *form: Any, **how: Any) -> F:
    before, config.CACHE_DIR = config.CACHE_DIR, str(FOLDER or "")
    try:
        compiler: Any = numba.njit
        return cast(F, compiler(*form, cache=kept, **how)(function))
    finally:
        config.CACHE_DIR = before
