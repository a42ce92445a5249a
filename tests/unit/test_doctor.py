"""``hotline doctor`` on copies of the seeds with one fault each, and on a made-up province that changed data only."""

import csv
import json
import shutil

import pytest
from click.testing import CliRunner

from hotline.cli import cli
from hotline.contracts import province, senders
from hotline.doctor import findings
from hotline.settings import Settings

SOUTH = {"code": "990100", "name_zh": "南山", "name_en": "South", "ticket_prefix": "990100", "platform_kind": "city"}


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """An installation of its own: contracts and seeds copied, nothing delivered."""
    here = Settings.from_environment()
    shutil.copytree(here.seeds, tmp_path / "dbt" / "seeds")
    shutil.copytree(here.contracts, tmp_path / "contracts")
    # who uses a list is told by statements, which type a column has by the project
    for folder in ("dbt/models", "dbt/macros", "expectations", "dbt/dbt_project.yml", "deploy"):
        (tmp_path / folder).symlink_to(here.home / folder)
    monkeypatch.setenv("HOTLINE_HOME", str(tmp_path))
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path / "var"))
    return Settings.from_environment()


def edit(settings, path, change):
    """Rewrite a seed: ``change`` gets its rows and returns what they become."""
    file = settings.seeds / path
    with file.open(encoding="utf-8", newline="") as handle:
        reader = csv.DictReader(handle)
        names, rows = reader.fieldnames, list(reader)
    with file.open("w", encoding="utf-8", newline="") as handle:
        writer = csv.DictWriter(handle, names, restval="", lineterminator="\n")
        writer.writeheader()
        writer.writerows(change(rows))


def test_the_installation_itself_is_sound(settings):
    assert findings(settings) == []


@pytest.mark.parametrize(
    ("path", "change", "problem"),
    [
        ("parameters/platform_population.csv", lambda r: r[1:], "city 210100 has no population"),
        (
            "parameters/platform_obligations.csv",
            lambda r: [x for x in r if (x["platform_code"], x["delivery_frequency"]) != ("210200", "monthly")],
            "210200 owes no monthly feeds",
        ),
        (
            "parameters/time_limits.csv",
            lambda r: [x for x in r if x["platform_code"]],
            "no time limit holds for 210100",
        ),
        (
            "code_lists/platforms.csv",
            lambda r: [r[0], r[1] | {"ticket_prefix": "210100"}, *r[2:]],
            "210200 has the ticket prefix of 210100",
        ),
        ("code_lists/platforms.csv", lambda r: [r[0] | {"ticket_prefix": ""}, *r[1:]], "210100 has no ticket prefix"),
        ("parameters/integrity_parameters.csv", lambda r: [*r, r[0] | {"valid_from": "2024-01-01"}], "hold at once"),
        ("code_lists/categories.csv", lambda r: [r[0] | {"domain": "sea"}, *r[1:]], "domain sea is not in"),
        ("code_lists/categories.csv", lambda r: [r[0], r[1] | {"aliases": r[0]["code"]}, *r[2:]], "stands for"),
        ("parameters/score_rules.csv", lambda r: [x for x in r if x["ruleset"].startswith("liaoning")], "has no rules"),
        ("parameters/provinces.csv", lambda r: [], "not exactly one province"),
        ("parameters/time_limit_extensions.csv", lambda r: [r[0] | {"time_limit_code": "nobody"}, *r[1:]], "nobody is not in"),
        ("parameters/category_versions.csv", lambda r: [*r, r[0] | {"version": "2", "valid_from": "2020-01-01"}], "hold at once"),
        # codes that nothing can use
        (
            "code_lists/ticket_statuses.csv",
            lambda r: [*r, r[0] | {"code": "lost", "name_zh": "丢失", "name_en": "Lost", "aliases": ""}],
            "nothing can use lost: no row of code_lists/event_types.csv has it under status_after",
        ),
        (
            "code_lists/indicator_units.csv",
            lambda r: [*r, {"code": "km", "name_zh": "公里", "lowest": "0", "highest": "9"}],
            "nothing can use km",
        ),
        ("code_lists/domains.csv", lambda r: [*r, r[0] | {"code": "space", "name_zh": "航天", "name_en": "", "aliases": ""}],
         "nothing can use space"),
        ("code_lists/categories.csv", lambda r: [*r, {"code": "飞车", "name_zh": "飞车", "domain": "railway"}],
         "nothing can use 飞车: no row of code_lists/subcategories.csv"),
        ("calendar/working_calendars.csv", lambda r: [*r, r[0] | {"code": "night"}], "nothing can use night"),
        # parts that do not make the whole
        ("code_lists/subcategories.csv", lambda r: [*r, r[0]], "stands in line 2 too"),
        ("parameters/score_rules.csv", lambda r: [x | {"full_marks": x["full_marks"] and "24"} for x in r], "sum to 24"),
        ("parameters/score_rules.csv", lambda r: [x | {"floor_marks": x["floor_marks"] and "13"} for x in r], "sum to 13"),
        ("parameters/score_rules.csv", lambda r: [x | {"full_marks": "60"} for x in r], "sum to"),
        ("parameters/backlog_age_bands.csv", lambda r: [r[0], r[2], *r[3:]], "same_day ends before day 1"),
        ("parameters/backlog_age_bands.csv", lambda r: r[1:], "begins after day 0"),
        ("parameters/backlog_age_bands.csv", lambda r: r[:-1], "the last band ends"),
        ("calendar/working_periods.csv", lambda r: [*r, r[-1] | {"starts_at": "08:00", "ends_at": "09:00"}], "overlap"),
        ("calendar/working_periods.csv", lambda r: [r[0] | {"starts_at": "24:00"}, *r[1:]], "ends before it begins"),
    ],
)  # fmt: skip
def test_each_gap_is_named_with_its_file_line_and_remedy(settings, path, change, problem):
    edit(settings, path, change)
    named = [finding for finding in findings(settings) if problem in finding.problem]
    assert named, [finding.problem for finding in findings(settings)]
    for finding in named:
        lines = (settings.seeds / finding.file).read_text(encoding="utf-8").count("\n")
        assert 1 <= finding.line <= lines and finding.remedy


def test_a_list_that_nothing_uses_is_named(settings):
    (settings.seeds / "code_lists" / "weather.csv").write_text(
        "code,name_zh,name_en,aliases,sort_order\nsun,晴,Sun,,1\n", "utf-8"
    )
    (finding,) = findings(settings)
    assert finding.file == "code_lists/weather.csv" and "no model" in finding.problem


def test_the_end_of_the_calendar_is_named_before_tickets_reach_it(settings):
    (settings.ledger / "dt=2031-01-01").mkdir(parents=True)
    (finding,) = findings(settings)
    assert finding.file == "calendar/state_council_days.csv"
    assert "deliveries reach 2031-01-01" in finding.problem


def test_findings_end_with_code_3_and_one_line_of_json_each(settings):
    edit(settings, "parameters/platform_population.csv", lambda rows: rows[1:])
    done = CliRunner().invoke(cli, ["doctor", "--json"])
    assert done.exit_code == 3
    (line,) = done.output.splitlines()
    assert json.loads(line)["file"] == "parameters/platform_population.csv"


def test_another_province_changes_data_only(settings):
    edit(settings, "parameters/provinces.csv", lambda rows: [{"code": "XX", "name_zh": "某省中心", "name_en": "Some"}])
    edit(settings, "code_lists/platforms.csv", lambda rows: [rows[0] | SOUTH | {"aliases": "南山市"}])
    edit(settings, "parameters/platform_population.csv", lambda rows: [rows[0] | {"platform_code": "990100"}])
    edit(
        settings,
        "parameters/platform_obligations.csv",
        lambda rows: [r | {"platform_code": "990100"} for r in rows if r["platform_code"] == "210100"],
    )
    assert findings(settings) == []
    assert province(settings.seeds).code == "XX"
    assert senders(settings.seeds) == {"990100": "南山", "XX": "某省中心"}


SPOILT_FILES = {
    "saved with a byte order mark": (lambda text: "\ufeff" + text, 1, "begins with a byte order mark"),
    "saved in GB18030": (lambda text: text.encode("gb18030"), 2, "not UTF-8"),
    "cut": (lambda text: text[: text.rindex(",", 0, text.rindex(","))] + "\n", None, "values, the header"),
    "a comma too many": (lambda text: text.rstrip("\n") + ",x\n", None, "values, the header"),
    "a row twice": (lambda text: text + text.splitlines()[-1] + "\n", None, "too"),
    "a column renamed": (lambda text: "kode" + text[text.index(",") :], 1, "does not stand in the header once"),
}


@pytest.mark.parametrize("path", ["code_lists/platforms.csv", "calendar/state_council_days.csv", "quality_checks.csv"])
@pytest.mark.parametrize("how", SPOILT_FILES)
def test_a_spoilt_register_is_named_and_nothing_is_concluded_from_it(settings, path, how):
    spoil, line, problem = SPOILT_FILES[how]
    file = settings.seeds / path
    spoilt = spoil(file.read_text(encoding="utf-8"))
    file.write_bytes(spoilt if isinstance(spoilt, bytes) else spoilt.encode())
    found = findings(settings)
    assert found and all(finding.file == path and finding.remedy for finding in found)
    assert any(problem in finding.problem and line in (None, finding.line) for finding in found), found


@pytest.mark.parametrize(
    ("path", "column", "value"),
    [
        ("code_lists/platforms.csv", "valid_from", "2014/1/1"), ("parameters/platform_population.csv", "population_10k", "约907"),
        ("parameters/time_limits.csv", "valid_from", "2024-02-30"), ("calendar/state_council_days.csv", "date_day", "45292"),
        ("code_lists/ratings.csv", "is_rated", "是"), ("parameters/score_rules.csv", "weight", "5%"),
    ],
)  # fmt: skip
def test_a_value_that_is_not_of_its_columns_type_is_named(settings, path, column, value):
    edit(settings, path, lambda rows: [{**rows[0], column: value}, *rows[1:]])
    assert [(f.file, f.line, f.problem) for f in findings(settings)] == [(path, 2, f"{column} is {value}")]


def test_an_emptied_register_is_named_beside_what_misses_its_rows(settings):
    for path in ("calendar/state_council_days.csv", "code_lists/ratings.csv", "quality_checks.csv"):
        edit(settings, path, lambda rows: [])
        assert (path, 1, "the register has no rows") in [(f.file, f.line, f.problem) for f in findings(settings)]
