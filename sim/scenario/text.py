"""Texts of users, such as names and titles, made safe to print."""

import unicodedata


def printable(text: str) -> str:
    """Return a text in one line, whose control characters (line ends among them) are replaced by U+FFFD.

    So a name or title of a user's can neither steer a terminal nor begin a line of its own.
    """
    if text.isprintable():
        return text
    return "".join(
        " "
        if c in "\t\u2028\u2029"
        else c
        if unicodedata.category(c) not in ("Cc", "Cs")
        else "\N{REPLACEMENT CHARACTER}"
        for c in text
    )
