"""Which rows of a block lie in the files of which day."""

from __future__ import annotations

import numpy as np
import pandas as pd

from hotline.simulate.lives import Lives
from hotline.simulate.render import Renderer
from hotline.simulate.steps import RATINGS
from hotline.simulate.timing import DAY
from hotline.simulate.versions import ticket_versions

Delivery = tuple[pd.DataFrame, np.ndarray]
"""Rows, and the day of delivery of each (since 1970)."""


def deliveries(renderer: Renderer, lives: Lives, day: int | None, rng: np.random.Generator) -> dict[str, Delivery]:
    """The three feeds of a block.

    All rows on one ``day``; or (None) each row on the day after it was recorded, and a ticket again on the day after
    every day on which something happened to it.
    """
    tickets = renderer.tickets(lives, rng)
    events, callbacks = renderer.events(lives), renderer.callbacks(lives)
    if day is not None:
        return {
            feed: (frame, np.full(len(frame), day))
            for feed, frame in (("tickets", tickets), ("ticket_events", events), ("callbacks", callbacks))
        }
    return {
        "tickets": _daily_tickets(renderer, lives, tickets),
        "ticket_events": (events, events["recorded"].to_numpy() // DAY + 1),
        "callbacks": (callbacks, callbacks["recorded"].to_numpy() // DAY + 1),
    }


def _daily_tickets(renderer: Renderer, lives: Lives, tickets: pd.DataFrame) -> Delivery:
    versions = ticket_versions(lives)
    frame = tickets.take(versions.ticket).assign(
        is_open=versions.is_open,
        rating=pd.Categorical.from_codes(versions.rating, RATINGS),
        due_at=versions.due.astype("datetime64[s]"),
        unit=renderer.unit_column(versions.unit),
    )
    return frame, versions.day + 1
