"""The asset files: every link holds, every text is Chinese, the database can only be read."""

from __future__ import annotations

import copy
import csv
import importlib.util
import json
import re
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
import yaml

from hotline.superset_assets import Assets, charts_of, problems

FOLDER = Path(__file__).resolve().parents[2] / "superset"
_SPEC = importlib.util.spec_from_file_location("provision", FOLDER / "provision.py")
provision = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(provision)
CHINESE = re.compile(r"[\u4e00-\u9fff]")


@pytest.fixture
def assets() -> Assets:
    return Assets.read(FOLDER / "assets")


def by_file(assets: dict[str, dict], name: str) -> dict:
    return next(asset for asset in assets.values() if asset["file"].endswith(f"/{name}.yaml"))


def test_every_link_from_dashboard_to_published_column_holds(
    assets: Assets, published: duckdb.DuckDBPyConnection
) -> None:
    assert problems(assets, published) == []


def drop_chart(assets: Assets) -> None:
    del assets.charts[by_file(assets.charts, "score_table")["uuid"]]


def drop_dataset(assets: Assets) -> None:
    del assets.datasets[by_file(assets.datasets, "mart_rate_integrity")["uuid"]]


def rename_table(assets: Assets) -> None:
    by_file(assets.datasets, "mart_score_monthly")["table_name"] = "mart_score_weekly"


def rename_column(assets: Assets) -> None:
    column = next(
        column
        for column in by_file(assets.datasets, "mart_volume_growth")["columns"]
        if column["column_name"] == "yoy_pct"
    )
    column["column_name"] = "year_on_year"


def break_metric(assets: Assets) -> None:
    by_file(assets.datasets, "mart_volume_monthly")["metrics"][0]["expression"] = "SUM(calls)"


def drop_label(assets: Assets) -> None:
    del by_file(assets.datasets, "mart_rate_integrity")["columns"][0]["verbose_name"]


def drop_description(assets: Assets) -> None:
    by_file(assets.datasets, "mart_rate_integrity")["columns"][0]["description"] = ""


def drop_month(assets: Assets) -> None:
    columns = by_file(assets.datasets, "mart_score_monthly")["columns"]
    columns[:] = [column for column in columns if column["column_name"] != "report_month"]


def hide_chart(assets: Assets) -> None:
    orphan = copy.deepcopy(by_file(assets.charts, "score_table")) | {"uuid": "0", "file": "charts/orphan.yaml"}
    assets.charts["0"] = orphan


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (drop_chart, "shows a chart that does not exist"),
        (drop_dataset, "its dataset does not exist"),
        (rename_table, "mart_score_weekly does not exist"),
        (rename_column, "the published mart_volume_growth has no column year_on_year"),
        (rename_column, "mart_volume_growth has no column yoy_pct"),
        (break_metric, '"calls" not found'),
        (drop_label, "month has no verbose_name"),
        (drop_description, "month has no description"),
        (drop_month, "filter 月份 does not reach 得分与名次"),
        (hide_chart, "charts/orphan.yaml: no dashboard shows it"),
    ],
)
def test_a_broken_link_is_named(
    assets: Assets, published: duckdb.DuckDBPyConnection, damage: Callable[[Assets], None], said: str
) -> None:
    damage(assets)
    found = problems(assets, published)
    assert any(said in problem for problem in found), found


def test_everything_a_reader_sees_is_chinese(assets: Assets) -> None:
    seen = []
    for dashboard in assets.dashboards.values():
        seen += [dashboard["dashboard_title"], dashboard["description"]]
        for item in dashboard["position"].values():
            if isinstance(item, dict) and item["type"] in {"HEADER", "MARKDOWN"}:
                seen += [item["meta"].get("text") or item["meta"]["code"]]
        for native in dashboard["metadata"]["native_filter_configuration"]:
            seen += [native["name"], native["description"]]
    for chart in assets.charts.values():
        seen += [chart["slice_name"], chart["description"], chart["params"].get("subtitle", "件")]
    for dataset in assets.datasets.values():
        seen.append(dataset["description"])
        for item in [*dataset["columns"], *dataset["metrics"]]:
            seen += [item["verbose_name"], item["description"]]
    assert [text for text in seen if not CHINESE.search(text)] == []
    assert "造假" not in "".join(seen), "statistics refute a number, they convict nobody"


def test_every_chart_is_shown_once(assets: Assets) -> None:
    shown = [chart for dashboard in assets.dashboards.values() for chart in charts_of(dashboard)]
    assert len(shown) == len(set(shown)) == len(assets.charts)


@pytest.mark.parametrize("file", ["indicator_table", "indicator_platforms"])
def test_beside_a_figure_stands_what_the_stated_limit_makes_of_it_and_what_is_left_out_as_pending(
    assets: Assets, file: str
) -> None:
    shown = by_file(assets.charts, file)["params"]["all_columns"]
    assert {"stated_value_text", "pending_text"} <= set(shown)


def notes(contents: dict[str, str]) -> dict[str, list[str]]:
    """What each dashboard says of simulated records, by its file."""
    return {
        path: [line.strip() for line in text.splitlines() if "模拟" in line]
        for path, text in contents.items()
        if path.startswith("dashboards/")
    }


def test_every_dashboard_says_once_and_in_one_way_that_its_records_are_simulated(
    monkeypatch: pytest.MonkeyPatch, assets: Assets
) -> None:
    monkeypatch.delenv("HOTLINE_ORIGIN", raising=False)
    simulated = notes(provision.asset_contents())
    assert len(simulated) == len(assets.dashboards)
    assert {len(lines) for lines in simulated.values()} == {1}
    assert len({line for lines in simulated.values() for line in lines}) == 1


def test_where_records_are_real_no_dashboard_says_that_they_are_simulated(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOTLINE_ORIGIN", "real")
    contents = provision.asset_contents()
    assert set(map(len, notes(contents).values())) == {0}
    for path, text in contents.items():  # nothing else is lost, and each is a file as before
        kept = [
            line for line in (FOLDER / "assets" / path).read_text("utf-8").splitlines() if "**模拟数据**" not in line
        ]
        assert text.splitlines() == kept, path
        assert yaml.safe_load(text) is not None


def test_charts_with_limits_state_the_rule_that_is_in_force(assets: Assets) -> None:
    """The numbers are data; the help text of a chart that draws limits says them, and has to follow."""
    seed = FOLDER.parent / "dbt" / "seeds" / "parameters" / "control_rules.csv"
    rule = [row for row in csv.DictReader(seed.read_text(encoding="utf-8").splitlines()) if not row["valid_to"]][-1]
    said = (
        f"{rule['baseline_days']} 天",
        f"{rule['range_factor']} 倍",
        f"{rule['minimum_days']} 天",
        f"{rule['minimum_mean']} 件",
    )
    drawn = [chart for chart in assets.charts.values() if "移动极差" in chart["description"]]
    assert len(drawn) == 3
    assert [chart["file"] for chart in drawn if not all(text in chart["description"] for text in said)] == []
    assert f"最近 {rule['arrival_days']} 天" in by_file(assets.charts, "arrival")["description"]


MADE_OF_HTML = {
    "tile_map": "tile_map",
    "feed_matrix": "feed_matrix",
    "forest_plot": "forest_plot",
    "score_board": "score_board",
    "score_bullets": "score_bullet",
    "rank_bump": "rank_bump",
    "month_panels": "month_panels",
    "rise_trend": "rise_panels",
    "district_dots": "district_dots",
    "league_dots": "league_dots",
    "stage_flow": "stage_flow",
    "stage_matrix": "stage_matrix",
}
"""Charts whose cells are HTML, and the one metric each shows: put together from registers, of nothing that a sender writes."""
WRITTEN_BY_US = {
    "platform_name",
    "platform_kind",
    "kind_name",
    "scope_kind",
    "measure",
    "tile_class",
    "day_state",
    "grade",
    "grade_name",
    "indicator_name",
    "explanation_zh",  # put together in mart_score_deduction, of names of indicators and of numbers
    "business_type_name",
    "part",
    "spot_class",
    "company_class",
    "verdict",
    "stage_name",
    "area_name",
}
"""Texts of registers (seeds) and of the data sets' own cases; everything else in HTML is a number or a day."""
CLEANED = {"matter_text", "district_text", "category_text", "enterprise_text"}
"""Names that a sender may write, of which the data set has left nothing that HTML is made of: tests/superset/test_topics.py."""


def test_no_table_takes_a_text_of_a_sender_for_html(assets: Assets) -> None:
    """Superset does unless told otherwise, and lets styles and links through: a cell could cover the page or lead away."""
    tables = {
        Path(chart["file"]).stem: chart["params"] for chart in assets.charts.values() if chart["viz_type"] == "table"
    }
    assert {name for name, params in tables.items() if params.get("allow_render_html") is not False} == set(
        MADE_OF_HTML
    )
    for name, metric in MADE_OF_HTML.items():
        assert (tables[name]["metrics"], tables[name].get("all_columns"), tables[name].get("groupby")) == (
            [metric],
            None,
            [],
        )


@pytest.mark.parametrize("chart", MADE_OF_HTML)
def test_html_is_made_of_numbers_days_and_texts_of_registers(
    assets: Assets, published: duckdb.DuckDBPyConnection, chart: str
) -> None:
    """Whatever a sender writes - names of files and companies, statements, rates as printed - is in no metric of HTML."""
    dataset = assets.datasets[by_file(assets.charts, chart)["dataset_uuid"]]
    (expression,) = [item["expression"] for item in dataset["metrics"] if item["metric_name"] == MADE_OF_HTML[chart]]
    words = set(re.findall(r"[a-z_0-9]+", re.sub("'[^']*'", "", expression)))
    types = dict(row[:2] for row in published.execute(f"describe from ({dataset['sql']})").fetchall())
    texts = {name for name in words & types.keys() if types[name] in {"VARCHAR", "JSON", "BLOB"}}
    assert texts and texts <= WRITTEN_BY_US | CLEANED


def test_ids_in_the_files_are_unique(assets: Assets) -> None:
    """The importer maps filters to charts by these ids."""
    ids = [
        item["meta"]["chartId"]
        for dashboard in assets.dashboards.values()
        for item in dashboard["position"].values()
        if isinstance(item, dict) and item["type"] == "CHART"
    ]
    assert len(ids) == len(set(ids))


COMPONENTS = {
    "value": {"numerator", "denominator", "unit_name", "mark"},
    "range_value": {"numerator_sum", "denominator_sum", "unit_text", "immature_days"},
    "share_pct": {"tickets", "denominator"},
    "vehicle_rate": {"complaints", "vehicle_months", "rate_interval", "verdict"},
    "concentration": {"incidents", "expected_incidents", "mark"},
    "ratio_to_expected": {"tickets", "expected_tickets", "rise_status_name"},
    "on_time_rate": {"on_time", "owed"},
    "old_share": {"old_open_days", "open_days"},
    "scored": {"parts", "rank", "points"},
    "one_touch_share": {"one_touch_count", "dispatched_count"},
    "returns_per_100": {"returns", "taken_tickets", "mark"},
    "contact_rate": {"contact_parts", "handling_mark"},
    "inspection_rate": {"inspection_parts", "handling_mark"},
}
"""What stands beside a rate: its numerator and denominator, and whether it can be relied on."""


def test_no_rate_stands_without_its_numerator_and_denominator(assets: Assets) -> None:
    seen = set()
    for chart in assets.charts.values():
        dataset = assets.datasets[chart["dataset_uuid"]]["table_name"]
        if chart["viz_type"] != "table" or dataset == "mart_volume_growth":  # shares there: of the whole table
            continue
        parameters = chart["params"]
        columns = [*parameters.get("all_columns", []), *parameters.get("groupby", []), *parameters.get("metrics", [])]
        shown = {column.removesuffix("_text").removesuffix("_label") for column in columns} | set(columns)
        for rate, beside in COMPONENTS.items():
            if rate in shown:
                seen.add(rate)
                assert beside <= shown, f"{chart['file']}: {rate} without {sorted(beside - shown)}"
    assert seen == set(COMPONENTS)


def test_the_database_is_read_only_closed_to_the_host_and_names_no_machine(assets: Assets) -> None:
    (database,) = assets.databases.values()
    assert database["sqlalchemy_uri"] == "duckdb:///published"
    assert not (database["allow_dml"] or database["allow_ctas"] or database["allow_cvas"])
    arguments = database["extra"]["engine_params"]["connect_args"]
    assert arguments["read_only"] is True
    assert arguments["config"]["enable_external_access"] is False
    assert arguments["config"]["lock_configuration"] is True


def test_every_correction_differs_from_the_shipped_chinese_pack() -> None:
    packs = (FOLDER.parent / ".venv" / "superset" / "lib").glob(
        "python3*/site-packages/superset/translations/zh/LC_MESSAGES/messages.json"
    )
    shipped = json.loads(next(packs).read_text(encoding="utf-8"))["locale_data"]["superset"]
    corrections = yaml.safe_load((FOLDER / "zh_corrections.yaml").read_text(encoding="utf-8"))
    assert [english for english, chinese in corrections.items() if shipped.get(english) == [chinese]] == []
