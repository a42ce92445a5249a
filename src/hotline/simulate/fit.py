"""Integer tables with given margins: proportional fitting, then controlled rounding."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import coo_array


def largest_remainder(weights: np.ndarray, total: int, cap: int | np.ndarray | None = None) -> np.ndarray:
    """Split ``total`` in proportion to ``weights`` into integers, none above ``cap``.

    A share above its cap is set to it and the rest is spread over the others. Raises ValueError when the caps
    leave too little room.
    """
    weights = np.asarray(weights, dtype=float)
    room = np.broadcast_to(np.iinfo(np.int64).max if cap is None else cap, weights.shape).astype(float)
    if total > room[weights > 0].sum() or (total and not weights.any()):
        raise ValueError(f"{total} does not fit into {weights.size} shares under their caps")
    exact = np.zeros(weights.shape)
    full = np.zeros(weights.shape, dtype=bool)
    while True:
        open_weights = np.where(full, 0.0, weights)
        left = total - room[full].sum()
        share = left * open_weights / open_weights.sum() if open_weights.any() else open_weights
        exact = np.where(full, room, share)
        over = ~full & (exact > room)
        if not over.any():
            break
        full |= over
    base = np.floor(exact + 1e-9)
    missing = total - int(base.sum())
    order = np.argsort(-np.where(base < room, exact - base, -1.0) - 1e-12 * weights, kind="stable")
    base[order[:missing]] += 1
    return base.astype(np.int64)


def fit_table(
    prior: np.ndarray,
    rows: np.ndarray,
    columns: np.ndarray,
    *,
    fixed: np.ndarray | None = None,
    cap: np.ndarray | None = None,
) -> np.ndarray:
    """Integer matrix near ``prior`` whose rows and columns sum exactly to the given margins.

    ``fixed`` (same shape, NaN = free) holds cells that are known; ``cap`` (same shape) the largest value of a free
    cell. Iterative proportional fitting gives a real matrix with the margins; rounding each cell up or down such that
    the margins stay exact is a transportation problem, whose linear programme has integral vertices.
    Raises ValueError when no such matrix is found.
    """
    prior = np.asarray(prior, dtype=float)
    known = np.full(prior.shape, np.nan) if fixed is None else fixed.astype(float)
    limit = np.full(prior.shape, np.inf) if cap is None else cap.astype(float)
    free = np.isnan(known)
    exact = _proportional_fit(np.where(free, prior, 0.0), np.nan_to_num(known), free, limit, rows, columns)

    floor = np.where(free, np.floor(exact + 1e-7), np.nan_to_num(known))
    row_left, column_left = rows - floor.sum(axis=1), columns - floor.sum(axis=0)
    can_rise = free & (prior > 0) & (floor < limit)
    i, j = np.nonzero(can_rise)
    n = i.size
    if n:
        index = np.arange(n)
        margins = coo_array(
            (np.ones(2 * n), (np.r_[i, prior.shape[0] + j], np.r_[index, index])),
            shape=(sum(prior.shape), n),
        ).tocsr()
        gain = (exact - floor)[i, j] + 1e-9 * np.arange(n) / n
        solved = linprog(-gain, A_eq=margins, b_eq=np.r_[row_left, column_left], bounds=(0, 1), method="highs-ds")
        if solved.status != 0:
            raise ValueError(f"no integer table with these margins: {solved.message}")
        floor[i, j] += np.rint(solved.x)
    table = floor.astype(np.int64)
    if (table.sum(axis=1) != rows).any() or (table.sum(axis=0) != columns).any():
        raise ValueError("no integer table with these margins")
    return table


def _proportional_fit(prior, known, free, limit, rows, columns, sweeps: int = 3000) -> np.ndarray:
    """Real matrix with the margins: scale rows and columns in turn; a cell that meets its cap stays there."""
    held = ~free
    value = np.where(held, known, 0.0)
    while True:
        current = np.where(held, 0.0, prior)
        row_goal, column_goal = rows - value.sum(axis=1), columns - value.sum(axis=0)
        for _ in range(sweeps):
            row_sum = current.sum(axis=1)
            current *= np.divide(row_goal, row_sum, out=np.zeros_like(row_sum), where=row_sum > 0)[:, None]
            column_sum = current.sum(axis=0)
            current *= np.divide(column_goal, column_sum, out=np.zeros_like(column_sum), where=column_sum > 0)
            if np.abs(current.sum(axis=1) - row_goal).max() < 1e-8:
                break
        over = ~held & (current > limit)
        if not over.any():
            return current + value
        value = np.where(over, limit, value)
        held = held | over
