"""Tickets that say nearly the same of one matter and place within few days, of the days that this build makes anew."""

import numpy as np
import pandas as pd

from hotline.texts.requests import COLUMNS, linked
from hotline.texts.signatures import ALGORITHM

TYPES = {"ticket_day": "date", "earlier_day": "date"}


def model(dbt, session):
    """Pairs of tickets, month by month of the later one; each month is read with the days before it that links may lead to."""
    dbt.config(materialized="incremental", incremental_strategy="replace_linked_days")
    requests = dbt.ref("int_request_text")
    signatures = dbt.ref("int_text_signature").filter(f"algorithm = '{ALGORITHM}'")
    signed = requests.join(signatures.project("text_key as signed_key, signature"), "text_key = signed_key")
    # read once: the view of all days costs as much for one month
    session.execute(f"create or replace temp table requests_read as {signed.sql_query()}")
    months = session.sql("select distinct ticket_month from requests_read where is_relinked order by all").fetchall()
    found = []
    for (month,) in months:
        near = session.execute(
            "from requests_read where ticket_day < cast($month as date) + interval 1 month "
            "and ticket_day >= cast($month as date) - (select max(window_days) from requests_read)",
            {"month": month},
        )
        pairs = linked(near.df())
        found.append(
            pairs[pairs["is_relinked"] & (pairs["ticket_month"].astype("datetime64[s]") == np.datetime64(month))]
        )
    session.execute("drop table requests_read")
    rows = pd.concat([pd.DataFrame(columns=COLUMNS), *found])  # noqa: F841, read by name
    return session.sql(
        "select " + ", ".join(f"cast({c} as {TYPES.get(c, 'varchar')}) as {c}" for c in COLUMNS) + " from rows"
    )
