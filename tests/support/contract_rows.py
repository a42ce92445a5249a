"""Rows at the limits of any contract, and just beyond them, made from the contract alone: a new column needs no line here."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from itertools import product

from hotline.contracts import Column, Contract, load_code_list
from hotline.ingest.register import Register
from hotline.ingest.statement import TICKET_PREFIX
from hotline.settings import Settings

TYPES = ("timestamp", "date")
BEYOND_DIGITS = 10_000_000_000
"""The first count that looks like a telephone number, where the contract sets no limit."""


def _spelled(tokens, longest: bool) -> list[str]:
    """Texts that follow a parsed pattern: of every choice one, of every class and length the first or the last."""
    parts = []
    for kind, what in tokens:
        match str(kind):
            case "LITERAL":
                parts.append([chr(what)])
            case "IN":
                edges = [chr(edge) for name, span in what for edge in (span if str(name) == "RANGE" else (span, span))]
                parts.append([edges[-1] if longest else edges[0]])
            case "MAX_REPEAT":
                least, most, inner = what
                parts.append([text * (most if longest else least) for text in _spelled(inner, longest)])
            case "SUBPATTERN":
                parts.append(_spelled(what[-1], longest))
            case "BRANCH":
                parts.append([text for choice in what[1] for text in _spelled(choice, longest)])
            case "AT":
                continue
            case _:
                raise ValueError(f"a pattern of a contract holds {kind}, which this cannot spell")
    return ["".join(pieces) for pieces in product(*parts)]


def spelled(pattern: str) -> list[str]:
    """The shortest and the longest texts that follow ``pattern``."""
    parsed = list(re._parser.parse(pattern))
    return list(dict.fromkeys(_spelled(parsed, False) + _spelled(parsed, True)))


@dataclass(frozen=True)
class Rows:
    """Texts for the columns of one contract, as one sender may deliver them on one day."""

    settings: Settings
    contract: Contract
    day: date

    @cached_property
    def register(self) -> Register:
        return Register.read(self.settings.seeds)

    @cached_property
    def sender(self) -> str:
        return (
            self.register.province if self.contract.delivered_by == "province" else next(iter(self.register.prefixes))
        )

    @cached_property
    def other(self) -> str:
        """Another platform than the sender."""
        return [code for code in self.register.prefixes if code != self.sender][1]

    def _of(self, number: str, platform: str) -> str:
        """A ticket number as one of ``platform``."""
        start, length = TICKET_PREFIX
        return number[: start - 1] + self.register.prefixes[platform] + number[start - 1 + length :]

    def _span(self, column: Column) -> tuple[datetime, datetime]:
        """The first moment that the column may hold, and the first that is too late."""
        first = column.not_before or self.register.first_day_of(self.sender)
        after = self.day + timedelta(days=1) if column.not_after_delivery else column.not_after
        return datetime.combine(first, time.min), datetime.combine(after, time.min)

    def _written(self, column: Column, moment: datetime) -> str:
        return moment.strftime("%Y-%m" if column.format == "yyyy-MM" else "%Y-%m-%d" if column.logical_type == "date"
                               else "%Y-%m-%d %H:%M:%S")  # fmt: skip

    def legal(self, column: Column) -> list[str]:
        """Texts at the limits that the contract sets to the column; the empty one where it may be empty."""
        return ([] if column.required else [""]) + [*self._values(column)]

    def _values(self, column: Column) -> Iterator[str]:
        if column.equals_sender:
            yield self.sender
        elif column.code_list:
            yield from load_code_list(column.code_list, self.settings.seeds).names
        elif column.pattern:
            owned = column.owned_by == "sender"
            yield from (self._of(text, self.sender) if owned else text for text in spelled(column.pattern))
        elif column.logical_type == "boolean":
            yield from ("是", "否", "0", "TRUE")
        elif column.logical_type == "integer":
            yield from (str(column.minimum or 0), str(BEYOND_DIGITS - 1 if column.maximum is None else column.maximum))
        elif column.logical_type in TYPES:
            first, after = self._span(column)
            yield from (
                self._written(column, moment) for moment in (first, datetime(2024, 2, 29), after - timedelta(seconds=1))
            )
        elif column.pii == "phone":
            yield from ("13800138000", "0", "1.38E+10", "+86 (024) 2345-6789 转 8001", "0" * column.max_length)
        else:
            yield from ("码", "x", "码" * column.max_length)
            if not column.is_identifier:
                yield ("\"'',;|\t=𠀀é\n" * column.max_length)[: column.max_length - 1] + "."

    def illegal(self, column: Column) -> list[tuple[str, str]]:
        """Texts just beyond the limits, each with a rule that it breaks; none for a column that is dropped unseen."""
        return [*self._faults(column)] if column.is_stored else []

    def _faults(self, column: Column) -> Iterator[tuple[str, str]]:
        if column.required:
            yield from (("", "required"), ("\u3000 ", "required"))
        if column.code_list:
            yield ("不在表内", "code")
        elif column.logical_type != "string":
            yield from (("bad", "type"), ("1e1", "type"), ("infinity", "type"))
        if column.equals_sender:
            yield (self.other, "sender")
        if column.pattern:
            longest = max(spelled(column.pattern), key=len)
            yield from ((longest + "0", "pattern"), (longest[:-1] + "?", "pattern"))
        if column.owned_by:
            yield (self._of(spelled(column.pattern)[0], self.other), "sender")
        if column.max_length:
            yield ("x" * (column.max_length + 1), "length")
        if column.minimum is not None:
            yield (str(column.minimum - 1), "range")
        if column.maximum is not None:
            yield (str(column.maximum + 1), "range")
        elif column.is_unbounded_count:
            yield (str(BEYOND_DIGITS), "personal")
        if column.may_be_personal and not column.pattern:
            yield ("13912345678", "personal")
        if column.logical_type in TYPES:
            first, after = self._span(column)
            yield (self._written(column, first - timedelta(seconds=1)), "before")
            # a month is told by its first day
            late = (
                after
                if column.format != "yyyy-MM"
                else datetime.combine((self.day.replace(day=1) + timedelta(days=31)), time.min)
            )
            yield (self._written(column, late), "future" if column.not_after_delivery else "after")

    @cached_property
    def plain(self) -> dict[str, str]:
        """A row with a value at a limit in every column; of a list the first code, for the last may mean deleted."""
        return {
            column.name: next(self._values(column)) if column.code_list else self.legal(column)[-1]
            for column in self.contract.columns
        }

    def at_limits(self) -> list[dict[str, str]]:
        """Each limit of each column in a row of its own, all optional columns empty, and all columns at their first limits."""
        columns = self.contract.columns
        rows = [self.plain | {column.name: text} for column in columns for text in self.legal(column)]
        rows.append(self.plain | {column.name: "" for column in columns if not column.required})
        rows.append({column.name: self.legal(column)[0] for column in columns})
        return [self.completed(row) for row in rows]

    def completed(self, row: dict[str, str]) -> dict[str, str]:
        """``row`` with a value in each empty column that another one makes required."""
        due = [column for column in self.contract.columns if column.required_with and row[column.required_with]]
        return row | {column.name: next(self._values(column)) for column in due if not row[column.name]}

    def beyond_limits(self) -> list[tuple[dict[str, str], str]]:
        """Each fault of each column in a row that is good but for it, with its reason."""
        due = [column for column in self.contract.columns if column.required_with]
        return [(self.plain | {column.name: ""}, f"{column.name}:required") for column in due] + [
            (self.plain | {column.name: text}, f"{column.name}:{rule}")
            for column in self.contract.columns
            for text, rule in self.illegal(column)
        ]
