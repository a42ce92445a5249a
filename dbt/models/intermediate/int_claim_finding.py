"""Every published figure held against the others of its document, and against tickets: exact fractions, not SQL."""

import pandas as pd

from hotline.claims.figures import Measure
from hotline.claims.judge import Judged, judge


def model(dbt, session):
    """One row a row of the feed and basis, with the columns of ``Judged``."""
    columns = "code, factor, is_exact, is_count, is_proportion, coalesce(unit, '')"
    measures = {row[0]: Measure(*row) for row in dbt.ref("claim_measures").project(columns).fetchall()}
    claims = dbt.ref("int_claim_row").order("document, file_row_number, claim_code")
    rows = [dict(zip(claims.columns, row, strict=True)) for row in claims.fetchall()]
    found = pd.DataFrame(judge(rows, measures), columns=Judged._fields, dtype=object)
    # decimals travel as text: a frame without rows, or with none of a column, has no type to guess from
    return found.astype("string")
