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
    ((reach,),) = requests.aggregate("max(window_days)").fetchall()
    months = requests.filter("is_relinked").aggregate("ticket_month").order("ticket_month").fetchall()
    found = []
    for (month,) in months:
        near = f"ticket_day >= date '{month}' - {reach} and ticket_day < date '{month}' + interval 1 month"
        pairs = linked(signed.filter(near).df())
        found.append(
            pairs[pairs["is_relinked"] & (pairs["ticket_month"].astype("datetime64[s]") == np.datetime64(month))]
        )
    rows = pd.concat([pd.DataFrame(columns=COLUMNS), *found])  # noqa: F841, read by name
    return session.sql(
        "select " + ", ".join(f"cast({c} as {TYPES.get(c, 'varchar')}) as {c}" for c in COLUMNS) + " from rows"
    )
