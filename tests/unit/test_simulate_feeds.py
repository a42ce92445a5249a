"""The delivered feeds at full size: files, counts, numbers, texts."""

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
from simulated import DELIVERED, GB18030, digests, one, published, settings, simulate

from hotline.errors import HotlineError
from hotline.simulate import numbering
from hotline.simulate.generate import Request, parse_months, run


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
    assert have == {f"{sender}/{day}/{feed}-{day.replace('-', '')}-simulated.csv" for sender, day, feed in delivered}


def test_check_files_state_rows_and_hash_and_the_time_stamp_is_the_delivery(full: Path) -> None:
    for path in (full / "landing").rglob("*.csv"):
        data = path.read_bytes()
        check = json.loads(path.with_name(f"{path.name}.check").read_text(encoding="utf-8"))
        stated = {"rows": data.count(b"\n") - 1, "sha256": hashlib.sha256(data).hexdigest(), "origin": "simulated"}
        assert check == stated, path
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


@pytest.mark.slow
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


def test_other_months_take_the_nearest_profile(tmp_path: Path) -> None:
    outcome = simulate(tmp_path, months=["2024-10", "2024-11"], scale=0.01)
    assert outcome.tickets == 2 * 2439
    numbers = []
    for path in sorted((tmp_path / "landing").glob("210100/*/tickets-*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            numbers.append([int(row["工单编号"][-8:]) for row in csv.DictReader(file)])
    assert max(numbers[0]) < min(numbers[1])


@pytest.mark.slow
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
