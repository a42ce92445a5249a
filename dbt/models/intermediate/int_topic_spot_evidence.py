"""Exact tests of the cells that are large enough to be a hot spot: SQL has no hypergeometric distribution."""

from hotline.statistics.topics import spot_tests

FAMILY = ["spot_kind", "month", "platform_code", "level"]
KEY = dict.fromkeys(FAMILY, "str") | {
    "month": "datetime64[s]", "category": "str", "subcategory": "string", "district": "string", "hour": "Int32",
}  # fmt: skip
EVIDENCE = {"p_value": "float64", "p_adjusted": "float64"}


def model(dbt, session):
    """Cells of ``int_topic_spot_case`` with the probability of so many incidents at the smallest concentration of a hot spot."""
    cells = dbt.ref("int_topic_spot_case").order("all").df()
    cells[[*EVIDENCE]] = spot_tests(cells, FAMILY)
    return cells[[*KEY, *EVIDENCE]].astype(KEY | EVIDENCE)
