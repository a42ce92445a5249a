"""Which texts belong together: candidates from agreeing bands, compared exactly, and what hangs together by them.

Of texts that agree in a band each is held against the next ``REACH`` in a fixed order only, not against all: what stands in a
band a hundred thousand times costs a hundred thousand comparisons and not five thousand million. Sixteen bands, each with
other neighbours, join what belongs together. The order is that of the texts, never that of their arrival, so that the
same texts always make the same clusters.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from hotline.texts.signatures import likeness

REACH = 2


def labels(count: int, left: NDArray, right: NDArray) -> NDArray[np.int64]:
    """The cluster of each of ``count`` things, of which pairs hang together; numbered in the order of their first members."""
    pairs = coo_array((np.ones(left.size, dtype=np.int8), (left, right)), shape=(count, count))
    return connected_components(pairs, directed=False)[1].astype(np.int64)


def near_duplicates(
    texts: Sequence[str], signatures: NDArray[np.uint32], blocks: ArrayLike, similarity: float
) -> NDArray[np.int64]:
    """The cluster of each text among those of its block.

    Parameters
    ----------
    texts: distinct within a block, and in an order of their own (sorted), whenever they came in.
    blocks: a number for each text; texts of different blocks are never compared.
    similarity: least share of common 3-grams of two texts that hang together.
    """
    found, none = np.arange(len(texts)), np.empty(0, dtype=np.int64)
    joined = [(none, none)]
    for band in signatures.T:
        left, right = _neighbours(blocks, band)
        apart = found[left] != found[right]  # what hangs together already need not be compared again
        left, right = left[apart], right[apart]
        alike = likeness(texts, left, right) >= similarity
        if alike.any():
            joined.append((left[alike], right[alike]))
            found = labels(len(texts), *map(np.concatenate, zip(*joined, strict=True)))
    return found


def links(
    texts: Sequence[str],
    signatures: NDArray[np.uint32],
    text_of: NDArray[np.int64],
    blocks: ArrayLike,
    days: NDArray[np.int64],
    window_days: ArrayLike,
    similarity: ArrayLike,
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Pairs of tickets (earlier, later) of one block, few days apart, that say nearly the same.

    Whether two tickets are a pair is decided by what lies between them in time and nothing else, so pairs of a day can be made
    anew without those of other days.

    Parameters
    ----------
    text_of: for each ticket the place of its text in ``texts``. Tickets are in order of day and number.
    days: for each ticket its day, as a number.
    window_days, similarity: how far apart and how alike at most and at least; of each ticket (the later one's hold), or of all.
    """
    window_days, similarity = (np.broadcast_to(limit, days.shape) for limit in (window_days, similarity))
    pairs = [np.empty(0, dtype=np.int64)]
    for band in signatures.T:
        left, right = _neighbours(blocks, band[text_of])
        near = days[right] - days[left] <= window_days[right]
        pairs.append(left[near] * text_of.size + right[near])
    left, right = np.divmod(np.unique(np.concatenate(pairs)), max(text_of.size, 1))
    one, other = text_of[left], text_of[right]
    alike = one == other
    alike[~alike] = likeness(texts, one[~alike], other[~alike]) >= similarity[right[~alike]]
    return left[alike], right[alike]


def _neighbours(blocks: ArrayLike, band: NDArray[np.uint32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Places that have block and band in common, each with the next ``REACH`` of them; the earlier place first."""
    keys = np.asarray(blocks, dtype=np.uint64) << np.uint64(32) | band
    order = np.argsort(keys, kind="stable")
    sorted_keys = keys[order]
    left, right = [], []
    for step in range(1, REACH + 1):
        same = sorted_keys[:-step] == sorted_keys[step:]
        left.append(order[:-step][same])
        right.append(order[step:][same])
    return np.concatenate(left), np.concatenate(right)
