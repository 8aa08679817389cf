"""The kinds of right, each with what it means: one row is all that the program knows of a kind."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args


@dataclass(frozen=True)
class RightKind:
    """What a kind of right means for its holder: it alone may serve, or it answers before anyone else is asked.

    Raises ValueError for a kind that means neither, or both: the market would not know how to play it.
    """

    name: str
    is_exclusive: bool
    """Whether nobody but the holder may serve, for as long as the right lasts."""
    answers_first: bool
    """Whether the holder takes what it likes after its window, and the rest goes to others."""
    noun: str
    """What such a right is called in a sentence, with its article."""

    def __post_init__(self) -> None:
        if self.is_exclusive == self.answers_first:
            raise ValueError(
                f"right kind {self.name!r}: the holder is exclusive, or answers first, and not both"
            )


RightKindName = Literal["exclusive", "first refusal"]
RIGHT_KINDS: Mapping[str, RightKind] = {
    kind.name: kind
    for kind in (
        RightKind("exclusive", is_exclusive=True, answers_first=False, noun="an exclusive right"),
        RightKind("first refusal", is_exclusive=False, answers_first=True, noun="a right of first refusal"),
    )
}
"""By the word of the format. Look a kind up with `RIGHT_KINDS[name]`, so that an unknown one is a KeyError."""
assert get_args(RightKindName) == tuple(RIGHT_KINDS), "name each kind in RightKindName too"
