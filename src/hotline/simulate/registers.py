"""Registers of the platforms: their handling units as a tree, and the companies that complaints are about.

Both are sent when something changes: at first whole, later the versions that have come since. The units are those that
the simulated tickets name. Companies are invented and called 示例; their credit codes have the division 219900, which
does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np

from hotline.simulate.companies import SHARED_COMPANIES, companies_of
from hotline.simulate.targets import OPERATOR
from hotline.simulate.units import BUREAU, Units

FOUNDED, CHANGED = date(2023, 1, 1), date(2024, 7, 1)
"""From when the first versions hold, and from when the second ones."""

PASSENGER, ROAD = "客运管理服务中心", "道路运输服务中心"
INDEPENDENT = "邮政管理局"
"""Stands under no unit of the city."""
SUPERIORS = {
    "公交第": "示例公交集团",
    "公交": PASSENGER,
    "出租汽车": PASSENGER,
    "网约车": PASSENGER,
    "单车": PASSENGER,
    "客运": ROAD,
    "物流": ROAD,
    "快递": INDEPENDENT,
}
"""What a company's name contains -> the unit that it stands under; the first that fits."""
MOVED = "货运管理大队"
"""Stood under the bureau itself and was moved under the road transport centre."""
OPERATOR_ROOT = "省交投集团"

CREDIT_CODE_CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"


def credit_code(number: int) -> str:
    """A unified social credit code with its check character (GB 32100), of a division that does not exist."""
    body = f"91219900MA{number:07d}"
    total = sum(CREDIT_CODE_CHARACTERS.index(c) * pow(3, i, 31) for i, c in enumerate(body))
    return body + CREDIT_CODE_CHARACTERS[-total % 31]


def handling_units(units: Units, platform: str, city: str) -> Iterator[dict[str, str]]:
    """All versions of a platform's units, superiors first."""
    prefix = "" if platform == OPERATOR else f"{city}市"
    root = OPERATOR_ROOT if platform == OPERATOR else prefix + BUREAU
    own = {name: code for code, (name, owner) in enumerate(zip(units.names, units.platform, strict=True))
           if owner == platform}  # fmt: skip
    names = list(dict.fromkeys([root, *own]))
    codes = {name: f"{platform}-{number:03d}" for number, name in enumerate(names, 1)}
    for name in names:
        district = units.district_of.get(own.get(name, -1), "")
        company = platform == OPERATOR or "示例" in name
        superior = next((prefix + agency for word, agency in SUPERIORS.items() if company and word in name), root)
        if name in (root, prefix + INDEPENDENT):
            superior = ""
        row = {
            "platform_code": platform,
            "unit_code": codes[name],
            "valid_from": FOUNDED.isoformat(),
            "unit_name": name,
            "unit_class": "直派企业" if company else "区交通主管部门" if district else "委机关处室与委属单位",
            "parent_unit_code": codes.get(superior, ""),
            "district": district,
        }
        yield row
        if name == prefix + MOVED and platform != OPERATOR:
            yield row | {"valid_from": CHANGED.isoformat(), "parent_unit_code": codes[prefix + ROAD]}


def enterprises(platform: str, city: str, index: int, seed: int) -> Iterator[dict[str, str]]:
    """All versions of a platform's companies; ``index`` tells the platforms apart. Sizes change once."""
    rng = np.random.default_rng([seed, index, 32100])
    shared = list(SHARED_COMPANIES)
    for place, (name, company) in enumerate(companies_of(platform, city).items()):
        number = shared.index(name) + 1 if name in shared else 100 * (index + 1) + place
        vehicles = round(company.vehicles * rng.uniform(0.5, 1.5))
        for valid_from, count in ((FOUNDED, vehicles), (CHANGED, round(vehicles * rng.uniform(0.95, 1.1)))):
            yield {
                "platform_code": platform,
                "enterprise_code": credit_code(number),
                "valid_from": valid_from.isoformat(),
                "enterprise_name": name,
                "category": company.category,
                "vehicles": str(count) if company.vehicles else "",
                "trips_10k": str(count * 3) if company.carries else "",
            }


def news(rows: list[dict[str, str]], after: date | None, until: date) -> list[dict[str, str]]:
    """The versions that came into force after a day (None: since ever) and until another."""
    return [row for row in rows if (after is None or row["valid_from"] > after.isoformat())
            and row["valid_from"] <= until.isoformat()]  # fmt: skip
