"""Requests that a hostile member of a city's staff could send instead of what the page sends, as data.

``EXPRESSIONS`` are texts of SQL or Jinja, ``POSITIONS`` the places of a chart request that take a text, ``SHAPES`` whole
requests that are wrong in another way. ``all_of(dataset)`` gives every one by name: each expression in the two places
that take most, each place with the expressions that would tell most.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

COUNT = "count(*) FROM marts.fct_ticket"
EXPRESSIONS = {
    "union": f"{COUNT} UNION SELECT count(*)",
    "union_all": f"{COUNT} UNION ALL SELECT count(*)",
    "union_by_name": f"{COUNT} UNION ALL BY NAME SELECT count(*) AS n FROM marts.fct_ticket",
    "intersect": f"{COUNT} INTERSECT SELECT count(*) FROM marts.fct_ticket",
    "except": f"{COUNT} EXCEPT SELECT 1",
    "rows_as_json": "to_json(t)::varchar FROM marts.fct_ticket AS t UNION ALL SELECT ''",
    "struct_of_rows": "t::varchar FROM marts.fct_ticket AS t UNION ALL SELECT ''",
    "tickets": "ticket_no FROM marts.fct_ticket WHERE platform_code <> '' UNION ALL SELECT ''",
    "sub_select": "(SELECT count(*) FROM marts.fct_ticket)",
    "sub_select_of_names": "(SELECT string_agg(DISTINCT platform_code, ',') FROM marts.fct_ticket)",
    "exists": "EXISTS (SELECT 1 FROM marts.fct_ticket WHERE platform_code <> '')",
    "from_first": "(FROM marts.fct_ticket SELECT count(*))",
    "with": "(WITH t AS (SELECT * FROM marts.fct_ticket) SELECT count(*) FROM t)",
    "with_recursive": "(WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT count(*) FROM t)",
    "pivot": "(SELECT count(*) FROM (PIVOT marts.fct_ticket ON platform_code USING count(*)))",
    "unpivot": "(SELECT count(*) FROM (UNPIVOT marts.dim_platform ON platform_code, platform_name))",
    "array_of_select": "ARRAY(SELECT DISTINCT platform_code FROM marts.fct_ticket)::varchar",
    "lateral": "1 FROM marts.dim_platform p, LATERAL (SELECT count(*) FROM marts.fct_ticket) UNION ALL SELECT 1",
    "values": "(SELECT count(*) FROM (VALUES (1)) AS v, marts.fct_ticket)",
    "quoted_names": '(SELECT count(*) FROM "marts"."fct_ticket")',
    "catalog": '(SELECT count(*) FROM "hotline"."marts"."fct_ticket")',
    "query_function": "(SELECT count(*) FROM query('FROM marts.fct_ticket'))",
    "query_table": "(SELECT count(*) FROM query_table('marts.fct_ticket'))",
    "table_function_summary": "(SELECT string_agg(max, ',') FROM (SUMMARIZE marts.fct_ticket))",
    "describe": "(SELECT string_agg(column_name, ',') FROM (DESCRIBE marts.fct_ticket))",
    "read_text": "(SELECT content FROM read_text('/etc/passwd'))",
    "read_blob": "(SELECT content::varchar FROM read_blob('/etc/passwd'))",
    "read_csv": "(SELECT count(*) FROM read_csv('/etc/passwd'))",
    "read_json": "(SELECT count(*) FROM read_json('/etc/passwd'))",
    "replacement_scan": "(SELECT count(*) FROM '/etc/passwd')",
    "file_beside": "(SELECT count(*) FROM '../hotline.duckdb')",
    "glob": "(SELECT string_agg(file, ',') FROM glob('/*'))",
    "getvariable": "getvariable('HOME')",
    "getenv": "getenv('HOME')",
    "current_setting": "current_setting('temp_directory')",
    "settings": "(SELECT string_agg(value, ',') FROM duckdb_settings())",
    "tables": "(SELECT string_agg(sql, ',') FROM duckdb_tables())",
    "databases": "(SELECT string_agg(path, ',') FROM duckdb_databases())",
    "pragma_databases": "(SELECT string_agg(file, ',') FROM pragma_database_list())",
    "secrets": "(SELECT string_agg(name, ',') FROM duckdb_secrets())",
    "information_schema": "(SELECT count(*) FROM information_schema.tables)",
    "attach": "1); ATTACH '/etc/passwd' AS host; SELECT (1",
    "attach_memory": "1; ATTACH ':memory:' AS m",
    "copy": "1; COPY marts.fct_ticket TO '/tmp/stolen.csv'",
    "copy_select": "(COPY (SELECT 1) TO '/tmp/stolen.csv')",
    "macro": "1; CREATE TEMP MACRO m() AS TABLE SELECT * FROM marts.fct_ticket; SELECT 1",
    "set_variable": "1; SET VARIABLE v = (SELECT list(ticket_no) FROM marts.fct_ticket); SELECT 1",
    "pragma": "1; PRAGMA database_list",
    "load": "1; LOAD httpfs",
    "call": "1; CALL pragma_database_list()",
    "comment_line": "COUNT(*) -- tickets",
    "comment_block": "COUNT(*) /* */ FROM marts.fct_ticket /* */",
    "comment_open": "COUNT(*) FROM marts.fct_ticket /*",
    "or_true": "1 = 1) OR (1 = 1",
    "case": "CASE WHEN (SELECT count(*) FROM marts.fct_ticket) > 1 THEN 1 END",
    "window": "count(*) OVER (PARTITION BY 1)",
    "withheld_column": "MIN(caller_key)",
    "columns_star": "COLUMNS(*)::varchar",
    "lambda": "list_transform([1], x -> (SELECT count(*) FROM marts.fct_ticket))::varchar",
    "sleep": "(SELECT count(*) FROM range(1000000000000))",
    "jinja_arithmetic": "{{ 6 * 7 }}",
    "jinja_own_scope": "'{{ own_scope() }}'",
    "jinja_user": "'{{ current_username() }}'",
    "jinja_url": "{{ url_param('x') }}",
    "jinja_filters": "{{ filter_values('platform_code') }}",
    "jinja_dataset": "(SELECT count(*) FROM {{ dataset(1) }})",
    "jinja_metric": "{{ metric('tickets', 1) }}",
    "jinja_class": "{{ ''.__class__.__mro__ }}",
    "jinja_loop": "{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}1",
    "jinja_twice": "1 = 1 /* {{ '{{ 6 * 7 }}' }} */",
    "unicode_name": "ＣＯＵＮＴ(*)",
    "empty": " ",
    "nul": "COUNT(*)\x00",
    "deep": "(" * 3000 + "1" + ")" * 3000,
    "long": "1 + " * 20000 + "1",
}


def adhoc_column(text: str) -> dict:
    return {"expressionType": "SQL", "sqlExpression": text, "label": "forged"}


def adhoc_metric(text: str) -> dict:
    return {"expressionType": "SQL", "sqlExpression": text, "label": "forged"}


def simple_metric(column: Any, aggregate: Any) -> dict:
    return {
        "expressionType": "SIMPLE",
        "column": {"column_name": column},
        "aggregate": aggregate,
        "label": "forged",
    }


NAME = "platform_code"
"""Column of the attacked data set; a query that asks for it alone is granted, so what is added is what is refused."""

POSITIONS: dict[str, Callable[[str], dict]] = {
    "column": lambda text: {"columns": [adhoc_column(text)]},
    "column_as_name": lambda text: {"columns": [text]},
    "column_reference": lambda text: {"columns": [adhoc_column(text) | {"isColumnReference": True}]},
    "base_axis": lambda text: {"columns": [adhoc_column(text) | {"columnType": "BASE_AXIS", "timeGrain": "P1D"}]},
    "column_grain": lambda text: {"columns": [adhoc_column(NAME) | {"columnType": "BASE_AXIS", "timeGrain": text}]},
    "groupby": lambda text: {"groupby": [text]},
    "metric": lambda text: {"columns": [], "metrics": [adhoc_metric(text)]},
    "metric_as_name": lambda text: {"columns": [], "metrics": [text]},
    "metric_simple_column": lambda text: {"columns": [], "metrics": [simple_metric(text, "COUNT")]},
    "metric_simple_aggregate": lambda text: {"columns": [], "metrics": [simple_metric(NAME, text)]},
    "metric_simple_with_sql": lambda text: {
        "columns": [],
        "metrics": [simple_metric(NAME, "NONE") | {"sqlExpression": text}],
    },
    "filter_column": lambda text: {"filters": [{"col": adhoc_column(text), "op": "IS NOT NULL"}]},
    "filter_column_as_name": lambda text: {"filters": [{"col": text, "op": "IS NOT NULL"}]},
    "filter_operator": lambda text: {"filters": [{"col": NAME, "op": text, "val": "1"}]},
    "filter_value": lambda text: {"filters": [{"col": NAME, "op": "==", "val": text}]},
    "filter_values": lambda text: {"filters": [{"col": NAME, "op": "IN", "val": [text, "' OR 1=1 --"]}]},
    "filter_like": lambda text: {"filters": [{"col": NAME, "op": "LIKE", "val": text}]},
    "filter_grain": lambda text: {"filters": [{"col": NAME, "op": "==", "val": "1", "grain": text}]},
    "filter_time_range": lambda text: {"filters": [{"col": NAME, "op": "TEMPORAL_RANGE", "val": text}]},
    "where": lambda text: {"extras": {"where": text}},
    "where_beside_git": lambda text: {"extras": {"where": f"(is_main) AND ({text})"}},
    "having": lambda text: {"extras": {"having": text}},
    "grain": lambda text: {"extras": {"time_grain_sqla": text}},
    "unknown_extra": lambda text: {"extras": {"transpile_to_dialect": True, "where": text}},
    "order_by": lambda text: {"orderby": [[adhoc_metric(text), True]]},
    "order_by_name": lambda text: {"orderby": [[text, True]]},
    "series_columns": lambda text: {"columns": [adhoc_column(text)], "series_columns": [adhoc_column(text)]},
    "series_limit_metric": lambda text: {"series_limit": 1, "series_limit_metric": adhoc_metric(text)},
    "time_column": lambda text: {"granularity": text},
    "time_range": lambda text: {"time_range": text},
    "time_offset": lambda text: {"time_offsets": [text]},
    "label": lambda text: {"columns": [{"expressionType": "SQL", "sqlExpression": NAME, "label": text}]},
    "label_ordered_by": lambda text: {
        "columns": [{"expressionType": "SQL", "sqlExpression": NAME, "label": text}],
        "orderby": [[text, True]],
    },
    "post_processing": lambda text: {
        "post_processing": [{"operation": "rename", "options": {"columns": {NAME: text}}}]
    },
    "annotation": lambda text: {
        "annotation_layers": [{"name": text, "annotationType": "EVENT", "sourceType": "NATIVE", "value": 1}]
    },
}
TELLING = ("sub_select_of_names", "tickets", "jinja_dataset")
"""Expressions that are tried in every place."""


def all_of(dataset: int, others: dict[str, int]) -> dict[str, dict]:
    """Every forged request by name.

    Parameters
    ----------
    dataset: id of a data set with the column ``NAME`` and rows of every platform.
    others: ids of other data sets and charts to point at: ``dataset``, ``chart``.
    """
    forged = {}
    for name, text in EXPRESSIONS.items():
        for place in ("column", "metric", "where"):
            forged[f"{place}:{name}"] = request(dataset, POSITIONS[place](text))
    for place, patch in POSITIONS.items():
        for name in TELLING:
            forged[f"{place}:{name}"] = request(dataset, patch(EXPRESSIONS[name]))
    for kind in ("full", "query", "samples", "results", "columns", "timegrains", "drill_detail", "post_processed"):
        for level in ("context", "query"):
            for place in ("column", "metric"):
                body = request(dataset, POSITIONS[place](EXPRESSIONS["tickets"]))
                (body if level == "context" else body["queries"][0])["result_type"] = kind
                forged[f"{place}:tickets as {kind} of the {level}"] = body
            body = request(dataset, {"columns": []})
            (body if level == "context" else body["queries"][0])["result_type"] = kind
            forged[f"nothing as {kind} of the {level}"] = body
    for form in ("csv", "xlsx"):
        forged[f"metric:tickets as {form}"] = request(dataset, POSITIONS["metric"](EXPRESSIONS["tickets"])) | {
            "result_format": form
        }
        forged[f"plain as {form}"] = request(dataset, {}) | {"result_format": form}
    return forged | shapes(dataset, others)


def request(dataset: int, patch: dict) -> dict:
    """A chart request for the codes of platforms, changed by ``patch``."""
    query = {"columns": [NAME], "metrics": [], "filters": [], "extras": {}, "row_limit": 100} | copy.deepcopy(patch)
    return {
        "datasource": {"id": dataset, "type": "table"},
        "queries": [query],
        "result_format": "json",
        "result_type": "full",
    }


def shapes(dataset: int, others: dict[str, int]) -> dict[str, dict]:
    """Requests that are wrong otherwise: of other things, too many, or of a form that nobody expects."""
    plain = request(dataset, {})
    hostile = EXPRESSIONS["sub_select_of_names"]
    found = {
        "query of another data set": request(dataset, {"datasource": {"id": others["dataset"], "type": "table"}}),
        "a stored query": plain | {"datasource": {"id": 1, "type": "query"}},
        "a saved query": plain | {"datasource": {"id": 1, "type": "saved_query"}},
        "a data set that is not there": plain | {"datasource": {"id": 99999, "type": "table"}},
        "a data set by a text": plain | {"datasource": {"id": "1 OR 1=1", "type": "table"}},
        "form data of another request": plain
        | {"form_data": {"slice_id": others["chart"], "adhoc_filters": [hostile]}},
        "form data of a text": plain | {"form_data": "x"},
        "forced": plain | {"force": True, "custom_cache_timeout": -1},
        "cached for ever": plain | {"custom_cache_timeout": 10**9},
        "two queries, the second forged": plain
        | {"queries": [plain["queries"][0], request(dataset, POSITIONS["column"](hostile))["queries"][0]]},
        "hundreds of queries": plain | {"queries": plain["queries"] * 500},
        "hundreds of offsets": request(dataset, {"time_offsets": [f"{number} days ago" for number in range(500)]}),
        "resampled by the nanosecond": request(
            dataset, {"post_processing": [{"operation": "resample", "options": {"rule": "1ns", "method": "ffill"}}]}
        ),
        "pivoted by nothing": request(dataset, {"post_processing": [{"operation": "pivot", "options": {}}]}),
        "pivoted with an option of ours": request(
            dataset, {"post_processing": [{"operation": "pivot", "options": {"index": [NAME], "ours": 1}}]}
        ),
        "ranked by what is not there": request(
            dataset, {"post_processing": [{"operation": "rank", "options": {"metric": "x"}}]}
        ),
        "a filter by an object": request(dataset, {"filters": [{"col": NAME, "op": "ILIKE", "val": {}}]}),
        "a filter by objects": request(dataset, {"filters": [{"col": NAME, "op": "IN", "val": [{}]}]}),
        "a post processing that is a module": request(dataset, {"post_processing": [{"operation": "utils"}]}),
        "pivoted by every ticket": request(
            dataset,
            {
                "post_processing": [
                    {
                        "operation": "pivot",
                        "options": {
                            "index": [NAME],
                            "columns": ["ticket_no"],
                            "aggregates": {NAME: {"operator": "max"}},
                        },
                    }
                ]
            },
        ),
        "an annotation from another chart": request(
            dataset,
            {
                "annotation_layers": [
                    {"name": "a", "annotationType": "EVENT", "sourceType": "table", "value": others["chart"]}
                ]
            },
        ),
        "no queries": plain | {"queries": []},
        "rows without end": request(dataset, {"row_limit": 10**12}),
        "row count": request(dataset, {"is_rowcount": True}),
        "row offset below nought": request(dataset, {"row_offset": -1}),
        "time series": request(dataset, {"is_timeseries": True, "granularity": "accepted_at"}),
    }
    odd: list[Any] = [None, 1, "x", [], {}, [[]], [{}], [None], {"label": []}, [[[]]], [{"label": ["x"]}], True]
    for key in ("columns", "metrics", "filters", "orderby", "extras", "series_columns", "post_processing"):
        for number, value in enumerate(odd):
            found[f"{key} of form {number}"] = request(dataset, {key: value})
    for number, value in enumerate(odd):
        found[f"query of form {number}"] = plain | {"queries": [value]}
        found[f"data source of form {number}"] = plain | {"datasource": value}
        found[f"form data of form {number}"] = plain | {"form_data": value}
    for number, form in enumerate(
        ({"viz_type": "pivot_table_v2"}, {"viz_type": "table", "column_config": 3}, {"viz_type": ["table"]})
    ):
        for kind in ("json", "csv", "xlsx"):
            drawn = plain | {"form_data": form, "result_type": "post_processed", "result_format": kind}
            found[f"drawn from form {number} as {kind}"] = drawn
    return found
