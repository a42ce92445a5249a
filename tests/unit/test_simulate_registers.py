"""Registers of units and companies, and what the province sends: small, lawful, and in agreement with the bulletin."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest
import yaml

from hotline.settings import Settings
from hotline.simulate import companies as companies_module
from hotline.simulate import districts, province, registers
from hotline.simulate.generate import Request, run

HOME = Path(__file__).resolve().parents[2]
MONTHS = ("2023-09", "2024-08", "2024-09")


@pytest.fixture(scope="module")
def landing(tmp_path_factory: pytest.TempPathFactory) -> Path:
    var = tmp_path_factory.mktemp("registers")
    request = Request(MONTHS, 0.05, 12328, "monthly")
    run(request, var / "landing", var / "simulation", Settings(home=HOME, var=var), lambda count: None)
    return var / "landing"


def encoding_of(path: Path) -> str:
    return "gb18030" if path.parent.parent.name in ("210700", "211200") else "utf-8-sig"


def rows(landing: Path, pattern: str) -> list[dict[str, str]]:
    """Rows of the files that match, by contract column, oldest delivery first."""
    found = []
    for path in sorted(landing.glob(pattern), key=lambda path: path.parent.name):
        contract = yaml.safe_load((HOME / "contracts" / f"{path.name.split('-')[0]}.odcs.yaml").read_text("utf-8"))
        names = {p["businessName"]: p["name"] for p in contract["schema"][0]["properties"]}
        with path.open(encoding=encoding_of(path), newline="") as file:
            found += [{names[header]: value for header, value in row.items()} for row in csv.DictReader(file)]
    return found


def test_units_form_a_tree_that_names_all_units_of_the_tickets(landing: Path) -> None:
    units = rows(landing, "*/*/handling_units-*.csv")
    assert len({row["platform_code"] for row in units}) == 15
    names = {(row["platform_code"], row["unit_name"]) for row in units}
    handled = {(row["platform_code"], row["handling_unit"]) for row in rows(landing, "210100/*/tickets-*.csv")}
    assert len(handled) > 10
    assert handled <= names
    parents = {(row["platform_code"], row["unit_code"]): row["parent_unit_code"] for row in units}
    depths = Counter()
    for platform, unit in parents:
        depth, above = 1, parents[platform, unit]
        while above:
            depth, above = depth + 1, parents[platform, above]
        depths[depth] += 1
    assert set(depths) == {1, 2, 3, 4}
    assert {row["unit_class"] for row in units} == {"委机关处室与委属单位", "区交通主管部门", "直派企业"}


def test_every_district_has_an_authority_and_tickets_of_the_district_go_to_it(landing: Path) -> None:
    authorities = {
        (row["platform_code"], row["unit_name"]): row["district"]
        for row in rows(landing, "*/2023-09-02/handling_units-*.csv")
        if row["unit_class"] == "区交通主管部门"
    }
    listed = {(platform, name) for platform, names in districts.DISTRICTS.items() for name in names.split()}
    assert {(platform, place) for (platform, _), place in authorities.items()} == listed
    assert len(listed) > 14 * 4
    handled = [
        (authorities[row["platform_code"], row["handling_unit"]], row["district"])
        for row in rows(landing, "210[12]00/*/tickets-*.csv")
        if (row["platform_code"], row["handling_unit"]) in authorities
    ]
    assert len(handled) > 50
    assert all(authority == district for authority, district in handled)


def test_a_change_comes_later_as_a_version_of_its_own(landing: Path) -> None:
    changed = rows(landing, "*/2024-08-02/handling_units-*.csv")
    assert len(changed) == 14
    assert {row["valid_from"] for row in changed} == {"2024-07-01"}
    first = {row["unit_code"]: row for row in rows(landing, "*/2023-09-02/handling_units-*.csv")}
    for row in changed:
        before = first[row["unit_code"]]
        assert {name for name in row if row[name] != before[name]} == {"valid_from", "parent_unit_code"}


def test_companies_are_fictional_with_codes_that_check(landing: Path) -> None:
    companies = rows(landing, "*/*/enterprises-*.csv")
    assert len({row["platform_code"] for row in companies}) == 15
    weights = [pow(3, i, 31) for i in range(17)]
    for row in companies:
        code = row["enterprise_code"]
        assert "示例" in row["enterprise_name"]
        assert re.fullmatch("91219900MA[0-9]{7}[0-9A-HJ-NPQRTUWXY]", code)
        values = [registers.CREDIT_CODE_CHARACTERS.index(c) for c in code]
        assert (sum(v * w for v, w in zip(values, weights, strict=False)) + values[17]) % 31 == 0
    cities = {}
    for row in companies:
        cities.setdefault(row["enterprise_code"], set()).add(row["platform_code"])
    assert Counter(map(len, cities.values())) == {1: 14 * len(companies_module.COMPANIES) + 1, 14: 2}
    keys = [(row["platform_code"], row["enterprise_code"], row["valid_from"]) for row in companies]
    assert len(keys) == len(set(keys)) == 2 * (14 * (len(companies_module.COMPANIES) + 2) + 1)


def test_the_province_found_what_the_bulletin_says(landing: Path) -> None:
    tests = rows(landing, "LN/*/dial_tests-*.csv")
    assert Counter(row["platform_code"] for row in tests) == dict.fromkeys(
        {row["platform_code"] for row in tests}, province.DIAL_TESTS
    )
    assert len(tests) == 60
    assert {(row["is_answered_in_time"], row["is_converted_in_time"]) for row in tests} == {("是", "是")}
    assert {row["called_at"][:7] for row in tests} == {"2024-09"}
    assert rows(landing, "LN/2024-10-08/platform_outages-*.csv") == []
    assert len(rows(landing, "LN/2024-09-02/platform_outages-*.csv")) == 1


def test_inspected_reports_are_of_closed_tickets_and_fail_with_a_defect(landing: Path) -> None:
    inspected = rows(landing, "LN/*/report_inspections-*.csv")
    assert len(inspected) == round(0.05 * province.INSPECTIONS)
    tickets = {}
    for path in landing.glob("*/2024-10-08/tickets-*.csv"):
        with path.open(encoding=encoding_of(path), newline="") as file:
            tickets |= {row["工单编号"]: row for row in csv.DictReader(file)}
    for row in inspected:
        assert tickets[row["ticket_no"]]["平台编码"] == row["platform_code"]
        assert tickets[row["ticket_no"]]["受理时间"][:10] < row["inspected_on"] <= "2024-09-30"
        assert (row["is_qualified"] == "是") == all(row[name] == "否" for name in province.DEFECTS)
