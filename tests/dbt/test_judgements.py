"""Every judgement of a file reaches the warehouse on the next build, and each build is held to the ledger and to raw."""

import hashlib
import json
import shutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest
from click.testing import CliRunner
from dbt_project import ONLY_TABLES
from ticket_files import deliver, ticket_table

from hotline.cli import cli
from hotline.contracts import load_contracts
from hotline.ingest import ledger
from hotline.settings import Settings

pytestmark = pytest.mark.slow

FIRST, SECOND, THIRD = date(2024, 9, 14), date(2024, 9, 15), date(2024, 9, 16)
BALANCE = "assert_ledger_raw_quarantine_and_warehouse_agree"
SELECTED = ["--select", "+path:models/staging", "--select", "+config.materialized:incremental"]
TESTS = ["--select", BALANCE, "--select", "test_name:every_delivered_row_is_here"]


class Judged:
    def __init__(self, project, settings: Settings) -> None:
        self.project, self.settings = project, settings

    def ingest(self, *arguments: str) -> dict:
        result = CliRunner().invoke(cli, ["ingest", "--json", *arguments])
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout.splitlines()[-1])

    def build(self) -> bool:
        """Build, and hold the balance; returns whether only what was new was taken in."""
        ((before,),) = self.ask("select count(*) from staging.builds")
        self.project.run(self.settings.var.resolve(), "run", *SELECTED, *([] if before else ONLY_TABLES))
        assert self.broken_rules() == {}
        return self.ask("select max_by(is_partial, build_no) from staging.builds")[0][0]

    def broken_rules(self) -> dict[str, str]:
        done = self.project.invoke(self.settings.var.resolve(), "test", *TESTS)
        assert len([r for r in done.result if r.node.resource_type == "test"]) == 1 + len(load_contracts())
        return {r.node.name: r.message for r in done.result if r.status in ("fail", "error")}

    def ask(self, statement: str) -> list[tuple]:
        with duckdb.connect(str(self.settings.build_database), read_only=True) as connection:
            return connection.execute(statement).fetchall()

    def change(self, statement: str) -> None:
        with duckdb.connect(str(self.settings.build_database)) as connection:
            connection.execute(statement)

    @property
    def texts(self) -> dict[str, str]:
        """Closing texts by the last digit of the ticket number."""
        return dict(self.ask("select right(ticket_no, 1), closing_text from staging.base_tickets order by all"))


@pytest.fixture
def installed(project, blank, tmp_path) -> Iterator[Judged]:
    var = tmp_path / "var"
    blank(var)
    with project.at(var):
        yield Judged(project, Settings.from_environment())


def check_file(delivery, content: str, rows: int) -> None:
    stated = {"rows": rows, "sha256": hashlib.sha256(content.encode()).hexdigest()}
    delivery.path.with_name(delivery.path.name + ".check").write_text(json.dumps(stated))


def entries(settings: Settings) -> list[tuple]:
    return [(e["judgement"], e["status"]) for e in ledger.read(settings.ledger, history=True)]


def test_a_file_that_was_rejected_and_mended_arrives(installed):
    deliver(installed.settings, ticket_table({"办结意见": "先到"}), "tickets-a.csv")
    content = ticket_table({}, {"办结意见": "后补"})
    late = deliver(installed.settings, content, "tickets-b.csv")
    check_file(late, content, rows=7)
    assert len(installed.ingest()["rejected"]) == 1
    assert not installed.build() and installed.texts == {"0": "先到"}
    check_file(late, content, rows=2)
    installed.ingest()
    assert installed.build(), "nothing of it was in the warehouse: an ordinary build takes it in"
    assert set(installed.texts) == {"0", "1"}
    assert sorted(entries(installed.settings)) == [(1, "loaded"), (1, "rejected"), (2, "loaded")]
    assert installed.build(), "and once only"


def test_a_file_that_is_withdrawn_goes_and_what_it_had_replaced_comes_back(installed):
    deliver(installed.settings, ticket_table({"办结意见": "原来"}), day=FIRST)
    wrong = ticket_table({"办结意见": "误改"}, {"办结意见": "误加"})
    delivery = deliver(installed.settings, wrong, day=SECOND)
    installed.ingest()
    installed.build()
    assert installed.texts == {"0": "误改", "1": "误加"}
    check_file(delivery, wrong, rows=9)
    assert len(installed.ingest("--again")["rejected"]) == 1
    assert not installed.build(), "made anew: older rows are in no new file"
    assert installed.texts == {"0": "原来"}
    assert len(list(installed.settings.raw.glob("tickets/dt=2*/*/*.parquet"))) == 1
    assert installed.build()


def test_a_file_taken_again_by_other_rules_arrives_as_it_is_judged_now(installed, tmp_path, monkeypatch):
    home = tmp_path / "home"
    shutil.copytree(installed.settings.contracts, home / "contracts")
    shutil.copytree(installed.settings.seeds, home / "dbt" / "seeds")
    deliver(installed.settings, ticket_table({"业务类型": "吐槽"}, {}))
    installed.ingest()
    installed.build()
    assert set(installed.texts) == {"1"}
    types = home / "dbt" / "seeds" / "code_lists" / "business_types.csv"
    before = types.read_text(encoding="utf-8")
    types.write_text(before.replace("投诉|举报", "投诉|吐槽|举报"), encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setenv("HOTLINE_HOME", str(home))
        assert installed.ingest("--again")["rows_quarantined"] == 0
    installed.build()
    assert set(installed.texts) == {"0", "1"}
    assert installed.ingest("--again")["rows_quarantined"] == 1, "the rules of before"
    installed.build()
    assert set(installed.texts) == {"1"}
    assert entries(installed.settings) == [(1, "partial"), (2, "loaded"), (3, "partial")]
    assert installed.ingest("--again")["unchanged"] == 1, "the same judgement is none"


def test_a_ledger_restored_from_a_copy_is_believed_and_not_what_was_seen_before(installed):
    """The same number, another content: as after a restore."""
    content = ticket_table({}, {})
    delivery = deliver(installed.settings, content)
    check_file(delivery, content, rows=7)
    installed.ingest()
    kept = installed.settings.var / "kept"
    shutil.copytree(installed.settings.ledger, kept)
    check_file(delivery, content, rows=8)
    installed.ingest()  # the second judgement: rejected, for another reason
    installed.build()
    shutil.rmtree(installed.settings.ledger)
    kept.rename(installed.settings.ledger)
    check_file(delivery, content, rows=2)
    installed.ingest()  # the second judgement again: loaded
    installed.build()
    assert set(installed.texts) == {"0", "1"}


def test_what_a_broken_off_ingest_left_is_nobodys(installed):
    deliver(installed.settings, ticket_table({"办结意见": "算数"}))
    installed.ingest()
    (stored,) = installed.settings.raw.glob("tickets/dt=2*/*/*.parquet")
    shutil.copyfile(stored, stored.with_name(f"{'0' * 16}.1.parquet"))
    with duckdb.connect() as connection:  # another text in rows without an entry
        connection.execute(
            f"copy (select * replace ('不算' as closing_text, 9 as _row_number) from '{stored}') "
            f"to '{stored.with_name('1' * 16 + '.1.parquet')}'"
        )
    installed.build()
    assert installed.texts == {"0": "算数"}


@pytest.fixture(scope="module")
def built_once(project, blank, tmp_path_factory) -> Path:
    var = tmp_path_factory.mktemp("balanced") / "var"
    blank(var)
    with project.at(var):
        installed = Judged(project, Settings.from_environment())
        deliver(installed.settings, ticket_table({}, {"业务类型": "吐槽"}, {}))
        installed.ingest()
        installed.build()
    return var


@pytest.fixture
def balanced(project, built_once, tmp_path) -> Iterator[Judged]:
    shutil.copytree(built_once, tmp_path / "var")
    with project.at(tmp_path / "var"):
        yield Judged(project, Settings.from_environment())


def newest(installed: Judged, layer: str) -> Path:
    (path,) = getattr(installed.settings, layer).glob("tickets/dt=2*/*/*.parquet")
    return path


def halve(path: Path) -> None:
    with duckdb.connect() as connection:
        connection.execute(
            f"create table t as from '{path}' limit 1; copy (from t limit 0) to '{path}' (format parquet)"
        )


TAMPERED = {
    "rows lost in raw": lambda i: halve(newest(i, "raw")),
    "quarantine lost": lambda i: newest(i, "quarantine").unlink(),
    "rows lost in quarantine": lambda i: halve(newest(i, "quarantine")),
    "a row lost in the warehouse": lambda i: i.change("delete from staging.base_tickets where ticket_no like '%0'"),
    "an older version in the warehouse": lambda i: i.change(
        "update staging.base_tickets set delivery_day = '2024-09-01'"
    ),
    "a row of no file": lambda i: i.change("update staging.base_tickets set file_hash = 'x'"),
    "a row of no file, in a small feed": lambda i: i.change(
        "insert into staging.stg_dial_tests by name select 'x' as test_no, 'LN' as sender_code, "
        "date '2024-09-14' as delivery_day, 'x' as file_hash"
    ),
    "an entry that was not taken in": lambda i: i.change("delete from staging.base_feed_deliveries"),
    "an entry that is no more": lambda i: next(i.settings.ledger.glob("dt=*/*/*.json")).unlink(),
    "a contract without a model": lambda i: i.change("insert into seeds.feed_schedules (feed) values ('novelties')"),
}


@pytest.mark.parametrize("tamper", TAMPERED.values(), ids=TAMPERED)
def test_each_side_of_the_balance_is_looked_at(balanced, tamper):
    tamper(balanced)
    assert balanced.broken_rules()


def test_every_contract_has_its_balance(project):
    tests = [getattr(node, "test_metadata", None) for node in project.manifest.nodes.values()]
    held = [test.kwargs["feed"] for test in tests if test and test.name == "every_delivered_row_is_here"]
    assert sorted(held) == sorted(load_contracts())
