"""Districts and counties of the cities: where a matter happened, and whose authority handles it.

The names are real, how often each is named is invented. Two cities have a district of the same name (铁西区).
"""

from __future__ import annotations

import numpy as np

from hotline.simulate.targets import OPERATOR

# districts in the order of how often they are named
DISTRICTS = {
    "210100": "和平区 铁西区 沈河区 浑南区 皇姑区 大东区",
    "210200": "甘井子区 中山区 沙河口区 西岗区 金州区 旅顺口区",
    "210300": "铁东区 铁西区 立山区 千山区 台安县",
    "210400": "顺城区 新抚区 望花区 东洲区 抚顺县",
    "210500": "平山区 明山区 溪湖区 南芬区",
    "210600": "振兴区 元宝区 振安区 宽甸满族自治县",
    "210700": "凌河区 古塔区 太和区 黑山县 义县",
    "210800": "鲅鱼圈区 站前区 西市区 老边区",
    "210900": "海州区 细河区 太平区 新邱区 彰武县",
    "211000": "白塔区 文圣区 宏伟区 弓长岭区 辽阳县",
    "211100": "兴隆台区 双台子区 大洼区 盘山县",
    "211200": "银州区 昌图县 清河区 铁岭县 西丰县",
    "211300": "双塔区 龙城区 建平县 朝阳县",
    "211400": "龙港区 连山区 绥中县 南票区 建昌县",
}
SHARES = (0.36, 0.22, 0.16, 0.11, 0.09, 0.06)
FULL = 64
"""Entries of a city's table of draws."""
NAMED, NAMED_IN_CALL = 0.94, 0.3
"""Share of dispatched tickets and of calls that say where it happened. The expressway has sections, not districts."""


class Districts:
    """All districts as one list; code 0 is none."""

    def __init__(self, platforms: list[str]) -> None:
        self.names = [""]
        self.codes: dict[str, list[int]] = {}
        self._table = np.zeros((len(platforms), FULL), dtype=np.int64)
        for p, platform in enumerate(platforms):
            listed = [] if platform == OPERATOR else DISTRICTS[platform].split()
            self.codes[platform] = [len(self.names) + k for k in range(len(listed))]
            self.names += listed
            if listed:
                shares = np.cumsum(SHARES[: len(listed)]) / sum(SHARES[: len(listed)])
                place = np.searchsorted(shares, (np.arange(FULL) + 0.5) / FULL)
                self._table[p] = np.array(self.codes[platform])[place]

    def draw(self, platform: np.ndarray, busy: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """A district for each ticket; ``busy`` matters gather in the first districts, where stations and ports are."""
        place = rng.random(platform.size)
        return self._table[platform, (np.where(busy, place**1.6, place) * FULL).astype(np.int64)]
