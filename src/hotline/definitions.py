"""What a build is made of, as one hash: models, macros and seeds of dbt, what their yml says, and our own modules in them.

By name and content: a file may move to another folder. Rules of style, data tests of their own files and documentation
are read by no build, so that they make nothing anew.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterable, Iterator
from itertools import accumulate
from pathlib import Path

from hotline import origin
from hotline.settings import Settings

PACKAGE = "hotline"
SOURCES = Path(__file__).parent
READ = {"models": (".sql", ".py", ".yml"), "macros": (".sql",), "seeds": (".csv", ".yml")}
"""Folders of the dbt project and the files in them that a build reads."""


def definitions_hash(settings: Settings) -> str:
    """SHA-256 of all definitions, and of what the installation says of its records: when it changes, history must be made
    anew."""
    files = [settings.dbt_project / "dbt_project.yml"]
    for folder, suffixes in READ.items():
        files += [path for path in (settings.dbt_project / folder).rglob("*") if path.suffix in suffixes]
    named = [(path.name, path.read_bytes()) for path in files]
    named += [(module, path.read_bytes()) for module, path in _modules(path for path in files if path.suffix == ".py")]
    digest = hashlib.sha256(origin.of_installation().encode())
    for name, content in sorted(named):
        digest.update(name.encode() + b"\0" + hashlib.sha256(content).digest())
    return digest.hexdigest()


def tests_hash(settings: Settings) -> str:
    """SHA-256 of the data tests that have files of their own; those in the yml of models are definitions."""
    digest = hashlib.sha256()
    for path in sorted((settings.dbt_project / "tests").rglob("*.sql")):
        digest.update(path.name.encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def _modules(models: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    """Modules of our package that Python models import, and that these import in turn. Told from the text: importing takes
    seconds."""
    waiting, seen = list(models), set()
    while waiting:
        for name in _imported(waiting.pop()):
            # a package runs before what lies in it, so it is read too
            for module in set(accumulate(name.split("."), "{}.{}".format)) - seen:
                seen.add(module)
                place = SOURCES.joinpath(*module.split(".")[1:])
                for path in (place.with_suffix(".py"), place / "__init__.py"):
                    if path.is_file():
                        yield module, path
                        waiting.append(path)


def _imported(path: Path) -> Iterator[str]:
    """``hotline.…`` as named by the imports of a file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == PACKAGE)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == PACKAGE:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
