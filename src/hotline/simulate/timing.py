"""When tickets come in, when they are due, when feeds are delivered. All times are naive local seconds since 1970."""

from __future__ import annotations

import calendar
from datetime import date, datetime, timedelta
from functools import cache

import chinese_calendar
import numpy as np

DAY = 86_400
OFFICE_END = 17 * 3600 + 1800
CITY_HOURS = (1, 0.6, 0.4, 0.4, 0.6, 1.5, 4, 8, 13, 15, 14, 10, 8, 9, 12, 13, 12, 10, 8, 6, 5, 4, 3, 2)
OPERATOR_HOURS = (3, 2, 2, 2, 3, 6, 10, 14, 16, 16, 15, 13, 12, 13, 15, 16, 16, 15, 13, 11, 9, 7, 5, 4)


def seconds(day: date) -> int:
    """Local midnight of a day as seconds since 1970-01-01."""
    return (day - date(1970, 1, 1)).days * DAY


def days_of(year: int, month: int) -> list[date]:
    return [date(year, month, d + 1) for d in range(calendar.monthrange(year, month)[1])]


@cache
def is_working_day(day: date) -> bool:
    """By the State Council's calendar with make-up days; years it does not know count Monday to Friday."""
    try:
        return chinese_calendar.is_workday(day)
    except NotImplementedError:
        return day.weekday() < 5


def day_weights(year: int, month: int, operator: bool) -> np.ndarray:
    """Relative number of calls on each day: cities are called on working days, the expressway on days of travel."""
    weights = []
    for day in days_of(year, month):
        tomorrow = is_working_day(day + timedelta(days=1))
        if operator:
            leaves = is_working_day(day) and not tomorrow
            weights.append(1.0 + 0.22 * (not is_working_day(day)) + 0.18 * leaves)
        else:
            weights.append(1.0 if is_working_day(day) else 0.8)
    wave = 1 + 0.04 * np.sin(np.arange(len(weights)) * 2.1 + month)
    return np.array(weights) * wave


def times_of_day(rng: np.random.Generator, count: int, operator: bool) -> np.ndarray:
    """Sorted seconds of the day, following the hour profile."""
    hours = np.array(OPERATOR_HOURS if operator else CITY_HOURS, dtype=float)
    edges = np.r_[0, np.cumsum(hours)] / hours.sum()
    drawn = np.interp(np.sort(rng.random(count)), edges, np.arange(25) * 3600)
    return np.minimum(drawn.astype(np.int64), DAY - 1)


@cache
def due(day: date, working_days: int) -> int:
    """End of office hours on the n-th working day after ``day``."""
    current = day
    while working_days:
        current += timedelta(days=1)
        working_days -= is_working_day(current)
    return seconds(current) + OFFICE_END


def due_times(accepted: np.ndarray, working_days: int) -> np.ndarray:
    """``due`` for an array of acceptance times."""
    days, position = np.unique(accepted // DAY, return_inverse=True)
    start = date(1970, 1, 1)
    return np.array([due(start + timedelta(days=int(d)), working_days) for d in days], dtype=np.int64)[position]


def monthly_delivery(year: int, month: int) -> date:
    """Day on which a month's files are delivered: a working day early in the next month, after the holidays."""
    following = date(year + month // 12, month % 12 + 1, 1)
    day = following.replace(day=8 if following.month == 10 else 2)
    while not is_working_day(day):
        day += timedelta(days=1)
    return day


def delivered_at(day: date) -> datetime:
    """Feeds arrive at six in the morning."""
    return datetime(day.year, day.month, day.day, 6)
