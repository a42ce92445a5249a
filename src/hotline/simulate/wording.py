"""What the tickets of a block say and who says it, as slots that the writer puts together."""

from __future__ import annotations

import numpy as np

from hotline.simulate import texts
from hotline.simulate.allocation import TYPES
from hotline.simulate.columns import Names, category_column
from hotline.simulate.incidents import same_matter
from hotline.simulate.lives import Lives
from hotline.simulate.steps import ABSENT
from hotline.simulate.texts import PHRASES, draw_by

PHRASE_NAMES = Names(PHRASES)
GIVEN_NAMES = Names(texts.GIVEN)
ID_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])


def request(
    lives: Lives, category: np.ndarray, amount: np.ndarray, place_names: list[str], rng: np.random.Generator
) -> dict[str, object]:
    """Slots of the request texts; ``category``: codes; ``amount`` in yuan, 0: none is named."""
    n = lives.platform.size
    operator = lives.platform == 0
    openings = [texts.CALL_OPENINGS, *(texts.DISPATCH_OPENINGS[t] for t in TYPES)]
    demands = [texts.INSTANT_ENDINGS, *(texts.DEMANDS[t] for t in TYPES), texts.REFILED]
    kind = np.where(lives.dispatched, lives.business_type + 1, 0)
    complains = (lives.business_type == 0) | (lives.business_type == 3)
    families = len(texts.FAMILIES)
    matter = same_matter(lives, category)
    of_incident = np.bincount(matter, minlength=n)[matter] > 1
    subject_slots = texts.CONSULT_SUBJECTS + texts.COMPLAINT_SUBJECTS
    detail = draw_by(texts.DETAILS, lives.family, rng)
    slots = {
        "r_opening": draw_by(openings, kind, rng),
        "r_where": np.where(operator, texts.ROADS.draw(rng, n), texts.PLACES.draw(rng, n)),
        "r_heading": np.where(operator, texts.HEADINGS.draw(rng, n), 0),
        "r_subject": draw_by(subject_slots, lives.family + families * complains, rng),
        "r_detail": np.where((rng.random(n) < np.where(lives.dispatched, 0.9, 0.5)) | of_incident, detail, 0),
        "r_lead": np.where((amount > 0) & lives.dispatched, texts.NUMBER_LEADS.draw(rng, n), 0),
        "r_demand": draw_by(demands, np.where(lives.refiled, 5, kind), rng),
    }
    for name in ("r_where", "r_heading", "r_subject", "r_detail", "r_demand"):
        slots[name] = slots[name][matter]
    columns: dict[str, object] = {name: PHRASE_NAMES.column(codes) for name, codes in slots.items()}
    leaves_phone = rng.random(n) < np.where(lives.dispatched, 0.07, 0.004)
    return columns | {
        "r_city": category_column(lives.platform, place_names),
        "is_dispatched": lives.dispatched,
        "is_operator": operator,
        "leaves_phone": leaves_phone,
        "leaves_card": lives.dispatched & (rng.random(n) < 0.004),
    }


def closing(lives: Lives, rng: np.random.Generator) -> dict[str, object]:
    """Slots of the closing texts."""
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


def callers(lives: Lives, rng: np.random.Generator) -> dict[str, object]:
    """Names, numbers and cards of those who call; a linked repeat has those of the earlier ticket."""
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
