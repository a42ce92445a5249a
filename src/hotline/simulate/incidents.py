"""One matter that many call about within days: a road that floods, a line that does not run."""

from __future__ import annotations

import numpy as np

from hotline.simulate.fabrication import KIND
from hotline.simulate.lives import Lives
from hotline.simulate.timing import DAY

DAYS = 3
CALLERS = 12
"""At most so many of the complaints of these days tell of the incident."""
FEWEST = 6
"""Fewer of one category and district are no incident."""


def same_matter(lives: Lives, category: np.ndarray) -> np.ndarray:
    """For each ticket the one whose matter it tells of: itself, or the first of an incident. ``category``: codes.

    The busiest category and district of the busiest days is the incident of a platform, one a block. Only honest complaints
    of callers who have not called before take part. Nothing is drawn, so that all else is as it would be without.
    """
    first = np.arange(lives.platform.size)
    honest = (lives.kind == KIND[""]) & ~lives.is_repeat
    told = np.flatnonzero(lives.dispatched & honest & (lives.business_type == 0))
    keys = np.column_stack(
        [lives.platform[told], lives.accepted[told] // (DAYS * DAY), category[told], lives.district[told]]
    )
    groups, member, sizes = np.unique(keys, axis=0, return_inverse=True, return_counts=True)
    for platform in np.unique(groups[:, 0]):
        group = np.flatnonzero(groups[:, 0] == platform)[np.argmax(sizes[groups[:, 0] == platform])]
        if sizes[group] >= FEWEST:
            tickets = told[member.ravel() == group][:CALLERS]
            first[tickets] = tickets[0]
    return first
