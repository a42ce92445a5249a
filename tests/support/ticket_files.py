"""Ticket files for the ingest tests: one good row, and tables of its variations. All persons are invented."""

import csv
import io
from datetime import date

import duckdb

from hotline.contracts import load_contracts
from hotline.ingest.landing import Delivery, feed_of

PHONE, ID_CARD, NAME = "13912345678", "210102199001011234", "欧阳测试"
GOOD = {
    "工单编号": "JT2101002024091251871581", "平台编码": "210100", "业务类型": "投诉举报", "业务领域": "城市客运",
    "问题类别": "巡游出租汽车", "问题子类": "计价议价", "复杂程度": "一般",
    "受理渠道": "12328电话", "事发区县": "和平区", "被诉企业": "沈阳测试出租汽车有限公司",
    "受理时间": "2024-09-12 08:05:00",
    "应办结时间": "2024-09-19 17:30:00", "诉求人姓名": NAME, "诉求人电话": PHONE, "证件号码": ID_CARD,
    "诉求内容": f"{NAME}来电，号码{PHONE}，证件{ID_CARD}，座机024-23456789，反映多收5元。", "办结意见": "已退费。",
    "承办单位": "沈阳市交通运输综合行政执法队", "满意度评价": "满意",
    "解决情况": "实际解决", "移交自平台": "", "移交至平台": "", "记录状态": "有效",
}  # fmt: skip
HEADER = list(GOOD)
FEEDS = list(load_contracts())


def ticket_rows(*changes: dict) -> list[list[str]]:
    """One row for each dict of changes to ``GOOD``, with a ticket number of its own."""
    numbered = ({**GOOD, "工单编号": f"JT2101002024091251{number:06d}", **row} for number, row in enumerate(changes))
    return [[row[name] for name in HEADER] for row in numbered]


def ticket_table(*changes: dict, delimiter: str = ",", header: list[str] = HEADER) -> str:
    """A delivered CSV file; ``header`` may leave out the last columns."""
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(row[: len(header)] for row in ticket_rows(*changes))
    return text.getvalue()


def deliver(settings, content, name="tickets.csv", sender="210100", day=date(2024, 9, 14)) -> Delivery:
    """Put a file into the landing folder."""
    path = settings.landing / sender / str(day) / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return Delivery(path, sender, day, feed_of(path, FEEDS))


def raw_rows(settings, columns="*", feed="tickets") -> list[tuple]:
    """What the raw layer holds of a feed, in order of ticket number."""
    files = f"{settings.raw}/{feed}/*/*/*.parquet"
    query = f"select {columns} from read_parquet('{files}', hive_types_autocast = false) order by ticket_no"
    return duckdb.sql(query).fetchall()


def quarantined(settings, feed="tickets") -> list[tuple[int, list[str]]]:
    """``(line, reasons)`` of the rows in quarantine."""
    files = f"{settings.quarantine}/{feed}/*/*/*.parquet"
    return duckdb.sql(f"select _row_number, reasons from read_parquet('{files}') order by 1").fetchall()
