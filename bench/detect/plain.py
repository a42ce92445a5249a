"""What a careless platform does: one kind for each signature that single months can show.

The power of a signature on tickets of its own kind is read from these; whether a platform that knows the signatures is found
is read from ``red_team``. Each kind changes ``chosen`` tickets of an honest month in place.
"""

from __future__ import annotations

import numpy as np
from honest import DAY, HOUR, MINUTE, SATISFIED, STEPS, Month, clerk

PASTED = "经核实，情况已处理，驾驶员已接受批评教育，退还费用{}元，诉求人表示满意，同意办结。"


def rated_without_call(month: Month, chosen: np.ndarray, rng: np.random.Generator) -> None:
    month.forget_call(chosen)
    month.rating[chosen] = SATISFIED


def outcome_without_event(month: Month, chosen: np.ndarray, rng: np.random.Generator) -> None:
    rated_without_call(month, chosen, rng)
    month.forget(chosen, "rate")


def closed_without_step(month: Month, chosen: np.ndarray, rng: np.random.Generator) -> None:
    month.forget(chosen, *(set(STEPS) - {"accept", "close", "call", "rate", "archive"}))


def rated_before_closure(month: Month, chosen: np.ndarray, rng: np.random.Generator) -> None:
    called = np.maximum(
        month.times["close"][chosen] - rng.integers(HOUR, 5 * HOUR, chosen.size), month.times["dispatch"][chosen]
    )
    month.times["call"][chosen] = called
    month.times["rate"][chosen] = called + month.talked[chosen]
    month.missed[chosen] = 0
    month.times["close"][chosen] = np.maximum(month.times["close"][chosen], called + 30 * MINUTE)
    month.times["archive"][chosen] = month.times["close"][chosen] + 6 * HOUR


def rated_after_archive(month: Month, chosen: np.ndarray, rng: np.random.Generator) -> None:
    month.forget(chosen, "review")
    month.times["rate_again"][chosen] = month.times["archive"][chosen] + rng.integers(8 * HOUR, 40 * HOUR, chosen.size)
    month.rating[chosen] = SATISFIED


def number_of_another_day(month: Month, chosen: np.ndarray, rng: np.random.Generator) -> None:
    month.number_day[chosen] -= 1


def short_call(month: Month, chosen: np.ndarray, rng: np.random.Generator) -> None:
    month.talked[chosen] = rng.integers(1, 5, chosen.size)
    month.rating[chosen] = SATISFIED


def shared_number(month: Month, chosen: np.ndarray, rng: np.random.Generator) -> None:
    month.call_phone[chosen] = 16_200_000_000
    month.rating[chosen] = SATISFIED


def closing_burst(month: Month, chosen: np.ndarray, rng: np.random.Generator) -> None:
    """Eight at once, when the last of them has come in, or one batch where there are fewer."""
    for batch in np.array_split(np.sort(chosen), max(chosen.size // 8, 1)):
        month.close_at(batch, np.full(batch.size, month.times["close"][batch].max()))
        month.closer[batch] = clerk(month.platform, 2, 1)[0]


def instant_close(month: Month, chosen: np.ndarray, rng: np.random.Generator) -> None:
    month.close_at(chosen, month.accepted[chosen] + rng.integers(8, 26, chosen.size))


def bunched_below_limit(month: Month, chosen: np.ndarray, rng: np.random.Generator) -> None:
    month.close_at(chosen, month.accepted[chosen] + DAY - rng.integers(5, 10 * MINUTE, chosen.size))


def returned_before_extension(month: Month, chosen: np.ndarray, rng: np.random.Generator) -> None:
    extended = month.times["handle"][chosen]
    month.times["extend"][chosen] = extended
    month.forget(chosen, "sign_2")
    for step, minutes in (("return", 50), ("redispatch", 40), ("return_2", 25), ("redispatch_2", 12)):
        month.times[step][chosen] = np.maximum(extended - minutes * MINUTE, month.times["sign"][chosen])


def copied_closing_text(month: Month, chosen: np.ndarray, rng: np.random.Generator) -> None:
    for place in chosen:
        month.text[place] = PASTED.format(rng.integers(5, 900))
