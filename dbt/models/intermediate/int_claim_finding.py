"""Every published figure held against the others of its document, and against tickets: exact fractions, not SQL."""

import pandas as pd

from hotline.claims.figures import Measure
from hotline.claims.judge import Judged, judge

DECIMALS = {"recomputed_value", "numerator", "denominator"}


def model(dbt, session):
    """One row a row of the feed and basis, with the columns of ``Judged``."""
    measures = {
        code: Measure(code, factor, is_count, is_proportion, unit or "")
        for code, factor, is_count, is_proportion, unit in _rows(
            dbt.ref("claim_measures"), "code, factor, is_count, is_proportion, unit"
        )
    }
    claims = dbt.ref("int_claim_row").order("document, file_row_number, claim_code")
    rows = [dict(zip(claims.columns, row, strict=True)) for row in claims.fetchall()]
    found = pd.DataFrame(judge(rows, measures), columns=Judged._fields, dtype=object)
    # decimals travel as text: a frame without rows, or with none of a column, has no type to guess from
    return found.astype({name: "str" for name in Judged._fields if name in DECIMALS}).astype("string")


def _rows(relation, columns):
    return relation.project(columns).fetchall()
