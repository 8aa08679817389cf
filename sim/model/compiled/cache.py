"""The folder in which compiled code is kept, and whether there is any: known without the compiler.

Numba's cache on disk looks at one file, and does not see an edit in another that it took functions or numbers
from. So the folder is named by a hash of every source that compiled code could take something from: the whole of
the model, and what the model imports of the scenario, so that nobody has to remember to list a new file here.
"""

import os
import re
import shutil
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from sim.scenario.source_code import hash_sources

MAX_FOLDERS = 4
"""How many folders of compiled code are kept, for other versions of the sources."""

_SCENARIO_IMPORT = re.compile(r"^from sim\.scenario\.(\w+) import ", re.MULTILINE)


def compiled_sources() -> list[Path]:
    """The files from which compiled functions, or the numbers in them, are taken."""
    package = Path(__file__).parents[2]
    model = sorted((package / "model").rglob("*.py"))
    names = {name for path in model for name in _SCENARIO_IMPORT.findall(path.read_text())}
    return [*model, *(package / "scenario" / f"{name}.py" for name in sorted(names))]


def source_hash() -> str:
    """The hash of all that compiled code depends on, besides the processor, which numba looks at."""
    digest = hash_sources(compiled_sources())
    options = (
        version("numba"),
        sys.version_info[:2],
        os.environ.get("NUMBA_BOUNDSCHECK"),
        os.environ.get("NUMBA_OPT"),
    )
    digest.update(repr(options).encode())
    return digest.hexdigest()[:16]


def cache_root() -> Path:
    """The folder of all that is kept: SIM_CACHE_DIR, or a place in the user's caches."""
    caches = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(os.environ.get("SIM_CACHE_DIR") or Path(caches) / "rofr")


def is_compiled() -> bool:
    """Whether the market has been compiled before, as it now is."""
    # The name of the function on which all others rest; it is compiled last, so that the others are there too.
    return any((cache_root() / f"compiled-{source_hash()}").glob("*/instants.advance-*.nbc"))


def cache_folder() -> Path | None:
    """A folder for compiled code that can be written to; None where there is none."""
    folder = cache_root() / f"compiled-{source_hash()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        folder.touch()  # the order in which folders were last used decides which are removed
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError:
        return None
    by_use = sorted(cache_root().glob("compiled-*"), key=lambda path: path.stat().st_mtime, reverse=True)
    for stale in by_use[MAX_FOLDERS:]:
        shutil.rmtree(stale, ignore_errors=True)
    return folder
