"""What a role without SQL Lab may ask for: columns, metrics and filters by name, and SQL only as it stands in git.

A chart request may carry SQL of its own in a dozen places (ad-hoc columns and metrics, filters, ``extras``, sort
orders). For roles that may not write SQL each of them must name something of the data set, or hold a text that a chart
or filter in git holds for that very data set. What is not understood is refused.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlglot
from sqlglot import exp

from guard.definitions import security, series_columns, sql_texts, uuids

DIALECT = "duckdb"
RESULT_TYPES = {"full", "results", "post_processed"}
"""``query`` shows SQL, ``samples`` and ``drill_detail`` show rows that no chart shows."""
AGGREGATES = {"AVG", "COUNT", "COUNT_DISTINCT", "MAX", "MIN", "SUM"}
EXTRAS = {"time_grain_sqla", "relative_start", "relative_end", "where", "having"}
POST_PROCESSING = {"contribution", "flatten", "pivot", "rank", "rename", "sort"}
"""What pages ask for. Others fill a table with rows that nobody delivered: ``resample`` by the second takes all memory."""
MISSHAPEN = (TypeError, ValueError, AttributeError, LookupError, RecursionError)


class Refused(Exception):
    """The request asks for something that this role may not ask for; the text names it."""


def check(context: Any) -> None:
    """Raise Refused unless a query context (``superset.common.query_context.QueryContext``) stays within the data set."""
    try:
        _check(context)
    except MISSHAPEN as error:  # a list where a name belongs: a mistake of the request, not of the server
        raise Refused("请求的格式无法理解") from error


def _check(context: Any) -> None:
    dataset = context.datasource
    if str(getattr(dataset, "type", "")) != "table" or str(getattr(dataset, "uuid", "")) not in uuids("datasets"):
        raise Refused("数据集不在仪表板中")
    limits = security()["request_limits"]
    if len(context.queries) > limits["queries"]:
        raise Refused(f"一次请求超过 {limits['queries']} 个查询")
    for query in context.queries:
        if len(query.time_offsets or []) > limits["time_offsets"]:
            raise Refused(f"时间对比超过 {limits['time_offsets']} 个")
        other = query.datasource
        if other is not None and (other.type, other.id) != (dataset.type, dataset.id):
            raise Refused("查询的数据集与图表不一致")
        for kind in (context.result_type, query.result_type):
            if kind is not None and str(getattr(kind, "value", kind)) not in RESULT_TYPES:
                raise Refused(f"结果类型 {kind}")
        _Query(dataset).check(query)


def too_much(body: Any) -> str | None:
    """Whether a chart request states more than a page ever does: Superset writes the SQL in the server itself, where no
    limit of a query reaches, and for a hundred thousand values that takes it minutes. A long text counts as many."""
    most = security()["request_limits"]["values"]
    waiting, count = [body.get("queries") if isinstance(body, dict) else None], 0
    while waiting and count <= most:
        match waiting.pop():
            case dict() as part:
                waiting += part.values()
            case list() as part:
                waiting += part
            case str() as text:
                count += 1 + len(text) // 100
            case _:
                count += 1
    return f"一次请求超过 {most} 个值，请缩小筛选范围" if count > most else None


def not_made(body: Any) -> str | None:
    """What Superset cannot make, whoever asks: of a pivoted result it reads back CSV and JSON only."""
    asked = isinstance(body, dict) and (body.get("result_format"), body.get("result_type"))
    return "透视后的结果只能导出为 CSV" if asked == ("xlsx", "post_processed") else None


def misshapen(body: Any) -> str | None:
    """What is wrong with the form of a chart request, before Superset reads it; None when nothing is.

    Superset answers a list where a name belongs as a fault of its own, and parses a condition however long it is.
    """
    longest = security()["request_limits"]["condition_length"]
    if not isinstance(body, dict) or not isinstance(body.get("form_data"), dict | None):
        return "请求的格式无法理解"
    queries = body.get("queries")
    if not isinstance(queries, list) or not all(isinstance(query, dict) for query in queries):
        return "请求的格式无法理解"
    for query in queries:
        if query.get("datasource") not in (None, body.get("datasource")):
            return "查询的数据集与图表不一致"
        for key in ("columns", "metrics", "groupby", "series_columns"):
            named = query.get(key) or []
            if not isinstance(named, list) or not all(_is_named(item) for item in named):
                return f"{key} 的格式无法理解"
        extras = query.get("extras")
        if isinstance(extras, dict) and any(len(str(text)) > longest for text in extras.values()):
            return f"自定义条件超过 {longest} 个字符"
    return None


def _is_named(item: Any) -> bool:
    return isinstance(item, str) or (
        isinstance(item, dict) and isinstance(item.get("label"), str | None) and bool(item)
    )


class _Query:
    """The names and texts that a query on one data set may use."""

    def __init__(self, dataset: Any) -> None:
        self.columns = {column.column_name for column in dataset.columns}
        self.metrics = {metric.metric_name for metric in dataset.metrics}
        self.texts = sql_texts(str(dataset.uuid))
        self.series = series_columns(str(dataset.uuid))
        self.grains = {*dataset.database.db_engine_spec.get_time_grain_expressions(), None, ""}

    def check(self, query: Any) -> None:
        for column in (*query.columns, *(query.series_columns or [])):
            self.column(column)
        for metric in (*(query.metrics or []), *filter(None, [query.series_limit_metric])):
            self.metric(metric)
        for condition in query.filter:
            # a column that the data set does not have is left out by Superset, as dashboards want it
            if not isinstance(condition.get("col"), str):
                self.column(condition.get("col"))
            self.grain(condition.get("grain"))
        labels = {_label(item) for item in (*query.columns, *(query.metrics or []))}
        for order in query.orderby:
            self.order(order[0], labels)
        if query.granularity and query.granularity not in self.columns:
            raise Refused(f"时间列 {query.granularity}")
        if query.annotation_layers:
            raise Refused("注释层")
        self.extras(query.extras)
        for step in query.post_processing or []:
            self.post_processing(step)

    def column(self, column: Any) -> None:
        match column:
            case str() if column in self.columns:
                return
            case {"sqlExpression": str(text)} if text in self.columns or text in self.texts:
                self.grain(column.get("timeGrain"))
            case _:
                raise Refused(f"自定义列 {_shown(column)}")

    def metric(self, metric: Any) -> None:
        match metric:
            case str() if metric in self.metrics:
                return
            case {"expressionType": "SIMPLE", "column": {"column_name": str(name)}, "aggregate": str(aggregate)}:
                if name not in self.columns or aggregate not in AGGREGATES:
                    raise Refused(f"自定义指标 {_shown(metric)}")
            case {"expressionType": "SQL", "sqlExpression": str(text)} if text in self.texts:
                return
            case _:
                raise Refused(f"自定义指标 {_shown(metric)}")

    def order(self, expression: Any, labels: set[str | None]) -> None:
        match expression:
            case str() if expression in self.columns | self.metrics | labels:
                return
            case {"expressionType": _, "aggregate": _} | {"expressionType": "SQL"}:
                self.metric(expression)
            case _:
                raise Refused(f"排序 {_shown(expression)}")

    def extras(self, extras: dict[str, Any]) -> None:
        if unknown := {key for key, value in extras.items() if value} - EXTRAS:
            raise Refused(f"附加条件 {', '.join(sorted(unknown))}")
        self.grain(extras.get("time_grain_sqla"))
        for clause in ("where", "having"):
            if text := extras.get(clause):
                self.clause(text)

    def post_processing(self, step: dict[str, Any]) -> None:
        if step.get("operation") not in POST_PROCESSING:
            raise Refused(f"后处理 {_shown(step.get('operation'))}")
        # a table as wide as a column has values: only by columns that a chart in git spreads out
        wide = step.get("options", {}).get("columns") or [] if step["operation"] == "pivot" else []
        if not set(wide) <= self.series:
            raise Refused(f"后处理 {_shown(wide)}")

    def clause(self, text: Any) -> None:
        """The page joins the free conditions of a chart, ``(one) AND (another)``, and Superset writes them out anew."""
        known = {written for condition in self.texts for written in _conditions(condition, whole=True)}
        if not isinstance(text, str) or not (asked := _conditions(text)) or not asked <= known:
            raise Refused(f"自定义条件 {_shown(text)}")

    def grain(self, grain: Any) -> None:
        if not isinstance(grain, str | None) or grain not in self.grains:
            raise Refused(f"时间粒度 {_shown(grain)}")


def _conditions(text: str, *, whole: bool = False) -> set[str]:
    """The conditions that ``text`` joins by AND at its top, each in one way of writing; empty when it is not understood."""
    try:
        statements = sqlglot.parse(text, dialect=DIALECT)
    except sqlglot.errors.SqlglotError:
        return set()
    if len(statements) != 1 or statements[0] is None or any(node.comments for node in statements[0].walk()):
        return set()
    found = (
        [statements[0]]
        if whole
        else list(statements[0].flatten())
        if isinstance(statements[0], exp.And)
        else statements
    )
    return {condition.unnest().sql(dialect=DIALECT, comments=False) for condition in found}


def _label(item: Any) -> str | None:
    return item if isinstance(item, str) else item.get("label") if isinstance(item, dict) else None


def _shown(value: Any) -> str:
    text = value.get("sqlExpression", value) if isinstance(value, dict) else value
    return "".join(character if character.isprintable() else "?" for character in str(text)[:80])


def in_git(kind: str, asset: Any) -> bool:
    """Whether a chart or dashboard is one of those in git (``kind``: ``charts``, ``dashboards``)."""
    return str(asset.uuid) in uuids(kind)


def of_git(query: Any, model: Any, kind: str) -> Any:
    """A database query narrowed to the assets in git."""
    import uuid

    known: Iterable[uuid.UUID] = [uuid.UUID(text) for text in uuids(kind)]
    return query.filter(model.uuid.in_(known))
