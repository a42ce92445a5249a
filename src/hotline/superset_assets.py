"""Check the Superset assets in git before anybody opens a browser.

The chain is dashboard → chart → dataset → published table → column. A link that leads nowhere is an error, and so is
a column or metric without a Chinese label and a description: readers see the label, the description is its help text.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from hotline import yaml_file

COLUMN_PARAMETERS = ("groupby", "all_columns", "columns", "groupbyRows", "groupbyColumns", "x_axis")
METRIC_PARAMETERS = ("metric", "metrics", "percent_metrics", "timeseries_limit_metric")
SORTS_WITHOUT_COLUMN = {"name", "sum", "min", "max", "avg"}


@dataclass(frozen=True)
class Assets:
    """All asset files by kind and uuid; each as parsed, with its path under ``file``."""

    databases: dict[str, dict]
    datasets: dict[str, dict]
    charts: dict[str, dict]
    dashboards: dict[str, dict]

    @classmethod
    def read(cls, folder: Path) -> Assets:
        return cls(*(read_kind(folder / kind) for kind in ("databases", "datasets", "charts", "dashboards")))


def read_kind(folder: Path) -> dict[str, dict]:
    """Assets of one folder by uuid. Raises ValueError when two files have the same uuid."""
    found: dict[str, dict] = {}
    for path in sorted(folder.rglob("*.yaml")):
        asset = yaml_file.read(path)
        if asset["uuid"] in found:
            raise ValueError(f"{path.name} and {found[asset['uuid']]['file']} have the same uuid")
        found[asset["uuid"]] = asset | {"file": f"{folder.name}/{path.name}"}
    return found


def problems(assets: Assets, connection: duckdb.DuckDBPyConnection) -> list[str]:
    """All broken links and undocumented names, one sentence each; ``connection`` is to the published warehouse."""
    return [
        *(problem for dashboard in assets.dashboards.values() for problem in _dashboard(dashboard, assets)),
        *(problem for chart in assets.charts.values() for problem in _chart(chart, assets)),
        *(problem for dataset in assets.datasets.values() for problem in _dataset(dataset, assets, connection)),
        *_unused(assets),
    ]


def charts_of(dashboard: dict) -> list[str]:
    """Uuids of the charts on a dashboard, in layout order."""
    return [item["meta"]["uuid"] for item in _chart_items(dashboard)]


def _chart_items(dashboard: dict) -> list[dict]:
    components = (item for item in dashboard["position"].values() if isinstance(item, dict))
    return [item for item in components if item["type"] == "CHART"]


def _dashboard(dashboard: dict, assets: Assets) -> Iterator[str]:
    where = dashboard["file"]
    position = dashboard["position"]
    for key, item in position.items():
        if not isinstance(item, dict):
            continue
        for child in item.get("children", []):
            if child not in position:
                yield f"{where}: {key} holds {child}, which is not in the layout"
        if item["type"] != "CHART":
            continue
        chart = assets.charts.get(item["meta"]["uuid"])
        if chart is None:
            yield f"{where}: {key} shows a chart that does not exist ({item['meta']['uuid']})"
        elif chart["slice_name"] != item["meta"]["sliceName"]:
            yield f"{where}: {key} is titled {item['meta']['sliceName']}, its chart {chart['slice_name']}"
    for native in dashboard["metadata"].get("native_filter_configuration", []):
        for target in native["targets"]:
            dataset = assets.datasets.get(target["datasetUuid"])
            if dataset is None:
                yield f"{where}: filter {native['name']} reads a dataset that does not exist"
            elif target["column"]["name"] not in names(dataset, "columns"):
                yield f"{where}: filter {native['name']}: {dataset['table_name']} has no column {target['column']['name']}"
            # Superset leaves a filter out where the column is missing: the chart would show all months without a word
            excluded = native["scope"]["excluded"]
            for item in _chart_items(dashboard):
                chart = assets.charts.get(item["meta"]["uuid"], {})
                filtered = assets.datasets.get(chart.get("dataset_uuid"))
                if filtered is None or item["meta"]["chartId"] in excluded:
                    continue
                if target["column"]["name"] not in names(filtered, "columns"):
                    yield f"{where}: filter {native['name']} does not reach {chart['slice_name']}"


def _chart(chart: dict, assets: Assets) -> Iterator[str]:
    where = chart["file"]
    dataset = assets.datasets.get(chart["dataset_uuid"])
    if dataset is None:
        yield f"{where}: its dataset does not exist ({chart['dataset_uuid']})"
        return
    columns, metrics = names(dataset, "columns"), names(dataset, "metrics")
    for column in _used(chart["params"], COLUMN_PARAMETERS):
        if column not in columns:
            yield f"{where}: {dataset['table_name']} has no column {column}"
    for metric in _used(chart["params"], METRIC_PARAMETERS):
        if metric not in metrics:
            yield f"{where}: {dataset['table_name']} has no metric {metric}"
    for column in _addressed(chart["params"]):
        if column not in columns | metrics:
            yield f"{where}: {dataset['table_name']} has neither a column nor a metric {column}"


def _used(parameters: dict[str, Any], keys: tuple[str, ...]) -> Iterator[str]:
    """Names under ``keys``; expressions written into a chart are left to the database."""
    for key in keys:
        value = parameters.get(key) or []
        yield from (name for name in (value if isinstance(value, list) else [value]) if isinstance(name, str))


def _addressed(parameters: dict[str, Any]) -> Iterator[str]:
    """Names that filters, sorting and formatting refer to."""
    for condition in parameters.get("adhoc_filters", []):
        if condition["expressionType"] == "SIMPLE":
            yield condition["subject"]
    for order in parameters.get("order_by_cols", []):
        yield json.loads(order)[0]
    yield from parameters.get("column_config", {})
    yield from (rule["column"] for rule in parameters.get("conditional_formatting", []))
    sort = parameters.get("x_axis_sort")
    if sort and sort not in SORTS_WITHOUT_COLUMN:
        yield sort


def _dataset(dataset: dict, assets: Assets, connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    where = dataset["file"]
    if dataset["database_uuid"] not in assets.databases:
        yield f"{where}: its database does not exist ({dataset['database_uuid']})"
    for kind in ("columns", "metrics"):
        for item in dataset[kind]:
            name = item.get("column_name") or item["metric_name"]
            for text in ("verbose_name", "description"):
                if not item.get(text):
                    yield f"{where}: {name} has no {text}"
    relation = f"({dataset['sql']})" if dataset.get("sql") else f'{dataset["schema"]}."{dataset["table_name"]}"'
    try:
        published = {row[0]: row[1] for row in connection.execute(f"describe from {relation}").fetchall()}
    except duckdb.Error as error:
        yield f"{where}: {str(error).splitlines()[0]}"
        return
    for column in dataset["columns"]:
        name = column["column_name"]
        if "expression" in column:
            yield from _evaluate(where, name, column["expression"], relation, connection)
        elif name not in published:
            yield f"{where}: the published {dataset['table_name']} has no column {name}"
        elif _family(column["type"]) != _family(published[name]):
            yield f"{where}: {name} is {published[name]} in the warehouse, {column['type']} in the dataset"
    for metric in dataset["metrics"]:
        yield from _evaluate(where, metric["metric_name"], metric["expression"], relation, connection)


def _evaluate(
    where: str, name: str, expression: str, relation: str, connection: duckdb.DuckDBPyConnection
) -> Iterator[str]:
    """Let the database bind the expression: it knows best which columns it names."""
    try:
        connection.execute(f"explain select {expression} from {relation}")
    except duckdb.Error as error:
        yield f"{where}: {name}: {str(error).splitlines()[0]}"


def _family(kind: str) -> str:
    """Types that draw alike: exact widths are the warehouse's contract, not the dashboard's."""
    base = kind.upper().partition("(")[0]
    numbers = {"BIGINT", "HUGEINT", "INTEGER", "SMALLINT", "TINYINT", "DOUBLE", "FLOAT", "DECIMAL"}
    return "number" if base in numbers else base


def _unused(assets: Assets) -> Iterator[str]:
    shown = {uuid for dashboard in assets.dashboards.values() for uuid in charts_of(dashboard)}
    for uuid, chart in assets.charts.items():
        if uuid not in shown:
            yield f"{chart['file']}: no dashboard shows it"


def names(dataset: dict, kind: str) -> set[str]:
    """Column or metric names of a dataset; ``kind`` is ``columns`` or ``metrics``."""
    return {item.get("column_name") or item["metric_name"] for item in dataset[kind]}
