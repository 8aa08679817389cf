"""The files of the chunks of a sweep, each named by the chunks in it and a checksum, so that it vouches for itself.

The checksum is of the sweep's identity and of the file. So a file that is broken, or of another sweep, is known
before it is used; and there is no list of files that could be older or newer than they are.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

CHUNK_FILE_PATTERN = re.compile(r"(\d{7,})-(\d{7,})\.([0-9a-f]{16})\.parquet")
"""The first and the last chunk of a file, and its checksum."""


@dataclass(frozen=True)
class ChunkFile:
    """A file of chunks, by its name."""

    path: Path
    chunks: range
    checksum: str

    def is_intact(self, identity_hash: str) -> bool:
        """Whether the file is what was written, for a sweep of this identity."""
        try:
            state = self.path.stat()
            return self.checksum == _file_checksum(self.path, state.st_size, state.st_mtime_ns, identity_hash)
        except OSError:
            return False


def hash_identity(identity: Mapping[str, Any]) -> str:
    """Return the hash of the identity of a sweep."""
    return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()


def chunk_file_name(chunks: range, identity_hash: str, content: bytes | memoryview) -> str:
    """Return the name of the file of some chunks with this content."""
    digest = _new_digest(identity_hash)
    digest.update(content)
    return f"{chunks.start:07d}-{chunks.stop - 1:07d}.{digest.hexdigest()[:16]}.parquet"


def _new_digest(identity_hash: str) -> "hashlib._Hash":
    return hashlib.sha256(identity_hash.encode())


@lru_cache(maxsize=10_000)
def _file_checksum(path: Path, size: int, changed_ns: int, identity_hash: str) -> str:
    """Return the checksum of a file; it is read again once its size or its time of change is another."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: _new_digest(identity_hash)).hexdigest()[:16]


def all_chunk_files(folder: Path) -> list[ChunkFile]:
    """List the files in a folder that have the name of a file of chunks, in the order of their names."""
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    return [
        ChunkFile(folder / name, range(int(match[1]), int(match[2]) + 1), match[3])
        for name in names
        if (match := CHUNK_FILE_PATTERN.fullmatch(name))
    ]


def current_chunk_files(folder: Path) -> list[ChunkFile]:
    """List the files of chunks in their order, without those whose chunks are in a compacted file too."""
    files = all_chunk_files(folder)
    compacted = {number for each in files if len(each.chunks) > 1 for number in each.chunks}
    chosen = {
        each.chunks: each for each in files if len(each.chunks) > 1 or each.chunks.start not in compacted
    }
    return sorted(chosen.values(), key=lambda each: each.chunks.start)
