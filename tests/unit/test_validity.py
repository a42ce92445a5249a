"""Half-open validity, the same wherever it is asked: on the day ``valid_to`` itself the next version holds."""

import csv
import shutil
from datetime import date, timedelta

import dbt_macros
import duckdb
import pytest

from expectations.scope import Scope
from hotline import arrivals
from hotline.contracts import load_code_list
from hotline.doctor import findings
from hotline.doctor.registers import VERSIONED
from hotline.errors import HotlineError
from hotline.ingest.register import Register
from hotline.settings import Settings
from hotline.validity import holds_on

FROM, TO = date(2024, 9, 1), date(2024, 10, 1)
DAYS = [FROM - timedelta(days=1), FROM, TO - timedelta(days=1), TO, TO + timedelta(days=1)]


@pytest.fixture
def settings(tmp_path):
    """Seeds to change; nothing delivered."""
    here = Settings.from_environment()
    shutil.copytree(here.seeds, tmp_path / "dbt" / "seeds")
    for name in ("contracts", "expectations", "dbt/models", "dbt/macros"):
        (tmp_path / name).symlink_to(here.home / name)
    return Settings(home=tmp_path, var=tmp_path / "var")


def seed_rows(settings, path):
    with (settings.seeds / path).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def rewrite(settings, path, change):
    rows = [new for row in seed_rows(settings, path) for new in change(row)]
    with (settings.seeds / path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def ended(code, day):
    """Row changes: what is of ``code`` holds before ``day`` only."""
    return lambda row: [row | {"valid_to": str(day)} if code in row.values() and not row["valid_to"] else row]


@pytest.mark.parametrize(
    ("valid_from", "valid_to", "expected"),
    [
        (FROM, TO, [False, True, True, False, False]),
        (None, TO, [True, True, True, False, False]),
        (FROM, None, [False, True, True, True, True]),
        (None, None, [True] * 5),
    ],
)
def test_python_and_dbt_agree_on_every_day(valid_from, valid_to, expected):
    row = {"valid_from": valid_from, "valid_to": valid_to}
    text = {name: str(day) if day else "" for name, day in row.items()}
    assert [holds_on(row, day) for day in DAYS] == expected
    assert [holds_on(text, day) for day in DAYS] == expected
    macro = dbt_macros.load("validity").holds_on("r", "days.day")
    query = f"select {macro} from unnest($days) as days (day), (select $valid_from::date as valid_from, $valid_to::date as valid_to) as r"
    assert [held for (held,) in duckdb.execute(query, {"days": DAYS, **row}).fetchall()] == expected


def test_great_expectations_take_the_row_that_begins_on_the_day_the_other_ends(tmp_path):
    warehouse = duckdb.connect()
    warehouse.execute("create schema seeds; create table seeds.integrity_parameters (valid_from date, valid_to date, "
                      "small_sample_below integer)")  # fmt: skip
    warehouse.executemany("insert into seeds.integrity_parameters values (?, ?, ?)",
                          [(FROM, TO, 30), (TO, None, 20)])  # fmt: skip
    scope = Scope(warehouse, tmp_path, tmp_path, tmp_path, {}, {}, day=TO)
    assert scope.small_sample(None) == scope.small_sample(TO) == 20
    assert scope.small_sample(TO - timedelta(days=1)) == 30
    with pytest.raises(HotlineError, match=r"no row of integrity_parameters\.csv holds on 2024-08-31"):
        scope.small_sample(FROM - timedelta(days=1))


@pytest.mark.parametrize("seed", ["parameters/platform_obligations.csv", "code_lists/platforms.csv"])
def test_from_the_day_it_ends_a_platform_owes_nothing(settings, seed):
    end = date(2024, 11, 1)
    rewrite(settings, seed, ended("210100", end))
    # the folder of a day holds the data of the day before
    assert "210100" in arrivals.owing(str(end), settings)
    assert "210100" not in arrivals.owing(str(end + timedelta(days=1)), settings)
    assert "210200" in arrivals.owing(str(end + timedelta(days=1)), settings)


def test_a_platform_in_two_versions_is_one_platform(settings):
    def renamed(row):
        if row["code"] != "210100":
            return [row]
        new = row | {"name_zh": "新沈阳", "valid_from": str(TO)}
        return [new, row | {"valid_to": str(TO)}]

    rewrite(settings, "code_lists/platforms.csv", renamed)
    register, first = Register.read(settings.seeds), seed_rows(settings, "code_lists/platforms.csv")[1]["valid_from"]
    assert register.names["210100"] == load_code_list("platforms", settings.seeds).names["210100"] == "新沈阳"
    assert register.sender_of("沈阳") == register.sender_of("新沈阳") == "210100"
    assert register.first_day_of("210100") == date.fromisoformat(first)
    assert findings(settings) == []


def test_the_doctor_knows_every_seed_with_validity(settings):
    with_validity = {
        path.relative_to(settings.seeds).as_posix()
        for path in settings.seeds.rglob("*.csv")
        if {"valid_from", "valid_to"} <= set(path.read_text(encoding="utf-8").partition("\n")[0].split(","))
    }
    assert with_validity == VERSIONED.keys()
