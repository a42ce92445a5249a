"""Callers who ring again before their matter is closed: the centre links the second ticket with the first."""

from __future__ import annotations

import numpy as np

from hotline.simulate.lives import Lives
from hotline.simulate.steps import ABSENT, AT, HOUR, MINUTE

SHARE = 0.2
"""Of the tickets that come in while one on the same matter is open, how many are of the same caller."""


def link_repeats(lives: Lives, rng: np.random.Generator) -> None:
    """Give some honest tickets the caller of an earlier, still open ticket of the same cell, and link the two."""
    cell, accepted = lives.block.cell[lives.rows], lives.times[:, AT["accept"]]
    order = np.lexsort((accepted, cell))
    first, second = order[:-1], order[1:]
    honest = (lives.kind[lives.rows] == 0) & ~lives.is_repeat[lives.rows] & ~lives.block.published[lives.rows]
    gap = accepted[second] - accepted[first]
    fits = (cell[first] == cell[second]) & honest[first] & honest[second]
    fits &= (gap > 10 * MINUTE) & (gap < 48 * HOUR) & (accepted[second] < lives.times[first, AT["close"]])
    fits &= rng.random(fits.size) < SHARE
    fits[1:] &= ~fits[:-1]  # a ticket is not linked twice
    first, second = first[fits], second[fits]
    earlier, later = lives.rows[first], lives.rows[second]
    lives.linked[later] = earlier
    lives.phone[later] = lives.phone[earlier]
    lives.callback_phone[second] = lives.phone[later]
    start, sent = accepted[second], lives.times[second, AT["dispatch"]]
    lives.times[second, AT["link"]] = np.where(sent == ABSENT, start, start + (sent - start) // 2)
