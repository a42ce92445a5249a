"""Closing texts of a month that several tickets share or nearly share, platform by platform."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hotline.texts.clusters import near_duplicates
from hotline.texts.signatures import BANDS, likeness_to

COLUMNS = ["ticket_month", "ticket_day", "ticket_no", "platform_code", "cluster_no", "cluster_size", "is_template"]


def copied(tickets: pd.DataFrame, approved: pd.DataFrame) -> pd.DataFrame:
    """Tickets whose text is one of a cluster, or an approved reply; rows of ``COLUMNS``, in order of tickets.

    Parameters
    ----------
    tickets: of one month, with ``ticket_month``, ``ticket_day``, ``ticket_no``, ``platform_code``, ``letters``, ``signature``
        (bytes), and the rule of the month, ``similarity`` and ``minimum_tickets``.
    approved: replies that may be given as often as needed, with ``code``, ``platform_code`` (null: all), ``letters``, ``valid_from``
        and ``valid_to``. A ticket whose text is like one that holds on its day is in no other cluster.
    """
    if tickets.empty:
        return pd.DataFrame(columns=COLUMNS)
    similarity, minimum = tickets["similarity"].iloc[0], tickets["minimum_tickets"].iloc[0]
    tickets = tickets.sort_values(["platform_code", "letters", "ticket_no"], ignore_index=True)
    # exact duplicates collapse first: everything below costs one text, however many tickets hold it
    tickets["text"] = tickets.groupby(["platform_code", "letters"], sort=True).ngroup()
    templates = _templates(tickets, approved, similarity)
    others = tickets[~tickets["ticket_no"].isin(templates["ticket_no"])].copy()
    texts = others.drop_duplicates("text")
    labels = near_duplicates(
        texts["letters"].tolist(),
        np.frombuffer(b"".join(texts["signature"]), dtype=np.uint32).reshape(-1, BANDS),
        texts["platform_code"].astype("category").cat.codes,
        similarity,
    )
    others["label"] = others["text"].map(dict(zip(texts["text"], labels, strict=True)))
    others["cluster_size"] = others.groupby("label")["text"].transform("size")
    found = others[others["cluster_size"] >= minimum].sort_values("ticket_no").assign(is_template=False)
    found["cluster_no"] = found.groupby("label")["ticket_no"].transform("first")
    return pd.concat([found, templates])[COLUMNS].sort_values("ticket_no", ignore_index=True)


def _templates(tickets: pd.DataFrame, approved: pd.DataFrame, similarity: float) -> pd.DataFrame:
    """Tickets with an approved reply, each under the code of the first such reply."""
    texts = tickets.drop_duplicates("text")
    text, reply = likeness_to(texts["letters"].tolist(), approved["letters"].tolist(), similarity)
    replies = approved.iloc[reply].assign(text=texts["text"].to_numpy()[text])
    pairs = tickets.merge(replies, on="text", suffixes=("", "_allowed"))
    day = pd.to_datetime(pairs["ticket_day"])
    held = pairs[
        (pairs["platform_code_allowed"].isna() | (pairs["platform_code_allowed"] == pairs["platform_code"]))
        & (pairs["valid_from"].isna() | (pd.to_datetime(pairs["valid_from"]) <= day))
        & (pairs["valid_to"].isna() | (day < pd.to_datetime(pairs["valid_to"])))
    ]
    held = held.sort_values(["ticket_no", "code"]).drop_duplicates("ticket_no")
    sizes = held.groupby(["platform_code", "code"])["ticket_no"].transform("size")
    return held.assign(cluster_no=held["code"], cluster_size=sizes, is_template=True)[COLUMNS]
