"""What git says: ``security.yaml`` and the assets, read once when the server starts."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from hotline import yaml_file

FOLDER = Path(__file__).resolve().parents[1]


@cache
def security() -> dict:
    """The parsed ``security.yaml``."""
    return yaml_file.read(FOLDER / "security.yaml")


@cache
def assets(kind: str) -> tuple[dict, ...]:
    """Asset files of one kind (``charts``, ``dashboards``, ``datasets``)."""
    return tuple(yaml_file.read(path) for path in sorted((FOLDER / "assets" / kind).glob("*.yaml")))


@cache
def uuids(kind: str) -> frozenset[str]:
    """Uuids of the assets in git."""
    return frozenset(asset["uuid"] for asset in assets(kind))


@cache
def sql_texts(dataset: str) -> frozenset[str]:
    """Free SQL that charts and filters in git use on the data set with this uuid."""
    found = {
        text for chart in assets("charts") if chart["dataset_uuid"] == dataset for text in _expressions(chart["params"])
    }
    for dashboard in assets("dashboards"):
        for native in dashboard["metadata"].get("native_filter_configuration", []):
            if any(target["datasetUuid"] == dataset for target in native["targets"]):
                found.update(_expressions(native))
    return frozenset(found)


@cache
def series_columns(dataset: str) -> frozenset[str]:
    """Columns that charts in git on the data set with this uuid spread out into series."""
    return frozenset(
        name
        for chart in assets("charts")
        if chart["dataset_uuid"] == dataset and chart["viz_type"] != "table"
        for key in ("groupby", "columns")
        for name in chart["params"].get(key) or []
        if isinstance(name, str)
    )


def _expressions(value: Any) -> Iterator[str]:
    match value:
        case {"sqlExpression": str(text)}:
            yield text
        case dict():
            for item in value.values():
                yield from _expressions(item)
        case list():
            for item in value:
                yield from _expressions(item)
