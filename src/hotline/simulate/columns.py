"""Lists of texts as columns of codes (pandas categoricals, which DuckDB takes as enums)."""

from __future__ import annotations

import numpy as np
import pandas as pd


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
