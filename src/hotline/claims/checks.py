"""The relations that a printed figure can be held to, by the code that ``claim_relations.csv`` offers to the clerk.

Every function gets the figure and the figures that its relation names, and says what these give, in exact arithmetic.
"""

from __future__ import annotations

from hotline.claims import bases, places, quotients, whole_numbers
from hotline.claims.findings import Check

CHECKS: dict[str, Check] = {
    "sum": quotients.sum_,
    "same": quotients.same,
    "share": quotients.share,
    "growth": quotients.growth,
    "point_change": quotients.point_change,
    "weighted_mean": quotients.weighted_mean,
    "rank": places.rank,
    "rank_ascending": places.rank_ascending,
    "count": places.count,
    "at_least": places.at_least,
    "at_most": places.at_most,
    "descending": places.descending,
    "ascending": places.ascending,
    "grim": whole_numbers.grim,
    "growth_grim": whole_numbers.growth_grim,
    "implied_growth": bases.implied_growth,
    "implied_rate": bases.implied_rate,
    "common_base": bases.common_base,
    "base_of": bases.base_of,
}
NEEDS_OPERANDS = set(CHECKS) - {"grim", "growth_grim"}
NEEDS_BASE = {
    "growth",
    "rank",
    "rank_ascending",
    "growth_grim",
    "implied_growth",
    "implied_rate",
    "common_base",
    "base_of",
}
