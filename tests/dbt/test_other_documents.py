"""Four documents of other authorities, filled into the template as a clerk does: what is wrong is found, nothing else.

``other_documents/<document>.csv`` holds the rows as typed, ``key`` being the line of the answer key that a row answers.
``other_documents/keys/`` says what is true of each line: OK, BAD, TRUNC (cut off instead of rounded), ROUND (within
rounding), COND and OPEN (not decidable without a base that is not printed), ALT (a wrong reading that must not be held
against the document).
"""

from __future__ import annotations

import csv
import re
from datetime import date
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from dbt_project import ONLY_TABLES
from ticket_files import deliver
from workbooks import filled

from hotline.cli import cli
from hotline.settings import Settings

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parent / "other_documents"
DOCUMENTS = {
    "huaibei_2021_03": ("淮北市市长热线运行情况通报", "2021-03", "月"),
    "huaibei_2019_01": ("淮北市市长热线热点综述", "2019-01", "月"),
    "fuzhou_2022_q2": ("福州市数字城管通报", "2022-04", "季度"),
    "panzhihua_2021_01": ("攀枝花市12328电话办理情况报告", "2021-01", "月"),
}
MEANS = {
    "OK": {"consistent", "within_rounding"},
    "ALT": {"consistent", "not_checkable"},
    "BAD": {"inconsistent"},
    "TRUNC": {"truncated"},
    "ROUND": {"within_rounding"},
    "COND": {"conditional"},
    "OPEN": {"conditional"},
}


def lines(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


@pytest.fixture(scope="module")
def findings(project, blank, tmp_path_factory) -> dict[tuple[str, str], dict]:
    """Finding of every row by document and code, of four workbooks that went through the whole way in."""
    var = tmp_path_factory.mktemp("documents") / "var"
    blank(var)
    with project.at(var):
        settings = Settings.from_environment()
        for name, (title, month, period) in DOCUMENTS.items():
            rows = [
                {"文件": title, "统计月份": month, "统计期间": period} | {k: v for k, v in row.items() if k != "key"}
                for row in lines(FOLDER / f"{name}.csv")
            ]
            book = filled("published_claims", rows, var / "filled.xlsx")
            deliver(settings, book, f"published_claims-{name}.xlsx", "LN", date(2024, 10, 14))
        taken = CliRunner().invoke(cli, ["ingest", "--json"])
        assert '"rows_quarantined": 0, "rejected": []' in taken.output, taken.output
        project.run(var, "run", "--select", "+mart_published_claim", *ONLY_TABLES)
        with duckdb.connect(str(settings.build_database), read_only=True) as connection:
            query = connection.execute("select * from intermediate.int_claim_finding")
            names = [column[0] for column in query.description]
            found = [dict(zip(names, row, strict=True)) for row in query.fetchall()]
            figures = connection.execute(
                "select document, status, count(*) from marts.mart_published_claim group by all"
            )
            assert sum(count for *_, count in figures.fetchall()) == len(
                {(f["document"], f["figure_code"]) for f in found}
            )
    return {(f["document"], f["claim_code"]): f for f in found}


KEYS = [(name, key) for name in DOCUMENTS for key in lines(FOLDER / "keys" / f"{name}.csv")]


@pytest.mark.parametrize(("name", "key"), KEYS, ids=[f"{name}-{key['key']}-{key['verdict']}" for name, key in KEYS])
def test_every_line_of_the_answer_key_is_answered(findings, name, key):
    title = DOCUMENTS[name][0]
    codes = [row["条目编号"] for row in lines(FOLDER / f"{name}.csv") if row["key"] == key["key"]]
    assert codes
    for code in codes:
        found = findings[title, code]
        # a percentage of what nobody printed is no contradiction, and no confirmation either
        assert found["status"] in MEANS[key["verdict"]] | ({"not_checkable"} if key["check"] == "grim" else set()), (
            found
        )
        if key["verdict"] in {"TRUNC", "BAD", "COND"}:
            assert found["status"] != "not_checkable"
            # the arithmetic: the quotient that the key gives, or the bases
            said = set(re.findall(r"[0-9]+(?:\.[0-9]+)?", found["explanation_zh"]))
            assert said & set(re.findall(r"[0-9]+(?:\.[0-9]+)?", key["arithmetic"])), found


def test_nothing_is_held_against_a_document_that_its_key_does_not_say(findings):
    blamed = {
        (name, row["key"])
        for name, (title, *_) in DOCUMENTS.items()
        for row in lines(FOLDER / f"{name}.csv")
        if findings.get((title, row["条目编号"]), {}).get("status") in {"inconsistent", "truncated", "conditional"}
    }
    assert blamed == {(name, key["key"]) for name, key in KEYS if key["verdict"] in {"BAD", "TRUNC", "COND", "OPEN"}}


def test_the_hidden_bases_are_named(findings):
    huaibei = DOCUMENTS["huaibei_2019_01"][0]
    assert "7124" in findings[huaibei, "热点-同一基数"]["explanation_zh"]
    assert "3项的公布占比对应的基数为7124" in findings[huaibei, "热点-基数"]["explanation_zh"]
    assert "符合的基数为7124–7129" in findings[huaibei, "热点-城乡建设类-占比"]["explanation_zh"]
    panzhihua = findings[DOCUMENTS["panzhihua_2021_01"][0], "办结率"]
    assert panzhihua["explanation_zh"].startswith("如果（口径为投诉，文件未写明）：分母344时，326件为94.7674%")
    fuzhou = findings[DOCUMENTS["fuzhou_2022_q2"][0], "合计-同比.合成"]
    assert "-5.01%" in fuzhou["explanation_zh"]
