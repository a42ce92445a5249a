"""From codes to columns: data frames of a block as DuckDB reads them.

Texts stay codes (pandas categoricals, which DuckDB takes as enums) until DuckDB writes them out, so that no Python
string is made for a row.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from hotline.simulate import texts
from hotline.simulate.allocation import TYPES, Allocation
from hotline.simulate.columns import Names, category_column
from hotline.simulate.fabrication import KIND, KINDS
from hotline.simulate.lives import Lives
from hotline.simulate.numbering import OPERATOR_PREFIX, Block, MonthPlan
from hotline.simulate.results import RESULTS, event_results, resolutions
from hotline.simulate.steps import (
    ABSENT,
    AT,
    CHANNELS,
    COMPLEXITIES,
    EVENT_TYPES,
    RATINGS,
    RECORD_STATUSES,
    RESOLUTIONS,
    STEP_TYPE,
    STEPS,
    UNIT_STEPS,
    UNSTATED,
    VALID,
)
from hotline.simulate.targets import OPERATOR
from hotline.simulate.timing import DAY
from hotline.simulate.units import Units, operator_names
from hotline.simulate.wording import callers, closing, request

TYPE_NAMES = {"complaint": "投诉举报", "consultation": "信息咨询", "suggestion": "意见建议", "other": "其他"}
TYPE_ALIASES = {"complaint": "投诉", "consultation": "咨询", "suggestion": "建议", "other": "未分类"}
DOMAIN_NAMES = {
    "expressway": "高速公路",
    "urban_passenger": "城市客运",
    "road_transport": "道路运输",
    "ordinary_road": "普通公路",
    "waterway": "水路",
    "civil_aviation": "民航",
    "railway": "铁路",
    "postal": "邮政",
}
EVENT_CODES = {name: code for code, name in enumerate(EVENT_TYPES)}


@dataclass
class Renderer:
    """Builds the frames of one month's blocks; ``old_style`` platforms write the short names of business types."""

    allocation: Allocation
    plan: MonthPlan
    units: Units
    old_style: frozenset[str]
    heads: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.codes = self.allocation.platforms
        self.heads = [f"JT{OPERATOR_PREFIX if p == OPERATOR else p}" for p in self.codes]
        self.unit_names = Names(self.units.names)
        self.district_names = Names(self.units.districts.names[1:])
        names = self.allocation.platform_names
        self.place_names = ["" if p == OPERATOR else names[p] for p in self.codes]
        cells = self.plan.cells
        self.cell_domain = cells["domain"].map({d: i for i, d in enumerate(DOMAIN_NAMES)}).to_numpy()
        self.categories = list(dict.fromkeys(cells["category"]))
        self.cell_category = cells["category"].map({c: i for i, c in enumerate(self.categories)}).to_numpy()
        self.cell_subcategory = (
            cells["subcategory"].map({s: i for i, s in enumerate(self._subcategories)}).to_numpy(dtype=np.int64)
        )
        old = np.isin(self.codes, list(self.old_style))
        self.type_shift = np.where(old, len(TYPES), 0)

    @property
    def _subcategories(self) -> list[str]:
        extra = {r["subcategory_name"] for r in self.allocation.bulletin.top_subcategories}
        return sorted(extra | set(texts.SUBCATEGORIES))

    def tickets(self, lives: Lives, rng: np.random.Generator) -> pd.DataFrame:
        """One row a ticket, as it stands in the end."""
        block, n = lives.block, lives.platform.size
        amount = np.where(rng.random(n) < 0.35, rng.integers(5, 900, n), 0)
        frame = {
            **self._number(lives.platform, lives.block, np.arange(n)),
            "platform": category_column(lives.platform, self.codes),
            "business_type": category_column(
                lives.business_type + self.type_shift[lives.platform],
                [*TYPE_NAMES.values(), *TYPE_ALIASES.values()],
            ),
            "domain": category_column(self.cell_domain[block.cell], list(DOMAIN_NAMES.values())),
            "category": category_column(self.cell_category[block.cell], self.categories),
            "subcategory": category_column(self.cell_subcategory[block.cell], self._subcategories),
            "complexity": category_column(np.where(lives.business_type == 0, lives.is_complex, UNSTATED), COMPLEXITIES),
            "channel": category_column(lives.channel, CHANNELS),
            "district": self.district_names.column(lives.district - 1),
            "enterprise": category_column(lives.company - 1, self.units.companies.names[1:]),
            "accepted_at": lives.accepted.astype("datetime64[s]"),
            "due_at": lives.due.astype("datetime64[s]"),
            **callers(lives, rng),
            "unit": self.unit_names.column(lives.unit),
            "rating": category_column(lives.rating, RATINGS),
            "resolution": category_column(resolutions(lives, rng), RESOLUTIONS),
            "record_status": category_column(np.full(n, VALID), RECORD_STATUSES),
            "is_open": np.zeros(n, dtype=bool),
            "amount": amount,
            "km": rng.integers(1, 700, n),
            **request(lives, self.cell_category[block.cell], amount, self.place_names, rng),
            **closing(lives, rng),
        }
        return pd.DataFrame(frame, copy=False)

    def events(self, lives: Lives) -> pd.DataFrame:
        """One row an event, in the order of tickets and of time."""
        instant = np.flatnonzero(~lives.dispatched)
        dispatched = np.where(lives.times == ABSENT, np.iinfo(np.int64).max, lives.times)
        order = np.argsort(dispatched, axis=1, kind="stable")
        counts = (lives.times != ABSENT).sum(axis=1)
        taken = np.arange(len(STEPS)) < counts[:, None]
        row, step = np.repeat(np.arange(counts.size), counts), order[taken]

        ticket = np.r_[np.repeat(instant, 3), lives.rows[row]]
        at = np.r_[
            np.column_stack([lives.accepted[instant], lives.answered[instant], lives.answered[instant] + 8]).ravel(),
            lives.times[row, step],
        ]
        seq = np.r_[np.tile([1, 2, 3], instant.size), np.nonzero(taken)[1] + 1]
        step_event = np.array([EVENT_CODES[name] for name in STEP_TYPE])
        short = [EVENT_CODES[name] for name in ("accept", "instant_answer", "close")]
        event = np.r_[np.tile(short, instant.size), step_event[step]]
        unit, operator = self._actors(lives, row, step)
        unit = np.r_[np.repeat(self.units.centre[lives.platform[instant]], 3), unit]
        operator = np.r_[np.repeat(lives.centre_operator[instant], 3), operator]
        result = np.r_[np.zeros(3 * instant.size, dtype=np.int64), event_results(lives, row, step)]

        linked = np.r_[np.zeros(3 * instant.size, dtype=np.int64), self._linked(lives, row, step)]

        sort = np.argsort(ticket, kind="stable")
        ticket = ticket[sort]
        return pd.DataFrame(
            {
                **self._number(lives.platform, lives.block, ticket),
                "platform": category_column(lives.platform[ticket], self.codes),
                "event_seq": seq[sort],
                "event_type": category_column(event[sort], list(EVENT_TYPES.values())),
                "occurred_at": at[sort].astype("datetime64[s]"),
                "unit": self.unit_names.column(unit[sort]),
                "operator": category_column(operator[sort], operator_names(len(self.codes))),
                "result": category_column(result[sort], RESULTS),
                "linked": linked[sort],
                "record_status": category_column(np.full(ticket.size, UNSTATED), RECORD_STATUSES),
                "ticket": ticket,
                "recorded": np.maximum(at[sort], lives.block.accepted[ticket]),
            },
            copy=False,
        )

    def callbacks(self, lives: Lives) -> pd.DataFrame:
        """One row a call, in the order of tickets and of time."""
        calls = lives.callbacks()
        order = np.lexsort((calls.attempt, calls.row))
        row = calls.row[order]
        ticket = lives.rows[row]
        return pd.DataFrame(
            {
                **self._number(lives.platform, lives.block, ticket),
                "platform": category_column(lives.platform[ticket], self.codes),
                "running": lives.block.number[ticket],
                "attempt": calls.attempt[order],
                "called_at": calls.called_at[order].astype("datetime64[s]"),
                "phone": calls.phone[order],
                "seconds": calls.seconds[order],
                "is_connected": calls.connected[order],
                "rating": category_column(calls.rating[order], RATINGS),
                "operator": category_column(lives.centre_operator[ticket], operator_names(len(self.codes))),
                "record_status": category_column(np.full(row.size, UNSTATED), RECORD_STATUSES),
                "ticket": ticket,
                "recorded": calls.called_at[order],
            },
            copy=False,
        )

    def truth(self, lives: Lives) -> pd.DataFrame:
        """Fabricated tickets with their kind."""
        ticket = np.flatnonzero(lives.kind != KIND[""])
        return pd.DataFrame(
            {
                **self._number(lives.platform, lives.block, ticket),
                "platform": category_column(lives.platform[ticket], self.codes),
                "kind": category_column(lives.kind[ticket], list(KINDS)),
            },
            copy=False,
        )

    def unit_column(self, units: np.ndarray) -> pd.Categorical:
        return self.unit_names.column(units)

    # ---- columns -----------------------------------------------------------------------------------
    def _number(self, platform: np.ndarray, block: Block, ticket: np.ndarray) -> dict[str, object]:
        """``head`` (JT and prefix) and ``tail`` (date and running number as one integer)."""
        tail = self._tails(block)
        return {"head": category_column(platform[ticket], self.heads), "tail": tail[ticket]}

    @staticmethod
    def _tails(block: Block) -> np.ndarray:
        days, position = np.unique(block.accepted // DAY, return_inverse=True)
        stamp = np.array([int(str(np.datetime64(int(d), "D")).replace("-", "")) for d in days], dtype=np.int64)
        return stamp[position] * 10**8 + block.number

    def numbers(self, lives: Lives) -> np.ndarray:
        """Ticket numbers of a block as text."""
        parts = self._number(lives.platform, lives.block, np.arange(lives.platform.size))
        return (pd.Series(parts["head"]).astype(str) + pd.Series(parts["tail"]).astype(str)).to_numpy()

    def _actors(self, lives: Lives, row: np.ndarray, step: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Who did a step: the centre accepts, dispatches, calls back and archives; the unit does the rest."""
        is_centre = np.array([name not in UNIT_STEPS for name in STEPS])[step]
        ticket = lives.rows[row]
        unit = np.where(is_centre, self.units.centre[lives.platform[ticket]], lives.unit[ticket])
        for before, steps in enumerate((("sign", "return"), ("sign_2", "return_2"))):
            early = np.isin(step, [AT[s] for s in steps])
            unit[early] = lives.early_units[row[early], before]
        operator = np.where(is_centre, lives.centre_operator[ticket], lives.unit_operator[ticket])
        closing = step == AT["close"]
        return unit, np.where(closing, lives.closer[ticket], operator)

    def _linked(self, lives: Lives, row: np.ndarray, step: np.ndarray) -> np.ndarray:
        """Tail of the number of the earlier ticket, 0 where an event links none."""
        linked = np.zeros(row.size, dtype=np.int64)
        links = step == AT["link"]
        linked[links] = self._tails(lives.block)[lives.linked[lives.rows[row[links]]]]
        return linked
