"""The environment variables that are accepted, and what is said about all others. The list: ``variables.yaml``."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hotline import yaml_file
from hotline.errors import HotlineError
from hotline.origin import ORIGINS

LIST = Path(__file__).with_name("variables.yaml")
TRUE, FALSE = {"1", "true", "yes", "on"}, {"", "0", "false", "no", "off"}
FOREIGN = ("AIRFLOW", "SUPERSET", "FLASK", "GUNICORN_CMD_ARGS", "FORWARDED_ALLOW_IPS")
"""Names that begin so speak to the servers; those not on the list are meant for another installation."""


@dataclass(frozen=True)
class Variable:
    """One accepted variable; ``by`` is operator, stack or test."""

    name: str
    kind: str
    by: str
    default: str
    meaning: str


@cache
def accepted() -> dict[str, Variable]:
    """The list by name."""
    return {entry["name"]: Variable(**entry) for entry in yaml_file.read(LIST)}


def unknown(environment: Mapping[str, str] = os.environ) -> dict[str, str | None]:
    """``HOTLINE_`` variables that nothing reads, each with the accepted name that looks most like it."""
    names = sorted(name for name in environment if name.startswith("HOTLINE_") and name not in accepted())
    return {name: next(iter(difflib.get_close_matches(name, accepted(), n=1, cutoff=0.8)), None) for name in names}


def handed_over(prefix: str, environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What a server inherits of the variables that begin with ``prefix``: the operator's, unless they are empty.

    Raises HotlineError for a value that is not of its kind.
    """
    found = {}
    for name, variable in accepted().items():
        if name.startswith(prefix) and variable.by == "operator" and environment.get(name):
            check(variable, environment[name])
            found[name] = environment[name]
    return found


def dropped(environment: Mapping[str, str] = os.environ) -> list[str]:
    """Variables of other installations that no server inherits: names only, since values may be secret."""
    operators = {name for name, variable in accepted().items() if variable.by == "operator"}
    return sorted(name for name in environment if name.startswith(FOREIGN) and name not in operators)


def without_foreign(environment: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The caller's environment without anything that speaks to a server or to a Python environment."""
    return {
        name: value
        for name, value in environment.items()
        if not name.startswith((*FOREIGN, "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV"))
    }


def check(variable: Variable, value: str) -> None:
    """Raises HotlineError when a value is not of the kind that the list says. The value is not shown: it may be secret."""
    wrong = None
    if variable.kind == "flag" and value.lower() not in TRUE | FALSE:
        wrong = "is neither 1, true, yes, on nor 0, false, no, off"
    elif variable.kind == "number" and not (value.isascii() and value.isdigit()):
        wrong = "is not a whole number"
    elif variable.kind == "origin" and value not in ORIGINS:
        wrong = "is neither real nor simulated"
    elif variable.kind == "address" and "://" not in value:
        wrong = "is not an address such as postgresql+psycopg2://user:password@host/name"
    elif variable.name == "SUPERSET_SECRET_KEY" and len(value) < 32:
        wrong = "is shorter than 32 characters: it could be guessed, and every session forged"
    if wrong:
        raise HotlineError(f"{variable.name} {wrong}", "see docs/operations/index.md, Settings")


def flag(name: str, environment: Mapping[str, str] = os.environ) -> bool:
    """An accepted variable of the kind flag; raises HotlineError when it is neither yes nor no."""
    value = environment.get(name, "")
    check(accepted()[name], value)
    return value.lower() in TRUE


def number(name: str, environment: Mapping[str, str] = os.environ) -> int:
    """An accepted variable of the kind number, 0 when it is not set; raises HotlineError when it is no number."""
    value = environment.get(name) or "0"
    check(accepted()[name], value)
    return int(value)
