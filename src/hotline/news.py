"""What a build need make: only what new files reach.

Every file is an entry of the ledger, so that all that reads the ledger has news on every day, which is nearly everything.
But most of it asks only whether a day came, how far a platform's tickets are known, or which tickets have changed. The
models that answer such questions are *gates* (tag ``gate`` in dbt_project.yml): they are made first and compared with what
they were, and what lies behind one that says the same is not made, nor tested, unless other news reaches it.

A view is made once for all builds of news, because it reads what is new by itself; but for those that name the build.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import duckdb

from hotline.settings import Settings

LEDGER = "ledger.deliveries"
TAKEN_IN = "base_feed_deliveries"
"""The table of the ledger's entries. What reads rows of a feed refers to it for the names of the feed's files alone."""
GATE = "gate"
NOT_OF_BUILDS = "quality"
"""Tag of what a quality run makes."""
OF_A_BUILD = {"this_build", "last_finished_build"}
"""Macros that give the number of a build."""
OF_FILE = re.compile(r"^(.*)[.][0-9]+-[0-9a-f]+[.]json$")
"""What the entries of one file have in common: see ``hotline.ingest.ledger``."""


def of(settings: Settings) -> frozenset[str] | None:
    """Sources with news since the last finished build, ``ledger.deliveries`` among them; empty when there is none.

    None when the build has to look at everything: the last one was whole, so that views read all; or the ledger says
    something else of a file that was taken in.
    """
    with duckdb.connect(str(settings.build_database), read_only=True) as connection:
        build, is_partial = connection.execute(
            "select max(build_no), max_by(is_partial, build_no) from staging.builds where finished_at is not null"
        ).fetchone()
        known = dict(
            connection.execute(
                f"select ledger_file, rows_loaded from staging.{TAKEN_IN} where built_in <= ?", [build]
            ).fetchall()
        )
    found = {path.relative_to(settings.ledger).as_posix() for path in settings.ledger.glob("dt=*/*/*.json")}
    new = found - known.keys()
    if not new and found == known.keys():
        return frozenset()
    loaded = {OF_FILE.sub(r"\1", name) for name, rows in known.items() if rows}
    if not is_partial or known.keys() - found or any(OF_FILE.sub(r"\1", name) in loaded for name in new):
        return None
    entries = [json.loads((settings.ledger / name).read_text(encoding="utf-8")) for name in new]
    return frozenset({LEDGER} | {f"raw.{entry['feed']}" for entry in entries if entry["rows_loaded"]})


class Reach:
    """The models of a parsed project, and which of them news reaches."""

    def __init__(self, manifest: Any) -> None:
        models = {key: node for key, node in manifest.nodes.items() if node.resource_type == "model"}
        self.models = {key: node for key, node in models.items() if NOT_OF_BUILDS not in node.tags}
        self.gates = {key for key, node in self.models.items() if GATE in node.tags}
        self.parents = {key: self._parents(node) for key, node in self.models.items()}
        of_a_build = _of_a_build(manifest.macros)
        self.lasting = {
            key
            for key, node in self.models.items()
            if node.config.materialized == "view" and not of_a_build & set(node.depends_on.macros)
        }
        """Views that say the same in every build of news."""

    @staticmethod
    def _parents(node: Any) -> set[str]:
        named = set(node.depends_on.nodes)
        reads_rows = any(parent.startswith("source.") and ".raw." in parent for parent in named)
        return {parent for parent in named if not (reads_rows and parent.endswith(f".{TAKEN_IN}"))}

    def of(self, news: Iterable[str], closed: Iterable[str] = ()) -> set[str]:
        """Models that news reaches, where ``closed`` gates let none through."""
        news, closed, known = set(news), set(closed), {}

        def reached(key: str) -> bool:
            if key not in known:
                known[key] = (
                    any(reached(parent) and parent not in closed for parent in self.parents[key])
                    if key in self.parents
                    else key.split(".", 2)[-1] in news
                )
            return known[key]

        return {key for key in self.models if reached(key)}

    def up_to_the_gates(self, reached: set[str]) -> set[str]:
        """All gates, and what of ``reached`` leads to them."""
        chosen, waiting = set(self.gates), list(self.gates)
        while waiting:
            for parent in self.parents.get(waiting.pop(), ()):
                if parent in reached and parent not in chosen:
                    chosen.add(parent)
                    waiting.append(parent)
        return chosen


def _of_a_build(macros: Mapping[str, Any]) -> set[str]:
    """Keys of the macros that give the number of a build, or call one that does."""
    found = {key for key, macro in macros.items() if macro.name in OF_A_BUILD}
    while more := {key for key, macro in macros.items() if found & set(macro.depends_on.macros)} - found:
        found |= more
    return found


def said(database: Path, gates: Iterable[Any]) -> dict[str, object]:
    """What each gate says, as one value. One that is built in parts lists changes: the number of the last build in it."""
    answers = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        for gate in gates:
            name = f"{gate.schema}.{gate.alias}"
            value = (
                "max(built_in)" if gate.config.materialized == "incremental" else "(count(*), sum(hash(said)::hugeint))"
            )
            answers[gate.unique_id] = connection.execute(f"select {value} from {name} as said").fetchone()[0]
    return answers


def build(manifest: Any, news: Iterable[str], database: Path, call: Callable[..., bool]) -> bool:
    """Make what news reaches, first up to the gates, and test what was made; tells whether all of it went well.

    Parameters
    ----------
    call: runs a command of dbt (``run`` or ``test``) on the models of these names.
    """
    reach, news = Reach(manifest), set(news)
    gates = [reach.models[key] for key in sorted(reach.gates)]
    before = said(database, gates)
    first = reach.up_to_the_gates(reach.of(news))
    if not call("run", _names(reach, first - reach.lasting)):
        return False
    after = said(database, gates)
    closed = {gate.unique_id for gate in gates if _is_as_before(gate, before, after)}
    behind = reach.of(news, closed) - first
    if (made := behind - reach.lasting) and not call("run", _names(reach, made)):
        return False
    return call("test", _names(reach, first | behind))


def _is_as_before(gate: Any, before: Mapping[str, object], after: Mapping[str, object]) -> bool:
    now = after[gate.unique_id]
    return now is None or (gate.config.materialized != "incremental" and now == before[gate.unique_id])


def _names(reach: Reach, keys: Iterable[str]) -> list[str]:
    return sorted(reach.models[key].name for key in keys)
