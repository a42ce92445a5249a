"""Exact tests of the cells that are large enough to be a hot spot: SQL has no hypergeometric distribution."""

from hotline.statistics.counts import concentration_tail
from hotline.statistics.multiplicity import false_discovery

FAMILY = ["spot_kind", "month", "platform_code", "level"]
KEY = dict.fromkeys(FAMILY, "str") | {
    "month": "datetime64[s]", "category": "str", "subcategory": "string", "district": "string", "hour": "Int32",
}  # fmt: skip
EVIDENCE = {"p_value": "float64", "p_adjusted": "float64"}


def model(dbt, session):
    """Cells of ``int_topic_spot_case``, with P(X >= tickets) and its adjustment.

    The cells of a family are dependent (they share rows, columns and a total), in no known direction: Benjamini and
    Yekutieli. Cells that are not here count in the family as p = 1, see ``int_topic_spot_family``.
    """
    cells = dbt.ref("int_topic_spot_case").order("all").df()
    cells["p_value"] = concentration_tail(
        cells["tickets"], cells["population"], cells["row_tickets"], cells["column_tickets"]
    )
    cells["p_adjusted"] = 1.0
    for _, family in cells.groupby(FAMILY, sort=False):
        cells.loc[family.index, "p_adjusted"] = false_discovery(
            family["p_value"].tolist(), int(family["tests"].max()), any_dependence=True
        )
    return cells[[*KEY, *EVIDENCE]].astype(KEY | EVIDENCE)
