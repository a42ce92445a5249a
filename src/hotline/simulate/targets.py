"""Totals of August 2024 and September 2023, solved from the growth rates that were published.

A printed rate fixes its base only to within an interval of integers. All totals of a base month are chosen together
so that the grand total, every business type and every domain group round to their printed rate exactly.

What the bulletin contradicts in itself cannot be met:

* The three types' year-on-year rates imply a smaller September 2023 than the grand total's rate: about 470 tickets
  have no type. They are business type ``other``.
* Annex 3 gives the expressway operator +7.04 %, the domain table gives +31.51 % for the same 219 751 tickets: it
  follows the domain table.
* The 14 cities' rates of annex 3 then add up to some 50 tickets fewer than the grand total leaves for them: as few
  cities as possible (one) miss their rate, by the smallest relative change.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from hotline.errors import HotlineError
from hotline.simulate.reference import Bulletin, rate_pct

TYPE_CODES = {"投诉举报": "complaint", "信息咨询": "consultation", "意见建议": "suggestion"}
GROUP_CODES = {
    "高速公路": "expressway",
    "城市客运": "urban_passenger",
    "道路运输": "road_transport",
    "普通公路、水路、民航、铁路、邮政等": "other_modes",
}
OPERATOR = "LNJT"


@dataclass(frozen=True)
class MonthTotals:
    """Totals of one month. ``unmet`` names the platforms whose published rate the totals cannot give."""

    types: dict[str, int]
    groups: dict[str, int]
    platforms: dict[str, int] | None
    unmet: tuple[str, ...] = field(default=())

    @property
    def total(self) -> int:
        return sum(self.groups.values())


def base_window(now: int, rate: str) -> range:
    """All integers whose growth to ``now`` prints as ``rate`` (percent, two decimals)."""
    stated = Decimal(rate)
    centre = round(Decimal(now) / (1 + stated / 100))
    low = high = centre
    reach = centre // 100 + 3  # a hundredth of a percent of growth moves the base by less than this
    while low > centre - reach and rate_pct(now, low - 1) == stated:
        low -= 1
    while high < centre + reach and rate_pct(now, high + 1) == stated:
        high += 1
    if rate_pct(now, centre) != stated:
        raise HotlineError(f"no base of {now} gives a growth of {rate} %", "check the reference tables")
    return range(low, high + 1)


def solve_base_month(bulletin: Bulletin, rate: str) -> MonthTotals:
    """Totals of the base month of ``rate``: ``yoy_pct`` (September 2023) or ``mom_pct`` (August 2024).

    A small integer programme: each total lies in the window of its rate, sums hold, then as few platforms as possible
    leave their window, then all stay near the middle of it.
    """
    types = {TYPE_CODES[r["business_type_name"]]: r for r in bulletin.by_type if r["business_type_name"] != "总计"}
    groups = {GROUP_CODES[r["domain_name"]]: r for r in bulletin.by_domain if r["domain_name"] != "总计"}
    total = next(r for r in bulletin.by_domain if r["domain_name"] == "总计")
    cities = {}
    if rate in bulletin.volume[0]:
        cities = {r["platform_code"]: (int(r["total"]), r[rate]) for r in bulletin.volume}
        cities.pop(OPERATOR)

    names = ["total", *types, *groups, *cities]
    windows = [base_window(int(total["tickets"]), total[rate])]
    windows += [base_window(int(r["tickets"]), r[rate]) for r in (*types.values(), *groups.values())]
    windows += [base_window(now, stated) for now, stated in cities.values()]
    chosen, unmet = _solve(names, windows, list(types), list(groups), list(cities), rate == "yoy_pct")

    by_type = {code: chosen[code] for code in types}
    by_type["other"] = chosen["total"] - sum(by_type.values())
    return MonthTotals(
        types=by_type,
        groups={code: chosen[code] for code in groups},
        platforms={OPERATOR: chosen["expressway"], **{c: chosen[c] for c in cities}} if cities else None,
        unmet=(OPERATOR, *unmet) if cities else (),
    )


def _solve(names, windows, types, groups, cities, untyped_allowed):
    """Variables: one integer a total, then per total the distance from its middle, then per city "misses"."""
    n, m = len(names), len(cities)
    at = {name: i for i, name in enumerate(names)}
    distance, misses = n, 2 * n
    size = 2 * n + m
    rows, low, high = [], [], []

    def constrain(terms: dict[int, float], lower: float, upper: float) -> None:
        row = np.zeros(size)
        for index, factor in terms.items():
            row[index] = factor
        rows.append(row)
        low.append(lower)
        high.append(upper)

    constrain({at["total"]: 1} | {at[g]: -1 for g in groups}, 0, 0)
    constrain({at["total"]: 1} | {at[t]: -1 for t in types}, 0, np.inf if untyped_allowed else 0)
    if cities:
        constrain({at["total"]: 1, at["expressway"]: -1} | {at[c]: -1 for c in cities}, 0, 0)
    cost = np.zeros(size)
    lower, upper = np.zeros(size), np.full(size, np.inf)
    for i, window in enumerate(windows):
        middle = (window[0] + window[-1]) / 2
        constrain({i: 1, distance + i: -1}, -np.inf, middle)
        constrain({i: -1, distance + i: -1}, -np.inf, -middle)
        cost[distance + i] = 1 / middle
        lower[i], upper[i] = window[0], window[-1]
    for k, city in enumerate(cities):
        i, slack = at[city], windows[at[city]][-1]
        lower[i], upper[i] = 0, 2 * slack
        constrain({i: 1, misses + k: -slack}, -np.inf, windows[i][-1])
        constrain({i: 1, misses + k: slack}, windows[i][0], np.inf)
        cost[misses + k], upper[misses + k] = 10, 1
    solved = milp(
        cost,
        constraints=LinearConstraint(np.array(rows), low, high),
        bounds=Bounds(lower, upper),
        integrality=np.r_[np.ones(n), np.zeros(n), np.ones(m)],
    )
    if not solved.success:
        raise HotlineError("the published growth rates cannot be met together", "check the reference tables")
    values = np.rint(solved.x).astype(int)
    unmet = tuple(city for k, city in enumerate(cities) if values[misses + k])
    return {name: int(values[i]) for name, i in at.items()}, unmet
