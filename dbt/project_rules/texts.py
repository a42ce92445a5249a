"""What a description must be, and what a model's SQL says; shared by the rules."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable
from functools import cache
from pathlib import Path

import yaml
from dbt_score import RuleViolation

ENGLISH = re.compile(r"[A-Za-z]{2}")
CHINESE = re.compile(r"[\u4e00-\u9fff]")
COMMENT = re.compile(r"\{#.*?#\}|--[^\n]*", re.DOTALL)
NO_RELATION_FOLLOWS = re.compile(r"\bextract\s*\(\s*\w+\s+from\b|\bdistinct\s+from\b", re.IGNORECASE)
HARD_CODED = re.compile(r"\b(?:from|join)\s+(\"?\w+\"?\s*\.\s*\"?\w+\"?|'[^']+'|(?:read|scan)_\w+\s*\()", re.IGNORECASE)
REFERRED = re.compile(
    r"\b(from|join)\s+(?:\{\{\s*)?(?:\w+\()*ref\('(\w+)'\)[^}\n]*?\}\}(?:\s+as\s+(\w+))?", re.IGNORECASE
)
DATED = re.compile(r"\bholds_on\('(\w+)'")
HAND_DATED = re.compile(r"[<>]=?\s*(?:coalesce\(\s*)?(?:\w+\.)?valid_(?:from|to)\b|\bvalid_(?:from|to)\b[^\n]*?[<>]")
# the label of a roll-up decides nothing
BRANCH = re.compile(r"\bcase\b(?!\s+when\s+grouping\b)|\bfilter\s*\(", re.IGNORECASE)


def in_both_languages(text: str) -> bool:
    return bool(ENGLISH.search(text) and CHINESE.search(text))


def violation_for(names: Iterable[str], problem: str) -> RuleViolation | None:
    """A violation that lists the offenders, none when there are none."""
    found = ", ".join(names)
    return RuleViolation(f"{found}: {problem}") if found else None


def code_of(raw_code: str) -> str:
    """A model's template without its comments: what a comment speaks of is no code."""
    return COMMENT.sub("", raw_code)


def hard_coded_relations(raw_code: str) -> list[str]:
    """Relations and files that a template reads by name instead of with ref() or source()."""
    return [match[1] for match in HARD_CODED.finditer(NO_RELATION_FOLLOWS.sub("", code_of(raw_code)))]


def joins(raw_code: str) -> list[tuple[str, str, str]]:
    """``(join or from, relation, alias)`` of all ref() of a template; the alias is the relation's name where none is given."""
    found = REFERRED.findall(code_of(raw_code))
    return [(how.lower(), name, alias or name) for how, name, alias in found]


def undated_joins(raw_code: str, versioned: Container[str], hands_on: bool = False) -> list[str]:
    """Relations of ``versioned`` that a template joins, or begins with, without a day on which their rows must hold.

    ``hands_on``: what is made of the template has a validity of its own, so that whoever joins it says the day.
    """
    dated = set(DATED.findall(raw_code))
    return [
        name
        for how, name, alias in joins(raw_code)
        if name in versioned and not hands_on and alias not in dated and (how == "join" or not dated)
    ]


def has_branch(raw_code: str) -> bool:
    return bool(BRANCH.search(code_of(raw_code)))


def folder_and_stem(path: str | None) -> tuple[str, str]:
    """Of ``hotline://models/staging/stg_tickets.yml`` or the like; empty for a missing path."""
    inside = Path((path or "").partition("://")[2] or path or "")
    return inside.parent.as_posix(), inside.stem


@cache
def unit_tested_models(path: str) -> frozenset[str]:
    """Models that a yml file of the project (``hotline://models/…``) has unit tests for; dbt-score does not load those."""
    text = Path(path.partition("://")[2]).read_text(encoding="utf-8")
    return frozenset(test["model"] for test in yaml.load(text, yaml.CSafeLoader).get("unit_tests", []))
