"""Closing texts that were copied and tickets that are one incident, on the sample and on rows that are put in."""

import shutil
from collections import Counter

import duckdb
import pytest

from hotline.simulate import texts

MODELS = (
    "int_text_signature",
    "int_text_near_duplicate",
    "int_ticket_link",
    "int_ticket_cluster",
    "mart_ticket_cluster",
)
PASTED = texts.PHRASES[texts.TEMPLATES.start : texts.TEMPLATES.start + texts.TEMPLATES.length]
"""What fabricating platforms of the sample paste."""


def test_what_was_pasted_is_found_and_nothing_else(query):
    pasted = query(
        "select ticket_no, platform_code || date_trunc('month', ticket_day) || closing_text as cluster from fct_ticket "
        "where not is_instant_answer and list_contains(?, closing_text)",
        [PASTED],
    )
    sizes = Counter(row["cluster"] for row in pasted)
    expected = {row["ticket_no"]: sizes[row["cluster"]] for row in pasted if sizes[row["cluster"]] >= 5}
    found = query("select ticket_no, cluster_no, cluster_size, is_template from intermediate.int_text_near_duplicate")
    assert {row["ticket_no"]: row["cluster_size"] for row in found} == expected
    assert len(expected) > 500
    assert not any(row["is_template"] for row in found)
    assert Counter(Counter(row["cluster_no"] for row in found).values()) == Counter(
        size for size in sizes.values() if size >= 5
    )


def test_a_text_is_hashed_once_however_many_tickets_say_it(query):
    (row,) = query("select count(*) as n, count(distinct text_key) as keys from intermediate.int_text_signature")
    (texts_said,) = query(
        "select count(distinct text_key) as n from (select text_key from intermediate.int_closing_text "
        "union all select text_key from intermediate.int_request_text)"
    )
    assert row["n"] == row["keys"] == texts_said["n"]


def test_signatures_hold_numbers_and_no_text(query):
    (row,) = query(
        "select count(*) as n, bool_and(octet_length(signature) = 64) as of_one_length, "
        "bool_and(regexp_full_match(text_key, '[0-9a-f]{32}')) as hashed from intermediate.int_text_signature"
    )
    assert (row["n"] > 50_000, row["of_one_length"], row["hashed"]) == (True, True, True)
    columns = query(
        "select table_name, column_name from information_schema.columns "
        "where table_schema in ('intermediate', 'marts') and column_name in ('request_text', 'letters')"
    )
    tables = {row["table_name"] for row in columns}
    views = {
        row["table_name"] for row in query("select table_name from information_schema.tables where table_type = 'VIEW'")
    }
    assert tables <= views, "letters are worked out when they are read, and kept nowhere"


# what is put in must be found ---------------------------------------------------------------------------

SAID = [
    "乘坐16路公交在中山路等候近一小时没有来车，多人滞留站台",
    "市民反映乘坐16路公交在中山路等候一小时没有来车，多人滞留站台",
    "乘坐16路公交，在中山路等候近1小时没有来车，多人滞留站台，要求处理",
    "来电人称乘坐16路公交在中山路等候近一小时没有来车，多人滞留站台。",
]


@pytest.fixture(scope="module")
def disturbed(warehouse, project, tmp_path_factory):
    """The warehouse with complaints about a bus that did not come: over a month's end, and alike ones elsewhere and later."""
    var = tmp_path_factory.mktemp("incident")
    database = var / "build" / "hotline.duckdb"
    database.parent.mkdir()
    shutil.copy(warehouse, database)
    days = ["2024-08-31", "2024-08-31", "2024-09-01", "2024-09-01", "2024-09-02", "2024-09-04", "2024-09-04"]
    rows = [(day, f"caller{min(n, 5)}", "210200", SAID[n % 4]) for n, day in enumerate(days)]
    rows += [("2024-09-10", f"late{n}", "210200", SAID[n % 4]) for n in range(4)]  # too few, too late to belong to them
    rows += [("2024-09-01", f"else{n}", "210200", SAID[n % 4].replace("16", "8")) for n in range(5)]
    rows += [("2024-09-01", f"city{n}", "210300", SAID[n % 4]) for n in range(4)]
    with duckdb.connect(str(database)) as connection:
        for number, (day, caller, platform, text) in enumerate(rows):
            ticket = f"JT{platform}{day.replace('-', '')}9900{number:04}"
            values = {"ticket_no": ticket, "ticket_day": day, "caller_key": caller, "request_text": text}
            for table in ("staging.base_tickets", "marts.fct_ticket"):
                kept = {name: value for name, value in values.items() if "base" in table or name != "request_text"}
                replaced = ", ".join(
                    f"{'date ' * (name == 'ticket_day')}'{value}' as {name}" for name, value in kept.items()
                )
                connection.execute(
                    f"insert into {table} by name select * replace ({replaced}, '公共汽电车' as category) from {table} "
                    f"where platform_code = '{platform}' and business_type = 'complaint' limit 1"
                )
    project.run(var, "run", "--full-refresh", "--select", *MODELS)
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("use marts")
        yield lambda statement: connection.execute(statement).fetchall()


def test_one_incident_is_seen_as_one(disturbed):
    first, line_8 = "JT210200202408319900", "JT210200202409019900"
    assert (
        disturbed(
            "select cluster_no, platform_name, category, place, cast(first_day as varchar), cast(last_day as varchar), tickets, "
            "callers, len(string_split(example_ticket_nos, '、')), origin from mart_ticket_cluster "
            "where category = '公共汽电车' order by all"  # the incidents that the sample itself holds are about taxis and tolls
        )
        == [
            (first + "0000", "大连", "公共汽电车", "16路", "2024-08-31", "2024-09-04", 7, 6, 5, "simulated"),
            (line_8 + "0011", "大连", "公共汽电车", "8路", "2024-09-01", "2024-09-01", 5, 5, 5, "simulated"),
        ]
    )


def test_few_callers_are_no_incident(disturbed):
    sizes = dict(
        disturbed(
            "select cluster_no, count(*) from intermediate.int_ticket_cluster where ticket_no[17:20] = '9900' group by all"
        )
    )
    assert sorted(sizes.values()) == [4, 4, 5, 7]
