"""Exact intervals of the share of a matter that each district has: SQL has no beta distribution."""

import pandas as pd

from hotline.statistics.counts import share_interval

KEY = {
    "month": "datetime64[s]", "platform_code": "str", "level": "str", "category": "str", "subcategory": "string",
    "district": "string",
}  # fmt: skip
INTERVAL = {"share_lower": "float64", "share_upper": "float64"}


def model(dbt, session):
    """Districts by matters of ``int_topic_spot_cell``, small or not: of the matter's incidents, the fraction in the district."""
    cells = dbt.ref("int_topic_spot_cell").filter("spot_kind = 'area'").order("all").df()
    ends = share_interval(cells["incidents"], cells["column_incidents"], cells["confidence"])
    for end, values in zip(INTERVAL, ends, strict=True):
        cells[end] = pd.Series(values, cells.index)
    return cells[[*KEY, *INTERVAL]].astype(KEY | INTERVAL)
