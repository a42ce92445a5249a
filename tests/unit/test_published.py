"""The bulletin as feeds: every printed figure arrives, under the headers and codes of the contracts."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from hotline.contracts import feed_file
from hotline.errors import HotlineError
from hotline.published import deliver
from hotline.settings import Settings

HOME = Path(__file__).resolve().parents[2]
REFERENCE = HOME / "reference" / "liaoning_2024_09"
LISTS = HOME / "dbt" / "seeds" / "code_lists"


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def published(name: str) -> list[dict[str, str]]:
    return rows_of(REFERENCE / f"{name}.csv")


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    var = tmp_path_factory.mktemp("var")
    deliver(Settings(home=HOME, var=var), var / "landing")
    return var / "landing"


@pytest.fixture(scope="module")
def claims(landing: Path) -> list[dict[str, str]]:
    return rows_of(next(landing.glob("LN/*/published_claims-202409.csv")))


def stated(claims: list[dict[str, str]], **scope: str) -> str:
    """The figure of the one claim with exactly this scope that is recomputed from tickets."""
    columns = ("度量", "平台编码", "业务类型", "业务领域", "问题类别", "问题子类")
    tickets = [claim for claim in claims if claim["按工单复算"] == "是"]
    found = {c["公布值"] for c in tickets if all(c[name] == scope.get(name, "") for name in columns)}
    assert len(found) == 1, scope
    return found.pop()


def test_every_file_meets_its_contract(landing: Path) -> None:
    for path in landing.rglob("*.csv"):
        contract = yaml.safe_load(
            (HOME / "contracts" / f"{path.name.split('-')[0]}.odcs.yaml").read_text(encoding="utf-8")
        )
        columns = {p["businessName"]: p for p in contract["schema"][0]["properties"]}
        rows = rows_of(path)
        assert rows
        assert list(rows[0]) == list(columns)
        keys = [name for name, p in columns.items() if p.get("primaryKey")]
        assert len({tuple(row[k] for k in keys) for row in rows}) == len(rows)
        for name, column in columns.items():
            values = {row[name] for row in rows}
            assert not (column.get("required") and "" in values), (path, name)
            if pattern := column.get("logicalTypeOptions", {}).get("pattern"):
                assert all(re.search(pattern, value) for value in values if value), (path, name)
            for custom in column.get("customProperties", []):
                if custom["property"] == "codeList":
                    known = {
                        v for row in rows_of(LISTS / f"{custom['value']}.csv") for v in (row["code"], row["name_zh"])
                    }
                    assert values - {""} <= known, (path, name)


def test_indicators_arrive_as_printed(landing: Path) -> None:
    names = {row["code"]: row["name_zh"] for row in rows_of(LISTS / "indicators.csv")}
    annex = published("annex1_indicators")
    assert len(annex) == 15
    for printed in annex:
        path = next(landing.glob(f"{printed['platform_code']}/*/reported_indicators-*.csv"))
        have = {row["指标名称"]: row["指标值"] for row in rows_of(path)}
        assert len(have) == 20
        for column, value in printed.items():
            code = column.removesuffix("_pct").removesuffix("_count")
            if code in names:
                assert have[names[code]] == {"done": "1"}.get(value, value), (path, column)
        for audit in published("annex2_spot_check"):
            if audit["platform_code"] == printed["platform_code"]:
                for rate in ("callback", "close", "satisfaction"):
                    assert have[names[rate]] == audit[f"reported_{rate}_pct"]


def test_spot_checks_give_the_audited_rates_and_the_nine_numbers(landing: Path) -> None:
    checks = rows_of(next(landing.glob("LN/*/spot_checks-*.csv")))
    assert len(checks) == 60
    for row in published("annex2_spot_check"):
        mine = [check for check in checks if check["平台编码"] == row["platform_code"]]
        assert len(mine) == int(row["sampled_tickets"])
        for answer, rate in (("回访属实", "callback"), ("办结属实", "close"), ("满意属实", "satisfaction")):
            passed = sum(check[answer] == "是" for check in mine)
            assert 100 * passed / len(mine) == float(row[f"audited_{rate}_pct"]), row["platform_name"]
    numbered = {(c["平台编码"], c["工单编号"]) for c in checks if c["工单编号"]}
    assert numbered == {(r["platform_code"], r["ticket_no"]) for r in published("annex2_problem_tickets")}
    assert all(check["办结属实"] == "否" for check in checks if check["工单编号"])


def test_volume_claims_hold_the_two_tables(claims: list[dict[str, str]]) -> None:
    tables = (
        ("volume_by_business_type", "business_type_name", "业务类型"),
        ("volume_by_domain", "domain_name", "业务领域"),
    )
    for table, column, header in tables:
        for row in published(table):
            scope = {} if row[column] == "总计" else {header: row[column]}
            for measure in ("tickets", "share_pct", "yoy_pct", "mom_pct"):
                if row[measure]:
                    assert float(stated(claims, 度量=measure, **scope)) == float(row[measure])


def test_platform_claims_hold_annex_3_and_annex_1(claims: list[dict[str, str]]) -> None:
    names = {"complaint": "投诉举报", "consultation": "信息咨询", "suggestion": "意见建议"}
    for row in published("annex3_volume_by_platform"):
        scope = {"平台编码": row["platform_code"]}
        for code, name in names.items():
            assert stated(claims, 度量="tickets", 业务类型=name, **scope) == row[code]
        for measure, column in (
            ("tickets", "total"),
            ("share_pct", "share_pct"),
            ("yoy_pct", "yoy_pct"),
            ("rank", "rank"),
        ):
            assert stated(claims, 度量=measure, **scope) == row[column]
    for row in published("annex1_indicators"):
        assert stated(claims, 度量="score", 平台编码=row["platform_code"]) == row["total_score"]
        assert stated(claims, 度量="score_rank", 平台编码=row["platform_code"]) == row["rank"]


def test_top_list_claims_hold_the_five_and_three_of_each(claims: list[dict[str, str]]) -> None:
    types = {"complaint": "投诉举报", "consultation": "信息咨询"}
    platforms = {row["platform_name"]: row["platform_code"] for row in published("annex3_volume_by_platform")}
    lists = (
        ("top_categories", lambda row: {}),
        ("top_platforms_by_category", lambda row: {"平台编码": platforms[row["platform_name"]]}),
        ("top_subcategories", lambda row: {"问题子类": row["subcategory_name"]}),
    )
    count = 0
    for table, extra in lists:
        for row in published(table):
            scope = {"业务类型": types[row["business_type"]], "问题类别": row["category_name"], **extra(row)}
            assert stated(claims, 度量="tickets", **scope) == row["tickets"]
            assert float(stated(claims, 度量="share_pct", **scope)) == float(row["share_pct"])
            assert stated(claims, 度量="rank", **scope) == row["rank"]
            count += 1
    assert count == 10 + 24 + 29


def test_every_share_says_what_it_is_a_share_of(claims: list[dict[str, str]]) -> None:
    for claim in claims:
        on_tickets = claim["按工单复算"] == "是"
        assert bool(claim["占比基数"]) == (on_tickets and claim["度量"] == "share_pct"), claim["条目编号"]
        if claim["占比基数"] == "category":
            assert claim["问题类别"]
            assert claim["平台编码"] or claim["问题子类"]
    rates = [c["公布值"] for c in claims if c["度量"] in ("share_pct", "yoy_pct", "mom_pct")]
    assert all(re.fullmatch(r"-?\d+\.\d\d", value) for value in rates)


def test_checks_within_a_document_name_figures_of_it(landing: Path) -> None:
    for path in landing.glob("LN/*/published_claims-*.csv"):
        rows = rows_of(path)
        codes = {row["条目编号"] for row in rows}
        for row in rows:
            named = [code.lstrip("-") for code in f"{row['依据条目']}|{row['基数条目']}".split("|") if code]
            assert set(named) <= codes, row["条目编号"]
            assert bool(named) == (row["核对方法"] not in ("", "given")), row["条目编号"]
            assert row["条目编号"] not in named, row["条目编号"]
            if row["核对方法"] == "grim":
                assert row["口径假设"], row["条目编号"]
                assert row["口径假设（英文）"], row["条目编号"]


def test_restated_figures_arrive_as_printed(claims: list[dict[str, str]]) -> None:
    stated_by_code = {row["条目编号"]: row for row in claims}
    for row in published("text_figures"):
        matches = [code for code in stated_by_code if code.removeprefix("LN202409-").split(".")[0] == row["code"]]
        assert matches, row["code"]
        assert {stated_by_code[code]["公布值"] for code in matches} == {row["stated_text"]}


def test_shanghai_arrives_as_a_year(landing: Path) -> None:
    rows = rows_of(next(landing.glob("LN/*/published_claims-2021.csv")))
    assert {(row["统计月份"], row["统计期间"]) for row in rows} == {("2021-01", "year")}
    dispatched = next(row for row in rows if row["条目编号"] == "SH2021-dispatched")
    assert (dispatched["公布值"], dispatched["数量级"]) == ("29.83", "10000")
    for row in rows_of(HOME / "reference" / "shanghai_2021" / "annual_figures.csv"):
        assert float(row["stated_text"]) * int(row["scale"]) == pytest.approx(float(row["value"]))


def test_delivery_has_its_checks_and_its_time(landing: Path) -> None:
    for path in landing.rglob("*.csv"):
        data = path.read_bytes()
        check = json.loads(path.with_name(f"{path.name}.check").read_text(encoding="utf-8"))
        assert check == {"rows": data.count(b"\n") - 1, "sha256": hashlib.sha256(data).hexdigest()}
        stamp = datetime.fromtimestamp(path.stat().st_mtime, ZoneInfo("Asia/Shanghai"))
        assert f"{stamp:%Y-%m-%d %H:%M}" == f"{path.parent.name} 06:00"


def test_a_second_delivery_changes_nothing_and_a_damaged_file_is_replaced(tmp_path: Path) -> None:
    settings = Settings(home=HOME, var=tmp_path)
    first = deliver(settings, settings.landing)
    assert first["written"] == first["files"] == 18
    assert deliver(settings, settings.landing)["written"] == 0
    victim = next(settings.landing.rglob("spot_checks-*.csv"))
    whole = victim.read_bytes()
    victim.write_bytes(whole[:-5])
    assert deliver(settings, settings.landing)["written"] == 1
    assert victim.read_bytes() == whole


def test_a_column_that_the_contract_does_not_know_is_an_error() -> None:
    with pytest.raises(HotlineError, match="no column colour"):
        feed_file.as_csv(HOME / "contracts", "spot_checks", [{"check_no": "1", "colour": "red"}])
