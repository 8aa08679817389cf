"""The compiler: which functions it compiles, what it is told of the rules, and where it keeps its work.

Numba's cache on disk looks at one file, and does not see an edit in another that it took functions from. So its
folder is named by a hash of all the sources that are compiled, and of how they are.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any, TypeVar, cast

import numba
from numba.core import config as _config
from numba.extending import register_jitable

from sim.model import ledger, rules

config: Any = _config
F = TypeVar("F", bound=Callable[..., Any])

OFF = bool(config.DISABLE_JIT)
"""Is the compiler switched off (NUMBA_DISABLE_JIT=1)? Then the same functions run as plain Python."""

FUNCTION = numba.int64(numba.int64[::1], numba.float64, numba.int64[:, ::1], numba.int64[::1])
"""What a user's own function is to the market; see `own`."""

KEPT = 4
"""How many folders of compiled code are kept, for other versions of the sources."""


def sources() -> list[Path]:
    """The files from which compiled functions are taken."""
    here = Path(__file__).parent
    return [Path(rules.__file__), Path(ledger.__file__), *sorted(here.glob("*.py"))]


def fingerprint() -> str:
    """What does compiled code depend on, besides the version of numba and the processor, which numba looks at?"""
    told = hashlib.sha256()
    for path in sources():
        told.update(path.read_bytes() + b"\0")
    told.update(f"{config.BOUNDSCHECK} {sys.version_info[:2]}".encode())
    return told.hexdigest()[:16]


def cache() -> Path | None:
    """The folder of compiled code, in SIM_CACHE_DIR or else the user's caches; None where neither can be written."""
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    above = Path(os.environ.get("SIM_CACHE_DIR") or Path(home) / "rofr")
    folder = above / f"compiled-{fingerprint()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.touch()
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        return None
    older = sorted(above.glob("compiled-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for stale in older[KEPT:]:
        shutil.rmtree(stale, ignore_errors=True)
    return folder


FOLDER = None if OFF else cache()
"""Where compiled code is kept; None if it is not."""

if not OFF:
    for _rule in vars(rules).values():
        if isinstance(_rule, FunctionType):
            register_jitable(_rule)


def compiled(function: F) -> F:
    """A function that runs as machine code, without the interpreter's lock, on the numbers it is given."""
    return _compiled(function, FOLDER is not None, nogil=True, error_model="numpy")


def of_form(function: F, kept: bool = False) -> F:
    """A function of the form that a user's own take in the market, compiled at once."""
    return function if OFF else _compiled(function, kept and FOLDER is not None, FUNCTION, nogil=True)


def _compiled(function: F, kept: bool, *form: Any, **how: Any) -> F:
    before, config.CACHE_DIR = config.CACHE_DIR, str(FOLDER or "")
    try:
        compiler: Any = numba.njit
        return cast(F, compiler(*form, cache=kept, **how)(function))
    finally:
        config.CACHE_DIR = before
