"""Requests of several callers that say nearly the same of one matter and place."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hotline.texts.clusters import links
from hotline.texts.signatures import BANDS

BLOCK = ["platform_code", "category", "place"]
COLUMNS = ["ticket_day", "ticket_no", "earlier_day", "earlier_ticket_no", *BLOCK]


def linked(tickets: pd.DataFrame) -> pd.DataFrame:
    """Pairs of tickets that say nearly the same: the columns of the later ticket, and ``COLUMNS`` of the earlier.

    Parameters
    ----------
    tickets: with ``ticket_day``, ``ticket_no``, ``BLOCK``, ``letters``, ``signature`` (bytes), and the rule of their day,
        ``similarity`` and ``window_days``; of a pair that of the later ticket holds.
    """
    tickets = tickets.sort_values(["ticket_day", "ticket_no"], ignore_index=True)
    tickets["text"] = tickets.groupby("letters", sort=True).ngroup()
    texts = tickets.drop_duplicates("text").sort_values("text")
    left, right = links(
        texts["letters"].tolist(),
        np.frombuffer(b"".join(texts["signature"]), dtype=np.uint32).reshape(-1, BANDS),
        tickets["text"].to_numpy(),
        tickets.groupby(BLOCK, sort=True).ngroup().to_numpy(),
        pd.to_datetime(tickets["ticket_day"]).to_numpy().astype("datetime64[D]").astype(np.int64),
        tickets["window_days"].to_numpy(),
        tickets["similarity"].to_numpy(),
    )
    earlier = tickets.loc[left, ["ticket_day", "ticket_no"]].set_axis(["earlier_day", "earlier_ticket_no"], axis=1)
    return pd.concat([tickets.loc[right].reset_index(drop=True), earlier.reset_index(drop=True)], axis=1)
