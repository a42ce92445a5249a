"""Where ``var/`` lies does not matter: nothing in it names the place, and a copy elsewhere goes on with what is new."""

import json
import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest
from installation import Installation
from marts import differing
from ticket_files import deliver, ticket_table

from hotline.ingest.statement import literal

PLACE = "旧 var, of 'Anna' [2] 100%"
"""Of all that a folder's name may hold, what is a sign of SQL, of a pattern or of a format."""
OF_DBT = "dbt"
"""What dbt keeps for itself below var: it looks at its variables, and reads everything anew where they have changed."""

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def moved(small_chain, tmp_path_factory) -> tuple[Installation, dict]:
    """A copy in another place, one more file in it, built; and what that build said."""
    var = tmp_path_factory.mktemp("moved") / PLACE
    shutil.copytree(small_chain, var, symlinks=True)
    installed = Installation.at(var)
    more = ticket_table({"办结意见": "改过"}, {}, {}, {}, {"业务类型": "吐槽"})
    deliver(installed.settings, more, day=date(2024, 9, 20))
    installed.done("ingest", "--json")
    return installed, json.loads(installed.done("build", "--json").splitlines()[-1])


def test_the_copy_goes_on_with_what_is_new(moved):
    installed, _ = moved
    with duckdb.connect(str(installed.settings.build_database), read_only=True) as connection:
        builds = connection.execute("select is_partial, finished_at is not null from staging.builds").fetchall()
        assert builds == [(False, True), (True, True)]
        assert connection.execute("select count(*) from marts.fct_feed_delivery").fetchone() == (5,)


def test_it_equals_a_whole_build(moved, tmp_path):
    installed, _ = moved
    grown = tmp_path / "grown.duckdb"
    shutil.copyfile(installed.settings.build_database, grown)
    installed.done("build", "--full-refresh")
    assert differing(grown, installed.settings.build_database) == {}


def test_all_steps_work_there(moved):
    installed, _ = moved
    assert json.loads(installed.done("quality", "--json"))["blocking"] == []
    assert json.loads(installed.done("publish", "--json"))["changed"]


@pytest.mark.parametrize("where", ["first", "moved"])
def test_nothing_names_the_place(where, small_chain, moved):
    var = small_chain if where == "first" else moved[0].settings.var
    named = {str(small_chain.resolve()), PLACE, "/var/raw", "/var/ledger", "/var/quality"}
    found = []
    for path in sorted(
        path for path in var.rglob("*") if path.is_file() and OF_DBT not in path.relative_to(var).parts[:1]
    ):
        relative = path.relative_to(var).as_posix()
        texts = (
            _texts(path)
            if path.suffix in (".duckdb", ".parquet")
            else [path.read_text(encoding="utf-8", errors="replace")]
        )
        found += [(relative, name) for text in texts for name in named if name in text]
    links = [path for path in var.rglob("*") if path.is_symlink()]
    assert links and not any(link.readlink().is_absolute() for link in links)
    assert found == []


def _texts(path: Path) -> list[str]:
    """Every text of a warehouse or Parquet file, and what its views say."""
    with duckdb.connect() as connection:
        if path.suffix == ".parquet":
            connection.execute(
                f"create view file as from read_parquet({literal(str(path))}, hive_partitioning = false)"
            )
            relations = [("memory", "main", "file")]
            texts = []
        else:
            connection.execute(f"attach {literal(str(path))} as warehouse (read_only)")
            relations = connection.execute(
                "select database_name, schema_name, table_name from duckdb_tables() where database_name = 'warehouse'"
            ).fetchall()
            texts = [
                sql for (sql,) in connection.execute("select sql from duckdb_views() where not internal").fetchall()
            ]
        for relation in relations:
            name = ".".join(f'"{part}"' for part in relation)
            for column, kind, *_ in connection.execute(f"describe {name}").fetchall():
                if kind in ("VARCHAR", "JSON", "VARCHAR[]"):
                    rows = connection.execute(
                        f'select distinct "{column}"::varchar from {name} where "{column}"::varchar like \'%/%\''
                    ).fetchall()
                    texts += [text for (text,) in rows]
        return texts
