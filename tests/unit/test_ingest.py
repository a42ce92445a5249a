"""Files into the raw layer: every row is loaded or quarantined with its reason, and nothing personal gets through."""

import csv
import hashlib
import hmac
import io
import json
from datetime import date

import duckdb
import pytest

from hotline.ingest import ledger
from hotline.ingest.files import Delivery, feed_of, find_deliveries
from hotline.ingest.load import Loader
from hotline.settings import Settings

DAY = date(2024, 9, 14)
KEY = "ab" * 32
PHONE, ID_CARD, NAME = "13912345678", "210102199001011234", "欧阳测试"
HEADER = [
    "工单编号", "平台编码", "业务类型", "业务领域", "问题类别", "问题子类", "受理渠道", "受理时间", "应办结时间",
    "诉求人姓名", "诉求人电话", "证件号码", "诉求内容", "办结意见", "承办单位", "满意度评价",
]  # fmt: skip
GOOD = {
    "工单编号": "JT2101002024091251871581", "平台编码": "210100", "业务类型": "投诉举报", "业务领域": "城市客运",
    "问题类别": "巡游出租汽车", "问题子类": "计价议价", "受理渠道": "12328电话", "受理时间": "2024-09-12 08:05:00",
    "应办结时间": "2024-09-19 17:30:00", "诉求人姓名": NAME, "诉求人电话": PHONE, "证件号码": ID_CARD,
    "诉求内容": f"{NAME}来电，号码{PHONE}，证件{ID_CARD}，座机024-23456789，反映多收5元。", "办结意见": "已退费。",
    "承办单位": "沈阳市交通运输综合行政执法队", "满意度评价": "满意",
}  # fmt: skip


@pytest.fixture
def settings(tmp_path, monkeypatch):
    monkeypatch.setenv("HOTLINE_VAR", str(tmp_path / "var"))
    monkeypatch.setenv("HOTLINE_HASH_KEY", KEY)
    return Settings.from_environment()


def table(*rows, delimiter=",", header=HEADER):
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    for number, changes in enumerate(rows):
        row = {**GOOD, "工单编号": f"JT21010020240912518715{number:02d}", **changes}
        writer.writerow([row[name] for name in HEADER][: len(header)])
    return text.getvalue()


def deliver(settings, content, name="tickets.csv", sender="210100", day=DAY):
    path = settings.landing / sender / str(day) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Delivery(path, sender, day, feed_of(path, list(Loader(settings, dry_run=True).contracts)))


def raw(settings, columns="*", feed="tickets"):
    return duckdb.sql(
        f"select {columns} from read_parquet('{settings.raw}/{feed}/*/*/*.parquet', hive_types_autocast = false)"
        " order by ticket_no"
    ).fetchall()


def quarantine(settings, feed="tickets"):
    pattern = f"{settings.quarantine}/{feed}/*/*/*.parquet"
    return duckdb.sql(f"select _row_number, reasons from read_parquet('{pattern}') order by 1").fetchall()


def test_a_good_file_is_loaded_whole(settings):
    entry, is_new = Loader(settings).load(deliver(settings, table({}, {"业务类型": "咨询", "满意度评价": ""})))
    assert is_new
    assert (entry.status, entry.rows_in, entry.rows_loaded, entry.rows_quarantined) == ("loaded", 2, 2, 0)
    assert raw(settings, "ticket_no, business_type, domain, channel, rating, accepted_at::varchar, platform, dt") == [
        ("JT2101002024091251871500", "complaint", "urban_passenger", "line_12328", "satisfied",
         "2024-09-12 08:05:00", "210100", "2024-09-14"),
        ("JT2101002024091251871501", "consultation", "urban_passenger", "line_12328", None,
         "2024-09-12 08:05:00", "210100", "2024-09-14"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"工单编号": "JT2101"}, "ticket_no:pattern"),
        ({"工单编号": ""}, "ticket_no:required"),
        ({"平台编码": "大连市"}, "platform_code:sender"),
        ({"平台编码": "北京市"}, "platform_code:code"),
        ({"业务类型": "闲聊"}, "business_type:code"),
        ({"受理时间": "昨天"}, "accepted_at:type"),
        ({"受理时间": "2024-02-30 08:00:00"}, "accepted_at:type"),
        ({"问题类别": " 　"}, "category:required"),
    ],
)
def test_a_broken_rule_sends_its_row_to_quarantine_and_the_others_go_on(settings, changes, reason):
    entry, _ = Loader(settings).load(deliver(settings, table({}, changes, {})))
    assert (entry.status, entry.rows_in, entry.rows_loaded) == ("partial", 3, 2)
    assert entry.reasons == {reason: 1}
    assert quarantine(settings) == [(3, [reason])]  # the header is line 1


def test_rows_of_the_wrong_shape_are_named_by_their_line(settings):
    lines = table({}, {}, {}, {}, {}).splitlines()
    lines[2] = lines[2][:30]
    lines[4] += ",surplus"
    entry, _ = Loader(settings).load(deliver(settings, "\n".join(lines) + "\n"))
    assert (entry.rows_in, entry.rows_loaded, entry.rows_quarantined) == (5, 3, 2)
    assert quarantine(settings) == [(3, ["row:missing_columns"]), (5, ["row:too_many_columns"])]
    assert [number for (number,) in raw(settings, "_row_number")] == [2, 4, 6]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
@pytest.mark.parametrize("delimiter", [",", "\t"])
def test_encodings_and_delimiters_give_the_same_rows(settings, encoding, delimiter):
    entry, _ = Loader(settings).load(deliver(settings, table({}, delimiter=delimiter).encode(encoding)))
    assert entry.encoding == {"utf-8-sig": "utf-8-bom"}.get(encoding, encoding)
    assert entry.delimiter == delimiter
    assert raw(settings, "category, handling_unit") == [("巡游出租汽车", "沈阳市交通运输综合行政执法队")]


def test_forms_of_writing_are_understood(settings):
    changes = {
        "平台编码": "沈　阳",
        "业务类型": "投诉",
        "受理时间": "２０２４年９月１２日 ８:05",
        "应办结时间": "2024/9/19 17:30",
    }
    Loader(settings).load(deliver(settings, table(changes)))
    assert raw(settings, "platform_code, accepted_at::varchar, due_at::varchar") == [
        ("210100", "2024-09-12 08:05:00", "2024-09-19 17:30:00")
    ]


def test_quoted_line_breaks_stay_one_record(settings):
    entry, _ = Loader(settings).load(deliver(settings, table({"办结意见": "已联系。\n已退费。"}, {})))
    assert (entry.rows_in, entry.rows_loaded) == (2, 2)
    assert raw(settings, "closing_text")[0] == ("已联系。\n已退费。",)
    assert any("line breaks" in warning for warning in entry.warnings)


def test_undecodable_bytes_cost_their_row_only(settings):
    content = table({}, {}).encode("gb18030")
    broken = content.replace("计价议价".encode("gb18030"), b"\xff\xff\xff", 1)
    entry, _ = Loader(settings).load(deliver(settings, broken))
    assert (entry.rows_in, entry.rows_loaded) == (2, 1)
    assert quarantine(settings) == [(2, ["subcategory:undecodable"])]


@pytest.mark.parametrize(
    ("name", "sender", "content", "message"),
    [
        ("tickets.csv", "999999", table({}), "999999 is not a known sender"),
        ("weather.csv", "210100", table({}), "no feed has this name"),
        ("spot_checks.csv", "210100", table({}), "delivered by province"),
        ("tickets.csv", "210100", "", "the file is empty"),
        ("tickets.csv", "210100", "a,b\n1,2\n", "no row has the headers"),
        ("tickets.csv", "210100", table({}, header=HEADER[:7]), "required column 受理时间 is missing"),
        ("tickets.csv.gz", "210100", b"\x1f\x8bnot gzip", "cannot be read"),
    ],
)
def test_a_file_that_cannot_be_taken_is_recorded_and_no_row_is_lost(settings, name, sender, content, message):
    entry, _ = Loader(settings).load(deliver(settings, content, name, sender))
    assert entry.status == "rejected"
    assert message in entry.message
    assert "remedy: " in entry.message
    assert entry.rows_in == entry.rows_quarantined
    (recorded,) = ledger.read(settings.ledger)
    assert recorded["message"] == entry.message


def test_a_truncated_file_is_caught_by_its_check_file(settings):
    whole = table({}, {}, {}).encode()
    delivery = deliver(settings, whole[: len(whole) // 2])
    check = {"rows": 3, "sha256": hashlib.sha256(whole).hexdigest()}
    delivery.path.with_name("tickets.csv.check").write_text(json.dumps(check))
    entry, _ = Loader(settings).load(delivery)
    assert entry.status == "rejected"
    assert "of 3 rows arrived" in entry.message
    assert not settings.raw.exists()


def test_a_truncated_file_without_check_file_loses_only_the_torn_row(settings):
    whole = table({}, {}, {}).encode()
    entry, _ = Loader(settings).load(deliver(settings, whole[:-60]))
    assert (entry.rows_in, entry.rows_loaded) == (3, 2)
    assert any("truncated" in warning for warning in entry.warnings)


def test_the_same_bytes_again_change_nothing(settings):
    delivery = deliver(settings, table({}, {"业务类型": "闲聊"}))
    first, _ = Loader(settings).load(delivery)
    before = {path: path.stat().st_mtime_ns for path in settings.var.rglob("*.json")}
    again, is_new = Loader(settings).load(delivery)
    assert not is_new
    assert again.rows_loaded == first.rows_loaded == 1
    assert {path: path.stat().st_mtime_ns for path in settings.var.rglob("*.json")} == before


def test_files_still_being_written_are_left_alone(settings):
    for name in (".tickets.csv", "tickets.csv.tmp", "tickets.csv.part", "tickets.csv"):
        deliver(settings, table({}), name)
    found = find_deliveries(settings.landing, ["tickets"])
    assert [delivery.path.name for delivery in found] == ["tickets.csv"]


def test_no_personal_data_passes_the_boundary(settings):
    rows = ({}, {"业务类型": "闲聊"}, {"工单编号": "x"})
    content = table(*rows) + f"JT,210100,{NAME},{PHONE}\n"
    Loader(settings).load(deliver(settings, content))
    kept = []
    for layer in (settings.raw, settings.quarantine):
        for path in layer.rglob("*.parquet"):
            kept += [str(row) for row in duckdb.sql(f"from read_parquet('{path}')").fetchall()]
    kept += [path.read_text(encoding="utf-8") for path in settings.ledger.rglob("*.json")]
    assert any("反映多收5元" in text for text in kept), "the texts themselves must be kept"
    for secret in (PHONE, ID_CARD, NAME, "23456789"):
        assert not [text for text in kept if secret in text], secret


def test_the_caller_key_is_an_hmac_of_the_number_alone(settings):
    Loader(settings).load(deliver(settings, table({}, {"诉求人电话": "+86 139-1234-5678"}, {"诉求人电话": ""})))
    expected = hmac.new(bytes.fromhex(KEY), f"phone:{PHONE}".encode(), hashlib.sha256).hexdigest()[:32]
    assert raw(settings, "caller_key") == [(expected,), (expected,), (None,)]
