"""Opening of the files that a scenario names: regular files alone, and no more of them than is meant to be read.

A device, a pipe or a socket may give bytes without end, or none at all; a small compressed file may hold more than
the memory does. All errors here are OSErrors whose `strerror` says what is wrong, as those of the system do.
"""

from __future__ import annotations

import errno
import gzip
import io
import os
import stat
import unicodedata
from pathlib import Path

MAX_SCENARIO_BYTES = 8 * 2**20
"""The largest scenario or sweep file that is read."""
MAX_TABLE_BYTES = 2**30
"""The largest trace or table that is read, unpacked."""
CHUNK_BYTES = 2**20

FILE_SIGNATURES = {
    b"\x1f\x8b": "compressed by gzip",
    b"BZh": "compressed by bzip2",
    b"\xfd7zXZ\x00": "compressed by xz",
    b"\x28\xb5\x2f\xfd": "compressed by zstd",
    b"PK\x03\x04": "a zip archive (or a workbook)",
    b"\xd0\xcf\x11\xe0": "an Excel workbook of the old kind (.xls)",
    b"PAR1": "a Parquet file",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
"""What a file is whose data begin so, in words."""


def is_file(path: Path) -> bool:
    """Whether a path names a file that is there; one that cannot be a path (too long, or refused) names none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def locate_file(folder: Path, name: str) -> Path | None:
    """The file of a name, relative to a folder; None where there is none. A `~` in front stands for the home.

    Accents in names of files may be stored composed or decomposed, so both are looked for.
    """
    forms = (unicodedata.normalize(form, os.path.expanduser(name)) for form in ("NFC", "NFD"))
    return next((folder / form for form in forms if is_file(folder / form)), None)


def read_input_file(path: str | Path, max_bytes: int) -> bytes:
    """The data of a regular file. Raises OSError for another kind of file, and for more than `max_bytes`."""
    try:
        status = os.stat(path)
    except ValueError as error:  # as of a name that holds a null character
        raise OSError(errno.EINVAL, str(error)) from None
    if stat.S_ISDIR(status.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is a device, a pipe or a socket, not a file with an end")
    if status.st_size > max_bytes:
        raise too_large_error("it holds", max_bytes)
    with open(path, "rb") as file:
        return file.read(status.st_size)


def unpack_gzip(data: bytes, max_bytes: int) -> bytes:
    """The data that are compressed by gzip; data that are not, as they are.

    Raises OSError for more than `max_bytes` of it and for what is no gzip file, EOFError for one that is cut short,
    and zlib.error for a broken one.
    """
    if not data.startswith(b"\x1f\x8b"):
        return data
    unpacked = io.BytesIO()
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        while chunk := file.read(CHUNK_BYTES):
            if unpacked.tell() + len(chunk) > max_bytes:
                raise too_large_error("unpacked, it holds", max_bytes)
            unpacked.write(chunk)
    return unpacked.getvalue()


def too_large_error(subject: str, max_bytes: int) -> OSError:
    """The error of a file that holds more than is read."""
    return OSError(errno.EFBIG, f"{subject} more than {max_bytes / 2**20:,.0f} MiB, the most that is read")


def file_signature(data: bytes) -> str | None:
    """What data are that begin as those of some well-known kind of file, in words; None where they do not."""
    return next((words for start, words in FILE_SIGNATURES.items() if data.startswith(start)), None)
