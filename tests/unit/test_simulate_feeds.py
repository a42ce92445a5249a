"""The delivered feeds, generated once at full size: counts, numbers, lives, encodings and what is fabricated."""

from __future__ import annotations

import csv
import hashlib
import json
import re
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pytest

from hotline.errors import HotlineError
from hotline.settings import Settings
from hotline.simulate import numbering
from hotline.simulate.fabrication import KINDS
from hotline.simulate.generate import Outcome, Request, parse_months, run

HOME = Path(__file__).resolve().parents[2]
REFERENCE = HOME / "reference" / "liaoning_2024_09"
MONTHS = ("2023-09", "2024-08", "2024-09")
DELIVERED = {"2023-09": "2023-10-08", "2024-08": "2024-09-02", "2024-09": "2024-10-08"}
GB18030 = ("210700", "211200")
DISHONEST = {"210100", "210200", "210300", "210500", "210900", "211200"}


def published(name: str) -> list[dict[str, str]]:
    with (REFERENCE / f"{name}.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def settings(var: Path) -> Settings:
    return Settings(home=HOME, var=var)


def simulate(var: Path, months=MONTHS, scale=1.0, seed=12328, delivery="monthly") -> Outcome:
    request = Request(tuple(months), scale, seed, delivery)
    return run(request, var / "landing", var / "simulation", settings(var), lambda count: None)


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's feeds: three months at scale 1."""
    var = tmp_path_factory.mktemp("full")
    outcome = simulate(var)
    assert not outcome.skipped
    return var


@pytest.fixture(scope="session")
def feeds(full: Path, tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """Tables t (tickets), e (events), c (callbacks) of all months, f (the truth)."""
    utf8 = tmp_path_factory.mktemp("utf8")
    connection = duckdb.connect()
    for table, feed in (("t", "tickets"), ("e", "ticket_events"), ("c", "callbacks")):
        paths = []
        for path in sorted((full / "landing").glob(f"*/*/{feed}-*.csv")):
            platform = path.parent.parent.name
            if platform in GB18030:
                target = utf8 / f"{platform}-{path.name}"
                target.write_text(path.read_bytes().decode("gb18030"), encoding="utf-8")
                path = target
            paths.append(str(path))
        connection.execute(f"create table {table} as select * from read_csv({paths}, all_varchar=true, header=true)")
    for table, columns in {
        "t": ["受理时间", "应办结时间"],
        "e": ["操作时间"],
        "c": ["回访时间"],
    }.items():
        for column in columns:
            connection.execute(f'alter table {table} alter "{column}" type timestamp')
    connection.execute("alter table e alter 流转序号 type integer")
    truth = [str(path) for path in sorted((full / "simulation").glob("fabricated-*.csv"))]
    connection.execute(f"create table f as select * from read_csv({truth}, all_varchar=true, header=true)")
    connection.execute(
        """
        create table l as
        select 工单编号,
            min(操作时间) filter (流转环节 = '受理') as accepted,
            min(操作时间) filter (流转环节 = '办结') as first_closed,
            max(操作时间) filter (流转环节 = '办结') as closed,
            min(操作时间) filter (流转环节 = '回访') as called,
            count(*) as events, max(流转序号) as last_seq
        from e group by all
        """
    )
    return connection


def one(connection: duckdb.DuckDBPyConnection, query: str):
    return connection.execute(query).fetchone()[0]


# ---- files ------------------------------------------------------------------------------------------
def test_every_platform_delivers_its_three_feeds_each_month_and_its_registers_when_they_change(full: Path) -> None:
    have = {p.relative_to(full / "landing").as_posix() for p in (full / "landing").rglob("*.csv")}
    platforms = [row["platform_code"] for row in published("annex3_volume_by_platform")]
    monthly = {(day, feed) for day in DELIVERED.values() for feed in ("tickets", "ticket_events", "callbacks")}
    registers = {(day, feed) for day in ("2023-09-02", "2024-08-02") for feed in ("handling_units", "enterprises")}
    province = {(day, "platform_outages") for day in DELIVERED.values()}
    province |= {("2024-10-08", "dial_tests"), ("2024-10-08", "report_inspections")}
    delivered = {(platform, *file) for platform in platforms for file in monthly | registers}
    delivered -= {("LNJT", "2024-08-02", "handling_units")}  # nothing has changed there
    delivered |= {("LN", *file) for file in province}
    assert have == {f"{sender}/{day}/{feed}-{day.replace('-', '')}.csv" for sender, day, feed in delivered}


def test_check_files_state_rows_and_hash_and_the_time_stamp_is_the_delivery(full: Path) -> None:
    for path in (full / "landing").rglob("*.csv"):
        data = path.read_bytes()
        check = json.loads(path.with_name(f"{path.name}.check").read_text(encoding="utf-8"))
        assert check == {"rows": data.count(b"\n") - 1, "sha256": hashlib.sha256(data).hexdigest()}, path
        stamp = datetime.fromtimestamp(path.stat().st_mtime, ZoneInfo("Asia/Shanghai"))
        assert f"{stamp:%Y-%m-%d %H:%M:%S}" == f"{path.parent.name} 06:00:00"
    assert not list(full.rglob("*.part"))


def test_two_platforms_write_gb18030(full: Path) -> None:
    for path in (full / "landing").glob("*/2024-10-08/tickets-*.csv"):
        data = path.read_bytes()
        if path.parent.parent.name in GB18030:
            assert data.decode("gb18030").startswith("工单编号,")
            with pytest.raises(UnicodeDecodeError):
                data.decode("utf-8")
        else:
            assert data.decode("utf-8-sig").startswith("工单编号,")


def test_the_demo_stays_below_half_a_gigabyte(full: Path) -> None:
    assert sum(path.stat().st_size for path in (full / "landing").rglob("*.csv")) < 500_000_000


def test_the_same_request_is_skipped_and_a_lost_file_is_made_again_with_the_same_bytes(full: Path) -> None:
    before = digests(full)
    assert simulate(full).skipped
    small = full.parent / "small"
    first = simulate(small, scale=0.01)
    landed = digests(small)
    victim = next((small / "landing").rglob("tickets-*.csv"))
    victim.write_bytes(victim.read_bytes()[:-10])
    second = simulate(small, scale=0.01)
    assert not first.skipped
    assert not second.skipped
    assert digests(small) == landed
    assert digests(full) == before


def test_another_seed_gives_other_bytes_and_replaces_the_files(tmp_path: Path) -> None:
    simulate(tmp_path, months=["2024-09"], scale=0.01, seed=1)
    first = digests(tmp_path / "landing")
    simulate(tmp_path, months=["2024-08"], scale=0.01, seed=2)
    second = digests(tmp_path / "landing")
    assert first
    assert second
    assert not set(first) & set(second)


# ---- counts -----------------------------------------------------------------------------------------
TYPE_OF = (
    "case left(业务类型, 2) when '投诉' then '投诉举报' when '信息' then '信息咨询' when '咨询' then '信息咨询' end"
)


def test_delivered_september_has_annex_3(feeds: duckdb.DuckDBPyConnection) -> None:
    have = {
        (platform, kind): count
        for platform, kind, count in feeds.execute(
            f"select 平台编码, coalesce({TYPE_OF}, '意见建议'), count(*) from t where strftime(受理时间, '%Y-%m') = '2024-09' "
            "group by all"
        ).fetchall()
    }
    for row in published("annex3_volume_by_platform"):
        for column, name in (("complaint", "投诉举报"), ("consultation", "信息咨询"), ("suggestion", "意见建议")):
            assert have.get((row["platform_code"], name), 0) == int(row[column]), row["platform_code"]
    assert sum(have.values()) == sum(int(row["total"]) for row in published("annex3_volume_by_platform"))


def test_every_ticket_has_its_events_in_order_and_every_event_a_ticket(feeds: duckdb.DuckDBPyConnection) -> None:
    assert one(feeds, "select count(*) from t") == one(feeds, "select count(distinct 工单编号) from t")
    assert one(feeds, "select count(*) from l join t using (工单编号)") == one(feeds, "select count(*) from t")
    assert one(feeds, "select count(*) from l") == one(feeds, "select count(*) from t")
    assert one(feeds, "select count(*) from l where events <> last_seq") == 0
    assert one(feeds, "select count(*) from l join t using (工单编号) where accepted <> 受理时间") == 0
    assert one(feeds, "select count(*) from c anti join t using (工单编号)") == 0
    assert one(feeds, "select count(*) - count(distinct 回访编号) from c") == 0
    backwards = """
        select count(*) from (
            select 操作时间 < lag(操作时间) over (partition by 工单编号 order by 流转序号) as is_back from e
        ) where is_back
    """
    assert one(feeds, backwards) == 0


def test_nothing_happens_after_its_delivery(feeds: duckdb.DuckDBPyConnection) -> None:
    latest = "select max(操作时间)::varchar from e join t using (工单编号) where strftime(受理时间, '%Y-%m') = '{}'"
    for month, day in DELIVERED.items():
        assert one(feeds, latest.format(month)) < f"{day} 06:00:00"


# ---- ticket numbers ---------------------------------------------------------------------------------
def test_numbers_follow_the_scheme(feeds: duckdb.DuckDBPyConnection) -> None:
    assert one(feeds, r"select count(*) from t where not regexp_full_match(工单编号, 'JT[0-9]{22}')") == 0
    prefix = "case 平台编码 when 'LNJT' then '210000' else 平台编码 end"
    assert one(feeds, f"select count(*) from t where substr(工单编号, 3, 6) <> {prefix}") == 0


def test_only_back_dated_tickets_break_the_order_of_numbers(feeds: duckdb.DuckDBPyConnection) -> None:
    honest = """
        select 平台编码 = 'LNJT' as is_operator, right(工单编号, 8)::int as number, 受理时间, substr(工单编号, 9, 8) as day
        from t anti join (select * from f where kind = 'back_dated') on 工单编号 = ticket_no
    """
    assert one(feeds, f"select count(*) from ({honest}) where day <> strftime(受理时间, '%Y%m%d')") == 0
    order = f"""
        select count(*) from (
            select 受理时间 < lag(受理时间) over (partition by is_operator order by number) as is_back from ({honest})
        ) where is_back
    """
    assert one(feeds, order) == 0
    assert one(feeds, "select count(*) from f where kind = 'back_dated'") > 0


def test_the_fourteen_cities_share_one_sequence_with_gaps(feeds: duckdb.DuckDBPyConnection) -> None:
    cities = "from t where 平台编码 <> 'LNJT' and substr(工单编号, 9, 6) = '202409'"
    count = one(feeds, f"select count(*) {cities}")
    assert one(feeds, f"select count(distinct right(工单编号, 8)) {cities}") == count
    span = one(feeds, f"select max(right(工单编号, 8)::int) - min(right(工单编号, 8)::int) {cities}")
    assert 1.1 < span / count < 1.6


def test_the_nine_published_tickets_are_fabricated_complaints_of_their_platform(
    feeds: duckdb.DuckDBPyConnection,
) -> None:
    for row in published("annex2_problem_tickets"):
        found = feeds.execute(
            "select 平台编码, 业务类型, strftime(受理时间, '%Y%m%d'), kind from t join f on 工单编号 = ticket_no where 工单编号 = ?",
            [row["ticket_no"]],
        ).fetchone()
        assert found is not None, row["ticket_no"]
        platform, kind, day, fabricated = found
        assert platform == row["platform_code"]
        assert kind.startswith("投诉")
        assert day == row["ticket_no"][8:16]
        assert fabricated != "back_dated"


# ---- honest and dishonest platforms -----------------------------------------------------------------
def test_exactly_the_platforms_that_failed_the_audit_fabricate(feeds: duckdb.DuckDBPyConnection) -> None:
    failed = {r["platform_code"] for r in published("annex2_spot_check") if float(r["audited_close_pct"]) < 100}
    assert failed == DISHONEST
    assert {row[0] for row in feeds.execute("select distinct platform_code from f").fetchall()} == failed
    assert {row[0] for row in feeds.execute("select distinct kind from f").fetchall()} == set(KINDS) - {""}


def test_fabrication_is_in_proportion_to_the_audit(feeds: duckdb.DuckDBPyConnection) -> None:
    share = dict(
        feeds.execute(
            """
            select 平台编码, count(ticket_no) / count(*) from t left join f on 工单编号 = ticket_no
            where 业务类型 like '投诉%' and strftime(受理时间, '%Y-%m') = '2024-09' group by all
            """
        ).fetchall()
    )
    for row in published("annex2_spot_check"):
        failed = 1 - float(row["audited_close_pct"]) / 100
        assert share[row["platform_code"]] == pytest.approx(failed, abs=0.15), row["platform_name"]


def test_honest_platforms_do_what_they_report(feeds: duckdb.DuckDBPyConnection) -> None:
    rows = feeds.execute(
        """
        select 平台编码, count(*) as n,
            avg(epoch(first_closed - 受理时间)) / 60 as minutes,
            count(*) filter (closed <= 应办结时间) as on_time,
            count(*) filter (epoch(closed - 受理时间) <= 86400) as within_24h,
            count(*) filter (满意度评价 in ('非常满意', '满意', '基本满意')) as satisfied,
            count(*) filter (工单编号 in (select 工单编号 from c where 是否接通 = '是')) as called
        from t join l using (工单编号)
        where 业务类型 like '投诉%' and strftime(受理时间, '%Y-%m') = '2024-09' group by all
        """
    ).fetchall()
    reported = {row["platform_code"]: row for row in published("annex1_indicators")}
    checked = 0
    for platform, n, minutes, on_time, within_24h, satisfied, called in rows:
        if platform in DISHONEST:
            continue
        checked += 1
        stated = reported[platform]
        assert minutes == pytest.approx(float(stated["complaint_avg_close_minutes"]), rel=0.06), platform
        assert on_time == round(n * float(stated["complaint_on_time_close_pct"]) / 100), platform
        assert within_24h == round(n * float(stated["complaint_24h_close_pct"]) / 100), platform
        assert satisfied == called == n, platform
    assert checked == 9


def test_fabricated_rows_bear_the_mark_of_their_kind(feeds: duckdb.DuckDBPyConnection) -> None:
    """Each kind by its own definition; honest complaints bear none of these marks."""
    feeds.execute(
        """
        create or replace temp table m as
        select t.工单编号, 平台编码, coalesce(kind, '') as kind, 满意度评价, 诉求人电话, first_closed, closed, called, accepted,
            events, log.calls, log.seconds, log.phone
        from t join l using (工单编号) left join f on t.工单编号 = ticket_no
        left join (
            select 工单编号, count(*) as calls, max("通话时长（秒）"::int) as seconds, any_value(回访号码) as phone
            from c group by all
        ) as log on log.工单编号 = t.工单编号
        where 业务类型 like '投诉%'
        """
    )
    marks = {
        "rating_without_call": "calls is null",
        "rated_without_event": "calls is null and called is null",
        "closed_without_handling": "events <= 5",
        "callback_before_close": "called < first_closed",
        "callback_too_short": "seconds < 6",
        "callback_wrong_number": "phone <> 诉求人电话",
        "callback_shared_number": "phone in (select phone from m group by phone having count(*) > 20)",
        "instant_close": "epoch(closed - accepted) < 30",
    }
    for kind, mark in marks.items():
        planned = one(feeds, f"select count(*) from m where kind = '{kind}'")
        assert planned > 50, kind
        marked = one(feeds, f"select count(*) from m where kind = '{kind}' and {mark}")
        # a small platform's shared number answers too few calls to be told from a caller's own
        assert marked >= (0.93 * planned if kind == "callback_shared_number" else planned), kind
        assert one(feeds, f"select count(*) from m where kind = '' and {mark}") == 0, kind
    batches = one(
        feeds,
        "select max(n) from (select count(*) as n from m where kind = 'batch_close' group by 平台编码, closed)",
    )
    assert batches >= 8


def test_repeat_complaints_follow_a_satisfied_closure(feeds: duckdb.DuckDBPyConnection) -> None:
    repeated = """
        select count(*) from f join t as a on a.工单编号 = f.ticket_no join l on l.工单编号 = a.工单编号
        where kind = 'repeat_after_satisfied' and exists (
            select 1 from t as b
            where b.诉求人电话 = a.诉求人电话 and b.问题子类 = a.问题子类 and b.受理时间 > l.closed
                and b.受理时间 < l.closed + interval 13 day
        )
    """
    planned = one(feeds, "select count(*) from f where kind = 'repeat_after_satisfied'")
    assert planned > 100
    assert one(feeds, repeated) == planned


# ---- texts and people -------------------------------------------------------------------------------
def test_texts_are_varied_unless_templated(feeds: duckdb.DuckDBPyConnection) -> None:
    share = """
        select count(distinct regexp_replace(办结意见, '[0-9]+', '#', 'g')) / count(*)
        from t left join f on 工单编号 = ticket_no
        where 业务类型 like '投诉%' and coalesce(kind, '') {} 'templated_text'
    """
    assert one(feeds, share.format("<>")) > 0.75
    assert one(feeds, share.format("=")) < 0.05


def test_people_are_fictional_and_some_texts_name_a_number(feeds: duckdb.DuckDBPyConnection) -> None:
    assert one(feeds, "select count(*) from t where not regexp_full_match(诉求人电话, '16[01][0-9]{8}')") == 0
    assert one(feeds, "select count(*) from t where 诉求内容 like '%' || 诉求人电话 || '%'") > 500
    cards = [row[0] for row in feeds.execute("select 证件号码 from t where 证件号码 is not null limit 200").fetchall()]
    weights = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]
    for card in cards:
        assert re.fullmatch(r"219900\d{11}[\dX]", card)
        total = sum(int(digit) * weight for digit, weight in zip(card, weights, strict=False))
        assert card[17] == "10X98765432"[total % 11]


# ---- other requests ---------------------------------------------------------------------------------
def test_a_hundredth_has_a_hundredth_of_the_tickets(tmp_path: Path) -> None:
    outcome = simulate(tmp_path, months=["2024-09"], scale=0.01)
    total = next(int(r["tickets"]) for r in published("volume_by_domain") if r["domain_name"] == "总计")
    assert outcome.tickets == round(total / 100)


def test_daily_delivery_brings_the_same_tickets_day_by_day(tmp_path: Path) -> None:
    monthly = simulate(tmp_path / "monthly", months=["2024-09"], scale=0.02)
    daily = simulate(tmp_path / "daily", months=["2024-09"], scale=0.02, delivery="daily")
    assert daily.tickets == monthly.tickets
    newest: dict[str, dict[str, str]] = {"tickets": {}, "ticket_events": {}, "callbacks": {}}
    stated: dict[str, dict[str, str]] = {"tickets": {}, "ticket_events": {}, "callbacks": {}}
    for var, rows in (("monthly", stated), ("daily", newest)):
        for path in sorted((tmp_path / var / "landing").glob("21[0-9]*/*/*.csv"), key=lambda p: p.parent.name):
            feed = path.name.split("-")[0]
            if feed not in newest:  # registers come as they change, not by day
                continue
            encoding = "gb18030" if path.parent.parent.name in GB18030 else "utf-8-sig"
            with path.open(encoding=encoding, newline="") as file:
                for row in csv.DictReader(file):
                    happened = row.get("操作时间") or row.get("回访时间") or row["受理时间"]
                    assert happened < f"{path.parent.name} 06:00:00"
                    rows[feed][row["工单编号"] + row.get("流转序号", "") + row.get("回访编号", "")] = ",".join(
                        row.values()
                    )
    assert newest == stated
    assert daily.rows > monthly.rows
    assert len(list((tmp_path / "daily" / "landing" / "LNJT").iterdir())) >= 30


def test_other_months_take_the_nearest_profile(tmp_path: Path) -> None:
    outcome = simulate(tmp_path, months=["2024-10", "2024-11"], scale=0.01)
    assert outcome.tickets == 2 * 2439
    numbers = []
    for path in sorted((tmp_path / "landing").glob("210100/*/tickets-*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            numbers.append([int(row["工单编号"][-8:]) for row in csv.DictReader(file)])
    assert max(numbers[0]) < min(numbers[1])


def test_a_month_is_written_in_blocks_of_bounded_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory follows the block, not the month; a day that is larger than a block is cut."""
    monkeypatch.setattr(numbering, "BLOCK", 1000)
    blocks: list[int] = []
    request = Request(("2024-09",), 0.2, 12328, "monthly")
    outcome = run(request, tmp_path / "landing", tmp_path / "truth", settings(tmp_path), blocks.append)
    assert sum(blocks) == outcome.tickets == round(0.2 * 243909)
    assert max(blocks) <= 1000
    assert len(blocks) > 48
    paths = [str(p) for p in (tmp_path / "landing").glob("LNJT/*/tickets-*.csv")]
    order = f"""
        select count(*) as n, count(distinct 工单编号) as numbers,
            count(*) filter (工单编号 < before or 受理时间 < before_at) as out_of_order
        from (
            select 工单编号, 受理时间, lag(工单编号) over (order by row) as before,
                lag(受理时间) over (order by row) as before_at
            from (select *, row_number() over () as row from read_csv({paths}, all_varchar=true, header=true))
        )
    """
    rows, numbers, out_of_order = duckdb.connect().execute(order).fetchone()
    assert rows == numbers > 40_000
    assert out_of_order == 0


@pytest.mark.parametrize("text", ["2024-13", "september", "2024-09..2024-08", ""])
def test_a_month_that_is_none_is_an_error(text: str) -> None:
    with pytest.raises(HotlineError, match="month"):
        parse_months(text)


def test_month_ranges_are_spelled_out() -> None:
    assert parse_months("2023-11..2024-01,2024-09") == ("2023-11", "2023-12", "2024-01", "2024-09")
