"""dbt macros without dbt: rendered as for DuckDB, so that a property test can try thousands of values on the very SQL."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

from jinja2 import Environment

MACROS = Path(__file__).resolve().parents[2] / "dbt" / "macros"


def load(*files: str):
    """A namespace with the macros of ``dbt/macros/<file>.sql`` as functions that return SQL text."""
    environment = Environment(autoescape=False)  # noqa: S701 -- SQL, not HTML
    environment.globals["return"] = lambda text: text
    environment.globals["adapter"] = SimpleNamespace(
        dispatch=lambda name, package: lambda *arguments: getattr(module, f"default__{name}")(*arguments)
    )
    module = environment.from_string(
        "".join((MACROS / f"{file}.sql").read_text(encoding="utf-8") for file in files)
    ).module
    return module
