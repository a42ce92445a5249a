"""What single steps resulted in, and what the units say they did about the matter."""

from __future__ import annotations

import numpy as np

from hotline.simulate.lives import Lives
from hotline.simulate.steps import (
    AT,
    EXPLAINED,
    FAILED,
    PASSED,
    RATINGS,
    RECLASSIFIED,
    RESOLVED,
    RETURN_REASONS,
    REVIEW_RESULTS,
    SATISFIED,
    STEPS,
    UNRESOLVED,
)

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


def event_results(lives: Lives, row: np.ndarray, step: np.ndarray) -> np.ndarray:
    """Codes into ``RESULTS`` of the events of the dispatched tickets, given by row and step."""
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


def resolutions(lives: Lives, rng: np.random.Generator) -> np.ndarray:
    """What the units say they did. A call that was answered is resolved; bad reviews come of what was not."""
    n, rows = lives.platform.size, lives.rows
    result = np.full(n, RESOLVED)
    draw, fabricated = rng.random(rows.size), lives.kind[rows] != 0
    unhappy = (lives.rating[rows] > SATISFIED + 1) & (lives.rating[rows] < len(RATINGS) - 1)
    explained = np.where(unhappy, 0.85, np.where(fabricated, 0.05, np.where(lives.business_type[rows] == 0, 0.26, 0.4)))
    unresolved = np.where(unhappy, 0.4, np.where(fabricated, 0.0, 0.012))
    result[rows] = np.where(draw < unresolved, UNRESOLVED, np.where(draw < explained, EXPLAINED, RESOLVED))
    return result
