"""The ways in which a provider ranks its own sites: one row is all that the program knows of a way."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args


@dataclass(frozen=True)
class SitePolicy:
    """A way to rank the sites of a provider; the rules of the market go by the same names."""

    name: str
    phrase: str
    """How it is told, in brackets after the sites."""


SitePolicyName = Literal["soonest", "in order"]
SITE_POLICIES: Mapping[str, SitePolicy] = {
    policy.name: policy
    for policy in (
        SitePolicy("soonest", phrase="first where it could promise soonest"),
        SitePolicy("in order", phrase="in their order"),
    )
}
"""By the word of the format. Look a policy up with `SITE_POLICIES[name]`, so that an unknown one is a KeyError."""
assert get_args(SitePolicyName) == tuple(SITE_POLICIES), "name each policy in SitePolicyName too"
