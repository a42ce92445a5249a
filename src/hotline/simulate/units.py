"""Handling units and operators of each platform. Companies are invented and called 示例."""

from __future__ import annotations

import numpy as np

from hotline.simulate.companies import Companies
from hotline.simulate.districts import Districts
from hotline.simulate.targets import OPERATOR
from hotline.simulate.texts import FAMILIES

OPERATORS_A_PLATFORM = 400
CENTRE_OPERATORS = 300  # the first of them answer calls, the others handle tickets
BUREAU = "交通运输局"
LOCAL = "区县"
"""Stands for the authority of the district where the matter happened."""

# unit*weight; a weight of 1 is not written
_CITY_UNITS = {
    "condition": "公路事业发展中心*2;区县",
    "etc": "公路事业发展中心",
    "taxi": "交通运输综合行政执法队*4;客运管理服务中心*2;区县*3;示例甲出租汽车有限公司*3;示例乙出租汽车有限公司*2;"
    "示例丙出租汽车有限公司",
    "ride": "交通运输综合行政执法队*2;客运管理服务中心*2;区县;示例出行网约车平台*2;示例快车网约车平台",
    "bus": "示例公交集团*2;示例公交第一分公司;示例公交第二分公司;客运管理服务中心*2",
    "bike": "示例单车运营公司;城市客运科;区县",
    "station": "示例客运集团;示例长途客运站;道路运输服务中心",
    "training": "驾培管理大队*2;道路运输服务中心;区县",
    "freight": "道路运输服务中心;示例物流有限公司;货运管理大队;区县",
    "repair": "维修管理大队;道路运输服务中心;区县",
    "postal": "邮政管理局;示例快递网点",
    "service_area": "公路事业发展中心",
    "general": "公路事业发展中心;交通运输局;农村公路管理处;航务管理处;区县*2",
}
_OPERATOR_UNITS = {
    "condition": "省交投路网监控中心;省交投沈阳分公司;省交投锦州分公司;省交投大连分公司",
    "etc": "省交投联网收费中心;省交投ETC客服中心",
    "freight": "省交投收费稽查部;省交投联网收费中心",
    "service_area": "省交投服务区公司;省交投沈阳分公司;省交投丹东分公司",
    "general": "省交投运营管理部;省交投养护公司;省交投铁岭分公司",
}
_BRANCHES = {"示例公交第一分公司": "示例公交集团", "示例公交第二分公司": "示例公交集团"}


class Units:
    """All units as one list, with the choices of each platform and family as codes into it."""

    def __init__(self, platforms: dict[str, str]) -> None:
        """``platforms``: code -> Chinese name, in the order of their indices."""
        self.districts = Districts(list(platforms))
        self.companies = Companies(platforms)
        self.names: list[str] = []
        self.platform: list[str] = []
        self.company: list[int] = []
        self.district_of: dict[int, str] = {}
        self._index: dict[tuple[str, str], int] = {}
        self.centre = np.zeros(len(platforms), dtype=np.int64)
        self._bureau = np.zeros_like(self.centre)  # where a matter goes whose place nobody wrote down
        self.authority = np.zeros(len(self.districts.names), dtype=np.int64)
        self._start = np.zeros((len(platforms), len(FAMILIES)), dtype=np.int64)
        self._length = np.ones_like(self._start)
        choices: list[int] = []
        for p, (code, name) in enumerate(platforms.items()):
            prefix = "" if code == OPERATOR else f"{name}市"
            self.centre[p] = self._add(code, "省交投96199客服" if code == OPERATOR else f"{prefix}12328热线中心")
            groups = _OPERATOR_UNITS if code == OPERATOR else _CITY_UNITS
            for f, family in enumerate(FAMILIES):
                self._start[p, f] = len(choices)
                for unit in groups.get(family, groups["general"]).split(";"):
                    word, _, weight = unit.partition("*")
                    company = _BRANCHES.get(word, word)
                    names = (company, prefix + company)
                    known = next((self.companies.code[n] for n in names if n in self.companies.code), 0)
                    place = -1 if word == LOCAL else self._add(code, prefix + word, known)
                    choices += [place] * int(weight or 1)
                self._length[p, f] = len(choices) - self._start[p, f]
            for district in self.districts.codes[code]:
                place = self.districts.names[district]
                self.authority[district] = self._add(code, f"{prefix}{place}{BUREAU}")
                self.district_of[int(self.authority[district])] = place
            self._bureau[p] = self._index.get((code, prefix + BUREAU), self.centre[p])
        self._choices = np.array(choices)
        self.company_of = np.array(self.company)

    def _add(self, platform: str, name: str, company: int = 0) -> int:
        if (platform, name) not in self._index:
            self._index[platform, name] = len(self.names)
            self.names.append(name)
            self.platform.append(platform)
            self.company.append(company)
        return self._index[platform, name]

    def draw(
        self, platform: np.ndarray, family: np.ndarray, district: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """A unit for each ticket, by what it is about and where it happened."""
        length = self._length[platform, family]
        chosen = self._choices[self._start[platform, family] + (rng.random(platform.size) * length).astype(np.int64)]
        local = np.where(district > 0, self.authority[district], self._bureau[platform])
        return np.where(chosen < 0, local, chosen)

    def another(
        self, unit: np.ndarray, platform: np.ndarray, family: np.ndarray, district: np.ndarray, rng: np.random.Generator
    ) -> np.ndarray:
        """Some other unit than ``unit`` that the centre may think of first."""
        other = self.draw(platform, family, district, rng)
        anywhere = self.draw(platform, np.full_like(family, FAMILIES.index("general")), district, rng)
        other = np.where(other == unit, anywhere, other)
        first = self.centre[platform] + 1  # the units follow their centre in the list
        return np.where(other == unit, np.where(first == unit, first + 1, first), other)


def operator_names(platform_count: int) -> list[str]:
    """Operator numbers such as A0217: a letter for the platform, four digits."""
    return [f"{chr(65 + p)}{k:04d}" for p in range(platform_count) for k in range(OPERATORS_A_PLATFORM)]
