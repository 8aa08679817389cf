"""The content of a file as text: decompressed, decoded, and what is no text called by what it is."""

from __future__ import annotations

from sim.scenario.faults import Complaint, InvalidValueError, Place
from sim.scenario.input_files import MAX_TABLE_BYTES, file_signature, unpack_gzip

REMEDIES = {
    "a zip archive (or a workbook)": "write format: xlsx for a workbook, else unpack it",
    "a Parquet file": "write format: parquet",
}
"""What to do with a file that is of some kind, by the words for it."""
FIRST_BYTES = 512
"""How many bytes are looked at for the kind of a file that has no signature."""


def file_complaint(message: str, remedy: str, place: Place | None = None) -> InvalidValueError:
    """The error of a file that cannot be read, at the key that names it."""
    return InvalidValueError(Complaint(message, remedy, None, ("file",), place))


def kind_of_file(data: bytes) -> tuple[str, str] | None:
    """What data are that are no text in UTF-8 or ASCII, and what to do; None where no sign says so."""
    words = file_signature(data)
    first = data[:FIRST_BYTES]
    # Letters and digits in UTF-16 have a zero byte beside each: all at even places, or all at odd ones.
    zeros = [first[0::2].count(0), first[1::2].count(0)]
    if words is None and len(first) >= 4 and max(zeros) > 0.4 * len(first) / 2 and min(zeros) == 0:
        words = "UTF-16"
    if words is not None:
        remedy = "decompress it" if words.startswith("compressed") else "save it as text in UTF-8"
        return f"is {words}", REMEDIES.get(words, remedy)
    return ("is no text", "name a text file") if b"\0" in first else None


def decode_text(data: bytes, path: str, errors: str = "strict", max_bytes: int | None = None) -> str:
    """The text of a file in UTF-8, compressed by gzip or not, without a byte order mark.

    `errors` says what becomes of bytes that are not UTF-8, as in `bytes.decode`; with "strict" they are an error.
    `max_bytes` are the most that is read, unpacked; as of a trace where it is None.
    Raises InvalidValueError for data of another kind or encoding, and for lines that end with carriage returns
    alone; OSError, EOFError or zlib.error where it cannot be unpacked, or holds more than is read.
    """
    data = unpack_gzip(data, MAX_TABLE_BYTES if max_bytes is None else max_bytes)
    if kind := kind_of_file(data):
        raise file_complaint(*kind)
    if b"\r" in data and b"\n" not in data:
        raise file_complaint(
            "ends its lines with carriage returns alone, as old Macs did", "save it with line feeds (LF)"
        )
    try:
        return data.decode("utf-8-sig", errors)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise file_complaint("is not UTF-8", "save the file in UTF-8", Place(path, line)) from None
