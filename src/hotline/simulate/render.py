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
from hotline.simulate.fabrication import KIND, KINDS
from hotline.simulate.lives import Lives
from hotline.simulate.numbering import OPERATOR_PREFIX, Block, MonthPlan
from hotline.simulate.steps import (
    ABSENT,
    AT,
    CHANNELS,
    COMPLEXITIES,
    EVENT_TYPES,
    EXPLAINED,
    FAILED,
    PASSED,
    RATINGS,
    RECLASSIFIED,
    RECORD_STATUSES,
    RESOLUTIONS,
    RESOLVED,
    RETURN_REASONS,
    REVIEW_RESULTS,
    SATISFIED,
    STEP_TYPE,
    STEPS,
    UNIT_STEPS,
    UNRESOLVED,
    UNSTATED,
    VALID,
)
from hotline.simulate.targets import OPERATOR
from hotline.simulate.texts import PHRASES, draw_by
from hotline.simulate.timing import DAY
from hotline.simulate.units import Units, operator_names

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
FIXED_RESULTS = {
    "link": "与在办工单重复",
    "suspend": "等待诉求人补充材料",
    "resume": "材料已补充",
    "urge": "群众来电催办",
    "supervise": "省中心督办",
    "extension": "情况复杂同意延期",
    "callback": "已接通",
    "callback_2": "已接通",
    "fix": "已整改",
}
RESULTS = list(dict.fromkeys(["", *RATINGS, *RETURN_REASONS, *REVIEW_RESULTS, *FIXED_RESULTS.values()]))
RESULT = {name: code for code, name in enumerate(RESULTS)}
ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])


def category_column(codes: np.ndarray, names: list[str]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, names)


class Names:
    """A list of texts that may repeat itself, as a column type: enums must not repeat."""

    def __init__(self, names: list[str]) -> None:
        index: dict[str, int] = {}
        self.codes = np.array([index.setdefault(name, len(index)) for name in names])
        self.distinct = list(index)

    def column(self, codes: np.ndarray) -> pd.Categorical:
        """Negative codes are no text."""
        return category_column(np.where(codes < 0, -1, self.codes[codes]), self.distinct)


PHRASE_NAMES = Names(PHRASES)
GIVEN_NAMES = Names(texts.GIVEN)


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
        self.district_names = Names(self.units.districts.names)
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
            "complexity": category_column(np.where(lives.business_type == 0, 1 + lives.is_complex, 0), COMPLEXITIES),
            "channel": category_column(lives.channel, CHANNELS),
            "district": self.district_names.column(lives.district),
            "enterprise": category_column(lives.company, self.units.companies.names),
            "accepted_at": lives.accepted.astype("datetime64[s]"),
            "due_at": lives.due.astype("datetime64[s]"),
            **self._callers(lives, rng),
            "unit": self.unit_names.column(lives.unit),
            "rating": category_column(lives.rating, RATINGS),
            "resolution": category_column(_resolutions(lives, rng), RESOLUTIONS),
            "record_status": category_column(np.full(n, VALID), RECORD_STATUSES),
            "is_open": np.zeros(n, dtype=bool),
            "amount": amount,
            "km": rng.integers(1, 700, n),
            **self._request(lives, amount, rng),
            **self._closing(lives, rng),
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
        result = np.r_[np.zeros(3 * instant.size, dtype=np.int64), self._results(lives, row, step)]

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

    def _request(self, lives: Lives, amount: np.ndarray, rng: np.random.Generator) -> dict[str, object]:
        n = lives.platform.size
        operator = lives.platform == 0
        openings = [texts.CALL_OPENINGS, *(texts.DISPATCH_OPENINGS[t] for t in TYPES)]
        demands = [texts.INSTANT_ENDINGS, *(texts.DEMANDS[t] for t in TYPES), texts.REFILED]
        kind = np.where(lives.dispatched, lives.business_type + 1, 0)
        complains = (lives.business_type == 0) | (lives.business_type == 3)
        families = len(texts.FAMILIES)
        subject_slots = texts.CONSULT_SUBJECTS + texts.COMPLAINT_SUBJECTS
        detail = draw_by(texts.DETAILS, lives.family, rng)
        slots = {
            "r_opening": draw_by(openings, kind, rng),
            "r_where": np.where(operator, texts.ROADS.draw(rng, n), texts.PLACES.draw(rng, n)),
            "r_heading": np.where(operator, texts.HEADINGS.draw(rng, n), 0),
            "r_subject": draw_by(subject_slots, lives.family + families * complains, rng),
            "r_detail": np.where(rng.random(n) < np.where(lives.dispatched, 0.9, 0.5), detail, 0),
            "r_lead": np.where((amount > 0) & lives.dispatched, texts.NUMBER_LEADS.draw(rng, n), 0),
            "r_demand": draw_by(demands, np.where(lives.refiled, 5, kind), rng),
        }
        columns: dict[str, object] = {name: PHRASE_NAMES.column(codes) for name, codes in slots.items()}
        leaves_phone = rng.random(n) < np.where(lives.dispatched, 0.07, 0.004)
        return columns | {
            "r_city": category_column(lives.platform, self.place_names),
            "is_dispatched": lives.dispatched,
            "is_operator": operator,
            "leaves_phone": leaves_phone,
            "leaves_card": lives.dispatched & (rng.random(n) < 0.004),
        }

    def _closing(self, lives: Lives, rng: np.random.Generator) -> dict[str, object]:
        n = lives.platform.size
        instant = ~lives.dispatched
        template = np.zeros(n, dtype=np.int64)
        template[lives.rows] = lives.template
        slots = {
            "c_action": np.where(instant, texts.ANSWERS.draw(rng, n), texts.ACTIONS.draw(rng, n)),
            "c_finding": np.where(instant, texts.ANSWER_ENDS.draw(rng, n), draw_by(texts.FINDINGS, lives.family, rng)),
            "c_measure": np.where(instant, 0, draw_by(texts.MEASURES, lives.family, rng)),
            "c_response": np.where(instant, 0, texts.RESPONSES.draw(rng, n)),
            "c_template": template,
        }
        return {name: PHRASE_NAMES.column(codes) for name, codes in slots.items()}

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

    def _callers(self, lives: Lives, rng: np.random.Generator) -> dict[str, object]:
        n = lives.platform.size
        surname, given = rng.integers(0, len(texts.SURNAMES), n), rng.integers(0, len(texts.GIVEN), n)
        cards = _id_cards(rng, n)
        later = np.flatnonzero(lives.linked != ABSENT)
        for codes in (surname, given, *cards.values()):
            codes[later] = codes[lives.linked[later]]
        return {
            "surname": category_column(surname, list(texts.SURNAMES)),
            "given": GIVEN_NAMES.column(given),
            "phone": lives.phone,
            **cards,
        }

    def _results(self, lives: Lives, row: np.ndarray, step: np.ndarray) -> np.ndarray:
        by_step = np.zeros(len(STEPS), dtype=np.int64)
        for name, text in FIXED_RESULTS.items():
            by_step[AT[name]] = RESULT[text]
        result = by_step[step]
        reasons, reviews, ratings = (
            np.array([RESULT[name] for name in names]) for names in (RETURN_REASONS, REVIEW_RESULTS, RATINGS)
        )
        outcomes = np.where(lives.review_failed, FAILED, PASSED)
        outcomes[lives.reclassified, 0] = RECLASSIFIED
        last = lives.rating[lives.rows]
        for name, texts_of, codes in (
            ("return", reasons, lives.return_reasons[:, 0]),
            ("return_2", reasons, lives.return_reasons[:, 1]),
            ("review", reviews, outcomes[:, 0]),
            ("review_2", reviews, outcomes[:, 1]),
            ("rate", ratings, lives.first_rating),
            ("rate_again", ratings, lives.again_rating),
            ("rate_2", ratings, last),
            ("edit", ratings, last),
        ):
            here = np.flatnonzero(step == AT[name])
            result[here] = texts_of[codes[row[here]]]
        return result


def _resolutions(lives: Lives, rng: np.random.Generator) -> np.ndarray:
    """What the units say they did. A call that was answered is resolved; bad reviews come of what was not."""
    n, rows = lives.platform.size, lives.rows
    result = np.full(n, RESOLVED)
    draw, fabricated = rng.random(rows.size), lives.kind[rows] != 0
    unhappy = (lives.rating[rows] > SATISFIED + 1) & (lives.rating[rows] < len(RATINGS) - 1)
    explained = np.where(unhappy, 0.85, np.where(fabricated, 0.05, np.where(lives.business_type[rows] == 0, 0.26, 0.4)))
    unresolved = np.where(unhappy, 0.4, np.where(fabricated, 0.0, 0.012))
    result[rows] = np.where(draw < unresolved, UNRESOLVED, np.where(draw < explained, EXPLAINED, RESOLVED))
    return result


def _id_cards(rng: np.random.Generator, n: int) -> dict[str, np.ndarray]:
    """Identity numbers of area 219900, which does not exist, for one caller in thirty.

    ``card``: the first 17 digits (0: none given); ``check``: index of the check character in ``10X98765432``
    (GB 11643).
    """
    given = np.flatnonzero(rng.random(n) < 0.03)
    size = given.size
    birth = rng.integers(1950, 2004, size) * 10**4 + rng.integers(1, 13, size) * 100 + rng.integers(1, 29, size)
    numbers = (219900 * 10**8 + birth) * 1000 + rng.integers(1, 1000, size)
    digits = numbers[:, None] // 10 ** np.arange(16, -1, -1) % 10
    card, check = np.zeros(n, dtype=np.int64), np.zeros(n, dtype=np.int64)
    card[given], check[given] = numbers, (digits * ID_WEIGHTS).sum(axis=1) % 11
    return {"card": card, "check": check}
