"""Texts of users, such as names and titles, made safe to print, and to be part of a path."""

import unicodedata


def compose_characters(text: str) -> str:
    """A text in Unicode's composed form (NFC), so that a name is the same however its accents were typed."""
    return text if text.isascii() else unicodedata.normalize("NFC", text)


def printable(text: str) -> str:
    """Return a text in one line, whose control characters (line ends among them) are replaced by U+FFFD.

    So a name or title of a user's can neither steer a terminal nor begin a line of its own.
    """
    if text.isprintable():
        return text
    return "".join(map(_printable_character, text))


def _printable_character(character: str) -> str:
    if character in "\t\u2028\u2029":
        return " "
    return "\N{REPLACEMENT CHARACTER}" if unicodedata.category(character) in ("Cc", "Cs") else character


def safe_file_name(name: str) -> str:
    """Turn a name into part of a path: letters, digits, dots and dashes."""
    return "".join(c if c.isalnum() or c in ".-_" else "-" for c in name).strip(".") or "run"
