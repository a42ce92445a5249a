"""How long each kind of thing is kept: ``deploy/retention.yaml``, checked as it is read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import yaml

from hotline import yaml_file
from hotline.errors import HotlineError
from hotline.settings import Settings

ALWAYS, DAYS, NEWEST = "always", "days", "newest"
KINDS = {
    "landing": (ALWAYS, DAYS),
    "raw": (ALWAYS,),
    "quarantine": (ALWAYS,),
    "ledger": (ALWAYS,),
    "quality": (ALWAYS,),
    "audit": (ALWAYS,),
    "reports": (ALWAYS,),
    "releases": (NEWEST,),
    "task_logs": (ALWAYS, DAYS),
    "superset_cache": (ALWAYS, DAYS),
    "airflow_metadata": (ALWAYS, DAYS),
}
"""What may be said of each kind. Where nothing but ``always`` may, a build, a backup or an audit would miss what is gone."""
KEEP = re.compile(r"always|([1-9][0-9]{0,4}) (days|newest)", re.ASCII)
FORECAST = ("window_days", "known_days", "warn_below_days")
COLUMNS = {"kind", "keep", "why", "apart"}


@dataclass(frozen=True)
class Rule:
    """How long one kind is kept."""

    kind: str
    keep: str
    """As it is written: ``always``, ``400 days``, ``3 newest``."""
    why: str
    number: int | None = None
    """Days, or how many; None for ``always``."""
    apart: tuple[str, ...] = ()
    """DAGs whose rows stay (``airflow_metadata``)."""


@dataclass(frozen=True)
class Forecast:
    """When `hotline doctor` speaks of a full disk, in days."""

    window_days: int
    known_days: int
    warn_below_days: int


@dataclass(frozen=True)
class Retention:
    """All rules by kind."""

    rules: Mapping[str, Rule]
    forecast: Forecast

    @classmethod
    def of(cls, settings: Settings) -> Retention:
        """The rules of an installation.

        Raises
        ------
        HotlineError: the file cannot be read, or a row of it is not a rule; names file and line.
        """
        return _Reader(settings.retention).read()

    def __getitem__(self, kind: str) -> Rule:
        return self.rules[kind]


class _Reader:
    """Reads the file with the line of each value, so that what is wrong can be found."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> Retention:
        try:
            root = yaml.compose(self.path.read_text(encoding="utf-8"), Loader=yaml_file.LOADER)
        except OSError as error:
            raise HotlineError(
                f"{self.path} cannot be read: {error.strerror}", "restore it from the project"
            ) from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            mark = getattr(error, "problem_mark", None)
            place = f"{self.path}:{mark.line + 1}" if mark else self.path
            raise HotlineError(f"{place}: this is no YAML", "mend the line, or the one above it") from error
        parts = self.mapping(root, {"kinds", "forecast"}, {"kinds", "forecast"})
        if not isinstance(parts["kinds"], yaml.SequenceNode):
            self.wrong(
                parts["kinds"], "kinds is no list", "write a row for each kind: - {kind: raw, keep: always, why: ...}"
            )
        rules: dict[str, Rule] = {}
        for node in parts["kinds"].value:
            rule = self.rule(node)
            if rule.kind in rules:
                self.wrong(node, f"{rule.kind} has a row already", "leave one row of each kind")
            rules[rule.kind] = rule
        if missing := KINDS.keys() - rules.keys():
            self.wrong(
                parts["kinds"], f"no row for {', '.join(sorted(missing))}", "add it; `keep: always` removes nothing"
            )
        limits = self.mapping(parts["forecast"], set(FORECAST), set(FORECAST))
        forecast = Forecast(**{name: self.whole(limits[name], name) for name in FORECAST})
        if forecast.known_days > forecast.window_days:
            self.wrong(
                limits["known_days"], "known_days is above window_days", "no forecast could ever be made: lower it"
            )
        return Retention(rules, forecast)

    def rule(self, node: yaml.Node) -> Rule:
        row = self.mapping(node, COLUMNS, {"kind", "keep", "why"})
        kind, keep, why = (self.text(row[name], name) for name in ("kind", "keep", "why"))
        if kind not in KINDS:
            self.wrong(row["kind"], f"there is no kind {kind}", f"the kinds are {', '.join(KINDS)}")
        found = KEEP.fullmatch(keep)
        form = (found[2] or ALWAYS) if found else None
        if form not in KINDS[kind]:
            forms = " or ".join({ALWAYS: "always", DAYS: "N days", NEWEST: "N newest"}[each] for each in KINDS[kind])
            self.wrong(row["keep"], f"{kind} is kept `{keep}`", f"write {forms}, N from 1 to 99999")
        apart: tuple[str, ...] = ()
        if "apart" in row:
            if kind != "airflow_metadata" or not isinstance(row["apart"], yaml.SequenceNode):
                self.wrong(row["apart"], f"apart of {kind}", "it is a list of DAGs, and of airflow_metadata alone")
            apart = tuple(self.text(each, "apart") for each in row["apart"].value)
        return Rule(kind, keep, why, int(found[1]) if found and found[1] else None, apart)

    def mapping(self, node: yaml.Node | None, known: set[str], needed: set[str]) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            self.wrong(node, "names and values are expected here", f"write {', '.join(sorted(needed))}")
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = self.text(key, "a name")
            if name not in known or name in found:
                self.wrong(
                    key,
                    f"{name} is {'there twice' if name in found else 'not known here'}",
                    f"known: {', '.join(sorted(known))}",
                )
            found[name] = value
        if missing := needed - found.keys():
            self.wrong(node, f"{', '.join(sorted(missing))} is missing", "add it")
        return found

    def text(self, node: yaml.Node, name: str) -> str:
        if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
            self.wrong(node, f"{name} is no text", "write a word or a sentence")
        return str(node.value)

    def whole(self, node: yaml.Node, name: str) -> int:
        text = self.text(node, name)
        if not re.fullmatch(r"[1-9][0-9]{0,4}", text, re.ASCII):
            self.wrong(node, f"{name} is {text}", "write a whole number from 1 to 99999")
        return int(text)

    def wrong(self, node: Any, problem: str, remedy: str) -> NoReturn:
        line = node.start_mark.line + 1 if node is not None else 1
        raise HotlineError(f"{self.path}:{line}: {problem}", remedy)
