"""The compiler: its options, and the functions of the rules, which it is told of here."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any, TypeVar, cast

import numba
from numba.core import config as _config
from numba.core.caching import FunctionCache, IndexDataCacheFile
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


class _CheckedCacheFile(IndexDataCacheFile):
    """The files of a function's compiled code, each with a checksum behind it, which unpickling does not look at."""

    def _dump(self, obj: object) -> bytes:
        data: bytes = super()._dump(obj)
        return data + hashlib.sha256(data).digest()

    def _load_data(self, name: str) -> Any:
        data = Path(self._data_path(name)).read_bytes()
        if hashlib.sha256(data[:-32]).digest() != data[-32:]:
            raise ValueError("a broken file of compiled code")
        return super()._load_data(name)


class _CheckedCache(FunctionCache):
    """A function's compiled code on disk, compiled anew where a file of it is broken."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._cache_file.__class__ = _CheckedCacheFile

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception:  # whatever unpickling makes of a broken file
            self.flush()
            return None


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
        compiled = compiler(cache=cache, **options)(function)
        if cache:
            compiled._cache = _CheckedCache(function)
        for each in signature:
            compiled.compile(each)
            compiled.disable_compile()
        return cast(FunctionT, compiled)
    finally:
        numba_config.CACHE_DIR = before
