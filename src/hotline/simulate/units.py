"""Handling units and operators of each platform. Companies are invented and called 示例."""

from __future__ import annotations

import numpy as np

from hotline.simulate.targets import OPERATOR
from hotline.simulate.texts import FAMILIES

OPERATORS_A_PLATFORM = 400
CENTRE_OPERATORS = 300  # the first of them answer calls, the others handle tickets

_CITY_UNITS = {
    "condition": "公路事业发展中心",
    "etc": "公路事业发展中心",
    "taxi": "交通运输综合行政执法队;客运管理服务中心;示例甲出租汽车有限公司;示例乙出租汽车有限公司;示例丙出租汽车有限公司",
    "ride": "交通运输综合行政执法队;客运管理服务中心;示例出行网约车平台;示例快车网约车平台",
    "bus": "示例公交集团;示例公交第一分公司;示例公交第二分公司;客运管理服务中心",
    "bike": "示例单车运营公司;城市客运科",
    "station": "示例客运集团;示例长途客运站;道路运输服务中心",
    "training": "驾培管理大队;道路运输服务中心",
    "freight": "道路运输服务中心;示例物流有限公司;货运管理大队",
    "repair": "维修管理大队;道路运输服务中心",
    "postal": "邮政管理局;示例快递网点",
    "service_area": "公路事业发展中心",
    "general": "公路事业发展中心;交通运输局;农村公路管理处;航务管理处",
}
_OPERATOR_UNITS = {
    "condition": "省交投路网监控中心;省交投沈阳分公司;省交投锦州分公司;省交投大连分公司",
    "etc": "省交投联网收费中心;省交投ETC客服中心",
    "freight": "省交投收费稽查部;省交投联网收费中心",
    "service_area": "省交投服务区公司;省交投沈阳分公司;省交投丹东分公司",
    "general": "省交投运营管理部;省交投养护公司;省交投铁岭分公司",
}


class Units:
    """All units as one list, with the choices of each platform and family as codes into it."""

    def __init__(self, platforms: dict[str, str]) -> None:
        """``platforms``: code -> Chinese name, in the order of their indices."""
        self.names: list[str] = []
        self.platform: list[str] = []
        self.centre = np.zeros(len(platforms), dtype=np.int64)
        self._start = np.zeros((len(platforms), len(FAMILIES)), dtype=np.int64)
        self._length = np.ones_like(self._start)
        for p, (code, name) in enumerate(platforms.items()):
            prefix = "" if code == OPERATOR else f"{name}市"
            self.centre[p] = self._add(code, "省交投96199客服" if code == OPERATOR else f"{prefix}12328热线中心")
            groups = _OPERATOR_UNITS if code == OPERATOR else _CITY_UNITS
            for f, family in enumerate(FAMILIES):
                listed = groups.get(family, groups["general"]).split(";")
                codes = [self._add(code, prefix + unit) for unit in listed]
                self._start[p, f], self._length[p, f] = codes[0], len(codes)

    def _add(self, platform: str, name: str) -> int:
        self.names.append(name)
        self.platform.append(platform)
        return len(self.names) - 1

    def draw(self, platform: np.ndarray, family: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        length = self._length[platform, family]
        return self._start[platform, family] + (rng.random(platform.size) * length).astype(np.int64)


def operator_names(platform_count: int) -> list[str]:
    """Operator numbers such as A0217: a letter for the platform, four digits."""
    return [f"{chr(65 + p)}{k:04d}" for p in range(platform_count) for k in range(OPERATORS_A_PLATFORM)]
