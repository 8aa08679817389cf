"""The fingerprint of the sources: which code a number was made by, in a word that goes wherever the number goes.

The version of the package does not tell two working copies apart, nor a copy before and after an edit. So every
stored result states this hash of the sources, and work that is sent to another process states it too.
"""

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

NUMERICAL_ROOMS = ("scenario", "model", "results", "study")
"""The folders of the package whose code decides a number; what shows, explains or prints one is left out."""


def hash_sources(paths: Iterable[Path]) -> "hashlib._Hash":
    """Return the running SHA-256 of some sources, whatever the line ends of the system that they were unpacked on."""
    digest = hashlib.sha256()
    for path in paths:
        digest.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest


@cache
def code_fingerprint() -> str:
    """Return the fingerprint of the code that decides numbers, as it was when first asked for: 16 hex digits."""
    package = Path(__file__).parents[1]
    paths = [path for room in NUMERICAL_ROOMS for path in sorted((package / room).rglob("*.py"))]
    names = "\0".join(path.relative_to(package).as_posix() for path in paths)
    digest = hash_sources(paths)
    digest.update(names.encode())
    return digest.hexdigest()[:16]
