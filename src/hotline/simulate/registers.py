"""Registers of the platforms: their handling units as a tree, and the companies that complaints are about.

Both are sent when something changes: at first whole, later the versions that have come since. The units are those that
the simulated tickets name. Companies are invented and called 示例; their credit codes have the division 219900, which
does not exist.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import numpy as np

from hotline.simulate.targets import OPERATOR
from hotline.simulate.units import Units

FOUNDED, CHANGED = date(2023, 1, 1), date(2024, 7, 1)
"""From when the first versions hold, and from when the second ones."""

BUREAU, PASSENGER, ROAD = "交通运输局", "客运管理服务中心", "道路运输服务中心"
INDEPENDENT = "邮政管理局"
"""Stands under no unit of the city."""
DISTRICTS = ("示例东区", "示例西区")
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

COMPANIES = {
    "示例甲出租汽车有限公司": ("巡游出租汽车", 320),
    "示例乙出租汽车有限公司": ("巡游出租汽车", 210),
    "示例丙出租汽车有限公司": ("巡游出租汽车", 90),
    "示例公交集团": ("公共汽电车", 640),
    "示例物流有限公司": ("道路货物运输", 75),
}
SHARED_COMPANIES = {
    "示例出行网约车平台": ("网络预约出租汽车", 900),
    "示例快车网约车平台": ("网络预约出租汽车", 400),
}
"""Work in every city under one credit code."""
OPERATOR_COMPANIES = {"示例高速服务区经营有限公司": ("高速公路服务区", 0)}

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
    own = [name for name, owner in zip(units.names, units.platform, strict=True) if owner == platform]
    districts = [] if platform == OPERATOR else [f"{prefix}{district}{BUREAU}" for district in DISTRICTS]
    names = list(dict.fromkeys([root, *own, *districts]))
    codes = {name: f"{platform}-{number:03d}" for number, name in enumerate(names, 1)}
    for name in names:
        district = name in districts
        company = platform == OPERATOR or ("示例" in name and not district)
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
            "district": name.removeprefix(prefix).removesuffix(BUREAU) if district else "",
        }
        yield row
        if name == prefix + MOVED and platform != OPERATOR:
            yield row | {"valid_from": CHANGED.isoformat(), "parent_unit_code": codes[prefix + ROAD]}


def enterprises(platform: str, city: str, index: int, seed: int) -> Iterator[dict[str, str]]:
    """All versions of a platform's companies; ``index`` tells the platforms apart. Sizes change once."""
    rng = np.random.default_rng([seed, index, 32100])
    own = OPERATOR_COMPANIES if platform == OPERATOR else COMPANIES
    listed = [(f"{'' if platform == OPERATOR else f'{city}市'}{name}", 100 * (index + 1) + k, *facts)
              for k, (name, facts) in enumerate(own.items())]  # fmt: skip
    if platform != OPERATOR:
        listed += [(name, k, *facts) for k, (name, facts) in enumerate(SHARED_COMPANIES.items(), 1)]
    for name, number, category, size in listed:
        vehicles = round(size * rng.uniform(0.5, 1.5))
        for valid_from, count in ((FOUNDED, vehicles), (CHANGED, round(vehicles * rng.uniform(0.95, 1.1)))):
            yield {
                "platform_code": platform,
                "enterprise_code": credit_code(number),
                "valid_from": valid_from.isoformat(),
                "enterprise_name": name,
                "category": category,
                "vehicles": str(count) if size else "",
                "trips_10k": str(count * 3) if size else "",
            }


def news(rows: list[dict[str, str]], after: date | None, until: date) -> list[dict[str, str]]:
    """The versions that came into force after a day (None: since ever) and until another."""
    return [row for row in rows if (after is None or row["valid_from"] > after.isoformat())
            and row["valid_from"] <= until.isoformat()]  # fmt: skip
