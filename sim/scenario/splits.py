"""The ways in which a request may be split: one row is all that the program knows of a way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args


@dataclass(frozen=True)
class Split:
    """Into which parts a request may be cut, and how that is told; the rules of the market go by the same names."""

    name: str
    within_site: bool
    """Whether the part of each provider stands at one site, so that no room may be put together from several."""
    phrase: str
    """What it adds to the sentence that tells of a request."""


SplitName = Literal["anywhere", "one site", "never"]
SPLITS: Mapping[str, Split] = {
    split.name: split
    for split in (
        Split("anywhere", within_site=False, phrase=""),
        Split("one site", within_site=True, phrase=", each part in one site"),
        Split("never", within_site=True, phrase=", whole or not at all"),
    )
}
"""By the word of the format. Look a split up with `SPLITS[name]`, so that an unknown one is a KeyError."""
assert get_args(SplitName) == tuple(SPLITS)
