"""Companies that complaints are about. They are invented and called 示例."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from hotline.simulate.targets import OPERATOR


class Company(NamedTuple):
    """``weight``: how often it is complained about among those of its category; ``carries``: it has passengers."""

    category: str
    vehicles: int
    weight: int
    carries: bool = True


COMPANIES = {
    "示例甲出租汽车有限公司": Company("巡游出租汽车", 320, 11),
    "示例乙出租汽车有限公司": Company("巡游出租汽车", 210, 5),
    "示例丙出租汽车有限公司": Company("巡游出租汽车", 90, 4),
    "示例丁出租汽车有限公司": Company("巡游出租汽车", 140, 2),
    "示例公交集团": Company("公共汽电车", 640, 9),
    "示例城际公交有限公司": Company("公共汽电车", 85, 2),
    "示例物流有限公司": Company("道路货物运输", 75, 5, False),
    "示例货运有限公司": Company("道路货物运输", 120, 2, False),
    "示例甲驾驶员培训学校": Company("机动车驾驶员培训", 60, 2, False),
    "示例乙驾驶员培训学校": Company("机动车驾驶员培训", 35, 6, False),
    "示例丙驾驶员培训学校": Company("机动车驾驶员培训", 25, 1, False),
}
SHARED_COMPANIES = {
    "示例出行网约车平台": Company("网络预约出租汽车", 900, 7),
    "示例快车网约车平台": Company("网络预约出租汽车", 400, 5),
}
"""Work in every city under one credit code."""
OPERATOR_COMPANIES = {"示例高速服务区经营有限公司": Company("高速公路服务区", 0, 1, False)}
TRADES = ["", *dict.fromkeys(c.category for c in (COMPANIES | SHARED_COMPANIES | OPERATOR_COMPANIES).values())]
"""Categories with companies; code 0 is none."""
TRADE = {category: code for code, category in enumerate(TRADES)}
NAMED = 0.9
"""Share of the complaints of such a category that name a company."""


def companies_of(platform: str, city: str) -> dict[str, Company]:
    """Companies of a platform by the name in its register: a city's own bear the city's name."""
    if platform == OPERATOR:
        return OPERATOR_COMPANIES
    return {f"{city}市{name}": company for name, company in COMPANIES.items()} | SHARED_COMPANIES


class Companies:
    """All companies as one list, with the choices of each platform and trade; code 0 is none."""

    def __init__(self, platforms: dict[str, str]) -> None:
        """``platforms``: code -> Chinese name, in the order of their indices."""
        index: dict[str, int] = {"": 0}
        self._start = np.zeros((len(platforms), len(TRADES)), dtype=np.int64)
        self._length = np.ones_like(self._start)
        choices = [0]
        for p, (code, city) in enumerate(platforms.items()):
            for trade in range(1, len(TRADES)):
                mine = [
                    index.setdefault(name, len(index))
                    for name, company in companies_of(code, city).items()
                    if company.category == TRADES[trade]
                    for _ in range(company.weight)
                ]
                if mine:
                    self._start[p, trade], self._length[p, trade] = len(choices), len(mine)
                    choices += mine
        self._choices = np.array(choices)
        self.names = list(index)
        self.code = index

    def draw(self, platform: np.ndarray, trade: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A company for each complaint, 0 where the trade has none in that place."""
        length = self._length[platform, trade]
        return self._choices[self._start[platform, trade] + (rng.random(platform.size) * length).astype(np.int64)]
