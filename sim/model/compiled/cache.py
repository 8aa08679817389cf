"""Where compiled code is kept, and whether there is any: known without the compiler.

Numba's cache on disk looks at one file, and does not see an edit in another that it took functions from. So its
folder is named by a hash of all the sources that are compiled, and of how they are.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from sim.model import ledger, rules

MAX_FOLDERS = 4
"""How many folders of compiled code are kept, for other versions of the sources."""


def compiled_sources() -> list[Path]:
    """The files from which compiled functions are taken."""
    here = Path(__file__).parent
    return [Path(rules.__file__), Path(ledger.__file__), *sorted(here.glob("*.py"))]


def source_hash() -> str:
    """What does compiled code depend on, besides the processor, which numba looks at?"""
    told = hashlib.sha256()
    for path in compiled_sources():
        told.update(path.read_bytes() + b"\0")
    how = (
        version("numba"),
        sys.version_info[:2],
        os.environ.get("NUMBA_BOUNDSCHECK"),
        os.environ.get("NUMBA_OPT"),
    )
    told.update(repr(how).encode())
    return told.hexdigest()[:16]


def cache_root() -> Path:
    """The folder of all that is kept: SIM_CACHE_DIR, or a place in the user's caches."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("SIM_CACHE_DIR") or Path(caches) / "rofr")


def is_compiled() -> bool:
    """Has the market been compiled before, as it now is?"""
    return any((cache_root() / f"compiled-{source_hash()}").glob("*/instants.advance-*.nbc"))


def cache_folder() -> Path | None:
    """A folder for compiled code, in which it can be written; None where there is none."""
    here = cache_root() / f"compiled-{source_hash()}"
    try:
        here.mkdir(parents=True, exist_ok=True)
        here.touch()
        with tempfile.TemporaryFile(dir=here):
            pass
    except OSError:
        return None
    older = sorted(cache_root().glob("compiled-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for stale in older[MAX_FOLDERS:]:
        shutil.rmtree(stale, ignore_errors=True)
    return here
