"""How many tickets a month has in every cell: platform x business type x category x sub-category.

September 2024 meets all published counts and keeps all published ranks; the base months meet their totals
(``targets``) and take their inner structure from September, slightly varied. Rates of the bulletin that no
allocation can meet are listed in ``targets``.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import pandas as pd

from hotline.simulate.catalog import CATEGORIES, DOMAIN_GROUPS, DOMAIN_OF, OTHER_CATEGORY
from hotline.simulate.fit import fit_table, largest_remainder
from hotline.simulate.reference import BULLETIN_MONTH, Bulletin
from hotline.simulate.targets import OPERATOR, MonthTotals, solve_base_month

TYPES = ("complaint", "consultation", "suggestion", "other")
KEYS = ["platform_code", "business_type", "domain", "category", "subcategory"]
PUBLISHED_TYPES = ("complaint", "consultation", "suggestion")
_BY_NAME = {c.name: c for c in CATEGORIES}
CATEGORY_ALIASES = {alias: c.name for c in CATEGORIES for alias in c.aliases}


def _noise(*key: object, spread: float = 0.25, size: int | None = None) -> np.ndarray | float:
    """Lognormal factor that depends on ``key`` alone, so that tables do not look drawn with a ruler."""
    generator = np.random.default_rng(zlib.crc32("|".join(map(str, key)).encode()))
    return np.exp(generator.normal(0, spread, size))


@dataclass(frozen=True)
class Allocation:
    """Cells of the three base months and the totals behind them."""

    bulletin: Bulletin
    seed: int

    @classmethod
    def from_reference(cls, reference: Path, seed: int) -> Allocation:
        return cls(Bulletin(reference), seed)

    # ---- months ------------------------------------------------------------------------------------
    def cells(self, year: int, month: int, scale: float = 1.0) -> pd.DataFrame:
        """Cells of a month: the columns ``KEYS`` and ``tickets`` (> 0), in a fixed order.

        A month that is no base month has the counts of the nearest one. ``scale`` multiplies all counts; they are
        rounded by largest remainder, so that the total is the scaled total.
        """
        frame = self.base_months[self.nearest_base(year, month)]
        if scale == 1:
            return frame
        tickets = frame["tickets"].to_numpy()
        scaled = largest_remainder(tickets, round(int(tickets.sum()) * scale))
        return frame.assign(tickets=scaled)[scaled > 0].reset_index(drop=True)

    @staticmethod
    def nearest_base(year: int, month: int) -> tuple[int, int]:
        return min(((2024, 9), (2024, 8), (2023, 9)), key=lambda b: abs((year - b[0]) * 12 + month - b[1]))

    @cached_property
    def base_months(self) -> dict[tuple[int, int], pd.DataFrame]:
        september = self._bulletin_month()
        return {
            BULLETIN_MONTH: september,
            (2024, 8): self._base_month(september, solve_base_month(self.bulletin, "mom_pct"), "2024-08"),
            (2023, 9): self._base_month(september, solve_base_month(self.bulletin, "yoy_pct"), "2023-09"),
        }

    # ---- September 2024 ----------------------------------------------------------------------------
    @cached_property
    def platforms(self) -> list[str]:
        """Codes in the order of annex 3: the expressway operator comes first."""
        return [row["platform_code"] for row in self.bulletin.volume]

    def _published_categories(self, business_type: str) -> dict[str, int]:
        return {
            row["category_name"]: int(row["tickets"])
            for row in self.bulletin.top_categories
            if row["business_type"] == business_type
        }

    @cached_property
    def platform_names(self) -> dict[str, str]:
        return {row["platform_code"]: row["platform_name"] for row in self.bulletin.volume}

    def _bulletin_month(self) -> pd.DataFrame:
        by_category = self._category_totals()
        parts = []
        for business_type in PUBLISHED_TYPES:
            table = self._platform_table(business_type, by_category[business_type])
            for column, category in enumerate(by_category[business_type]):
                parts.append(self._subcategory_table(business_type, category, table[:, column]))
        frame = pd.concat(parts, ignore_index=True)
        return frame[frame["tickets"] > 0].reset_index(drop=True)

    def _category_totals(self) -> dict[str, dict[str, int]]:
        """Tickets of every category by business type: published, or filling type and domain up to their totals."""
        type_total = {t: sum(int(r[t]) for r in self.bulletin.volume) for t in PUBLISHED_TYPES}
        operator = next(r for r in self.bulletin.volume if r["platform_code"] == OPERATOR)
        group_total = {"expressway": int(operator["total"])}
        for row in self.bulletin.by_domain:
            if row["domain_name"] in ("城市客运", "道路运输"):
                code = "urban_passenger" if row["domain_name"] == "城市客运" else "road_transport"
                group_total[code] = int(row["tickets"])
        group_total["other_modes"] = sum(type_total.values()) - sum(group_total.values())

        published = {t: self._published_categories(t) for t in PUBLISHED_TYPES}
        groups = ("urban_passenger", "road_transport", "other_modes")
        taken = np.array(
            [
                [sum(n for c, n in published[t].items() if DOMAIN_GROUPS[DOMAIN_OF[c]] == g) for g in groups]
                for t in PUBLISHED_TYPES
            ]
        )
        weight = np.array(
            [[sum(self._open_weights(t, g, published[t]).values()) for g in groups] for t in PUBLISHED_TYPES]
        )
        rows = np.array([type_total[t] - int(operator[t]) for t in PUBLISHED_TYPES]) - taken.sum(axis=1)
        columns = np.array([group_total[g] for g in groups]) - taken.sum(axis=0)
        left = fit_table(weight, rows, columns)

        totals: dict[str, dict[str, int]] = {}
        for i, business_type in enumerate(PUBLISHED_TYPES):
            known = published[business_type]
            cap = min(known.values()) - 1 if known else None
            totals[business_type] = dict(known)
            expressway = int(operator[business_type]) - sum(n for c, n in known.items() if DOMAIN_OF[c] == "expressway")
            for group, amount in (("expressway", expressway), *zip(groups, left[i], strict=True)):
                weights = self._open_weights(business_type, group, known)
                shares = largest_remainder(np.array(list(weights.values())), int(amount), cap)
                totals[business_type] |= dict(zip(weights, shares.tolist(), strict=True))
        return totals

    def _open_weights(self, business_type: str, group: str, published: dict[str, int]) -> dict[str, float]:
        """Weights of the categories of a domain group whose count was not published."""
        return {
            c.name: c.weights[business_type] * _noise(self.seed, business_type, c.name, spread=0.1)
            for c in CATEGORIES
            if DOMAIN_GROUPS[c.domain] == group and c.name not in published and c.weights[business_type] > 0
        }

    def _platform_table(self, business_type: str, by_category: dict[str, int]) -> np.ndarray:
        """Platform x category. Ranks hold: a platform that was not published stays below the last that was."""
        shape = (len(self.platforms), len(by_category))
        rows = np.array([int(r[business_type]) for r in self.bulletin.volume])
        fixed, cap = np.full(shape, np.nan), np.full(shape, np.inf)
        names = [r["platform_name"] for r in self.bulletin.volume]
        for j, category in enumerate(by_category):
            expressway = DOMAIN_OF[category] == "expressway"
            for i, platform in enumerate(self.platforms):
                if (platform == OPERATOR) != expressway:
                    fixed[i, j] = 0
            listed = [
                r
                for r in self.bulletin.top_platforms
                if r["business_type"] == business_type
                and CATEGORY_ALIASES.get(r["category_name"], r["category_name"]) == category
            ]
            for row in listed:
                fixed[names.index(row["platform_name"]), j] = int(row["tickets"])
            if listed:
                cap[:, j] = min(int(r["tickets"]) for r in listed) - 1
        columns = np.array(list(by_category.values()))
        prior = np.outer(rows, columns) * _noise(self.seed, "platform", business_type, size=shape)
        return fit_table(prior + 1e-6, rows, columns, fixed=fixed, cap=cap)

    def _subcategory_table(self, business_type: str, category: str, by_platform: np.ndarray) -> pd.DataFrame:
        """Cells of one category; a sub-category that was not published stays below the last that was."""
        published = {
            r["subcategory_name"]: int(r["tickets"])
            for r in self.bulletin.top_subcategories
            if r["business_type"] == business_type
            and CATEGORY_ALIASES.get(r["category_name"], r["category_name"]) == category
        }
        others = [s for s in _BY_NAME[category].subcategories if s not in published]
        total = int(by_platform.sum())
        weights = 1 / np.arange(1.5, len(others) + 1.5)
        cap = min(published.values()) - 1 if published else None
        rest = largest_remainder(weights, total - sum(published.values()), cap)
        totals = published | dict(zip(others, rest.tolist(), strict=True))
        columns = np.array(list(totals.values()))
        prior = np.outer(by_platform, columns) * _noise(
            self.seed, business_type, category, size=(by_platform.size, columns.size)
        )
        table = fit_table(prior, by_platform, columns)
        i, j = np.nonzero(np.ones_like(table, dtype=bool))
        return pd.DataFrame(
            {
                "platform_code": np.array(self.platforms, dtype=object)[i],
                "business_type": business_type,
                "domain": DOMAIN_OF[category],
                "category": category,
                "subcategory": np.array(list(totals), dtype=object)[j],
                "tickets": table.ravel(),
            }
        )

    # ---- base months -------------------------------------------------------------------------------
    def _base_month(self, september: pd.DataFrame, totals: MonthTotals, label: str) -> pd.DataFrame:
        """September's structure on another month's totals: type x domain group, then platforms, then categories."""
        model = pd.concat([september, self._untyped(september, totals.types["other"])], ignore_index=True)
        model["tickets"] = model["tickets"] * _noise(self.seed, label, spread=0.15, size=len(model))
        model["domain_group"] = model["domain"].map(DOMAIN_GROUPS)
        types, groups = list(TYPES), list(totals.groups)
        by_type_group = model.pivot_table(
            index="business_type", columns="domain_group", values="tickets", aggfunc="sum", observed=True
        ).reindex(index=types, columns=groups, fill_value=0.0)
        type_group = fit_table(
            by_type_group.fillna(0.0).to_numpy(),
            np.array([totals.types[t] for t in types]),
            np.array([totals.groups[g] for g in groups]),
        )

        by_platform = totals.platforms or self._platform_totals(label, totals)
        pairs = [(t, g) for t in types for g in groups]
        by_pair = (
            model.assign(pair=list(zip(model["business_type"], model["domain_group"], strict=True)))
            .pivot_table(index="platform_code", columns="pair", values="tickets", aggfunc="sum")
            .reindex(index=list(by_platform), columns=pd.Index(pairs, tupleize_cols=False))
            .fillna(0.0)
        )
        table = fit_table(by_pair.to_numpy(), np.array(list(by_platform.values())), type_group.ravel())
        wanted = {
            (platform, *pair): int(table[i, j])
            for i, platform in enumerate(by_platform)
            for j, pair in enumerate(pairs)
            if table[i, j]
        }
        parts = []
        for key, part in model.groupby(["platform_code", "business_type", "domain_group"], sort=False):
            if key in wanted:
                shares = largest_remainder(part["tickets"].to_numpy(), wanted.pop(key))
                parts.append(part[KEYS].assign(tickets=shares))
        if wanted:
            raise ValueError(f"no category to file these tickets under: {wanted}")
        frame = pd.concat(parts, ignore_index=True)
        return frame[frame["tickets"] > 0].reset_index(drop=True)

    def _untyped(self, september: pd.DataFrame, amount: int) -> pd.DataFrame:
        """Pattern of tickets without a type: every platform has some, more of them in the cities."""
        volume = september.groupby("platform_code", sort=False)["tickets"].sum()
        rows = [
            (platform, "other", DOMAIN_OF[category], category, "类型未填", amount * float(tickets**0.5) / 1000)
            for platform, tickets in volume.items()
            for group, category in OTHER_CATEGORY.items()
            if (platform == OPERATOR) == (group == "expressway")
        ]
        return pd.DataFrame(rows, columns=[*KEYS, "tickets"])

    def _platform_totals(self, label: str, totals: MonthTotals) -> dict[str, int]:
        """Cities of a month for which no growth by platform was published: September's shares, varied."""
        cities = {r["platform_code"]: int(r["total"]) for r in self.bulletin.volume}
        expressway = totals.groups["expressway"]
        del cities[OPERATOR]
        weights = np.array(list(cities.values())) * _noise(self.seed, label, "cities", spread=0.06, size=len(cities))
        shares = largest_remainder(weights, totals.total - expressway)
        return {OPERATOR: expressway} | dict(zip(cities, shares.tolist(), strict=True))
