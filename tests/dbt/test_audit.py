"""The audit from plan to proof: frozen, drawn in public, handed out, filled in, taken in, judged, and checked by the other side."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import shutil
import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path

import duckdb
import pytest
from call_sheets import answer, filled, rows_of
from click.testing import CliRunner
from ticket_files import deliver, ticket_table

from hotline.audit import rounds, verify
from hotline.cli import cli
from hotline.reports.command import REPLIES
from hotline.settings import Settings

pytestmark = pytest.mark.slow
BAD, CLEAN = "210100", "210200"
SIZE, DRAWN = 60, 30
VALUE = "20241119-8842190357"
FROZEN, REVEALED, HANDED_OUT = datetime(2024, 11, 18, 9), datetime(2024, 11, 19, 10), datetime(2024, 11, 19, 11)
CALLED = date(2024, 11, 21)
CALLED_AT = "2024-11-20 10:00:00"
WEEK, SECOND = "2024-W40", "2024-10-2"
"""Further rounds: a week, and the month once more."""
EXAMPLE = "JT2103002024090400000001"
"""Number of the vector that is published with the algorithm."""
ALTERED, EMPTY, LOST, RENAMED = 0, 1, 2, 3
"""Rows of the first caller's sheet that come back with another ticket, without an answer, with a mistyped frame, and with
another platform."""


def hotline(*arguments: str, code: int = 0) -> str:
    outcome = CliRunner().invoke(cli, [*arguments])
    said = outcome.output + (str(outcome.exception) if outcome.exception and outcome.exit_code == 1 else "")
    assert outcome.exit_code == code, said
    return said


def tickets_of(platform: str) -> list[str]:
    return [f"JT{platform}20241005{n:08d}" for n in range(SIZE)]


class Audit:
    """One round in an installation of real records, as its commands leave it."""

    def __init__(self, project, var: Path) -> None:
        self.project, self.var, self.said = project, var, {}
        self.settings = Settings.from_environment()

    def build(self, *select: str) -> None:
        taken = hotline("ingest", "--json")
        assert '"rejected": []' in taken, taken
        self.project.run(self.var, "run", "--select", *select)
        self.settings.published_database.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.settings.build_database, self.settings.published_database)
        with duckdb.connect(str(self.settings.published_database)) as connection:
            connection.execute("drop schema seeds cascade")  # registers and parameters are not published

    def rows(self, query: str) -> list[dict]:
        with duckdb.connect(str(self.settings.published_database), read_only=True) as connection:
            return connection.execute(query).df().to_dict("records")

    def sheets_of(self, name: str, part: str = "") -> list[Path]:
        return sorted((self.settings.audit / name / f"sheets{part}").iterdir())

    @property
    def sheets(self) -> list[Path]:
        return self.sheets_of("2024-10")


@pytest.fixture(scope="module")
def audit(project, blank, tmp_path_factory):
    var = tmp_path_factory.mktemp("audit") / "var"
    blank(var)
    with project.at(var), pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOTLINE_ORIGIN", "real")
        found = Audit(project, var)
        for platform in (BAD, CLEAN):
            table = ticket_table(*(
                {"工单编号": number, "平台编码": platform, "受理时间": "2024-10-05 08:00:00", "应办结时间": ""}
                for number in tickets_of(platform)
            ))  # fmt: skip
            deliver(found.settings, table, sender=platform, day=date(2024, 10, 6))
            rates = [f"2024-10,{platform},{rate},100.00,%" for rate in ("callback", "close", "satisfaction")]
            deliver(found.settings, "\n".join(["统计月份,平台编码,指标名称,指标值,单位", *rates, ""]),
                    "reported_indicators.csv", platform, date(2024, 11, 14))  # fmt: skip
        found.build("+fct_ticket", "+fct_reported_indicator", "+mart_volume_monthly", "+mart_feed_obligation")

        clock = {"now": FROZEN}
        patch.setattr(rounds, "now", lambda: clock["now"])
        reveal = ("--reveal-at", f"{REVEALED:%Y-%m-%d %H:%M}", "--randomness", "双人见证掷骰 20 位")
        found.said["known already"] = hotline("audit", "freeze", "2024-10", "--reveal-at", "2024-11-18 08:00",
                                              "--randomness", "x", code=1)  # fmt: skip
        found.said["not over"] = hotline("audit", "freeze", "2024-11", *reveal, code=1)
        found.said["dry"] = hotline("audit", "freeze", "2024-10", *reveal, "--tickets", str(DRAWN), "--dry-run")
        assert not found.settings.audit.exists()
        found.said["freeze"] = hotline("audit", "freeze", "2024-10", *reveal, "--tickets", str(DRAWN))
        found.said["the same"] = hotline("audit", "freeze", "2024-10", *reveal, "--tickets", str(DRAWN))
        found.said["again"] = hotline("audit", "freeze", "2024-10", *reveal, "--tickets", str(DRAWN + 1), code=1)
        found.said["again, dry"] = hotline(
            "audit", "freeze", "2024-10", *reveal, "--tickets", str(DRAWN + 1), "--dry-run", code=1
        )
        found.said["undrawn"] = hotline("audit", "sheets", "2024-10", "--caller", "C01", code=1)
        found.said["long source"] = hotline("audit", "freeze", "2024-10-2", *reveal[:3], "掷" * 190, code=1)
        found.said["two lines"] = hotline("audit", "freeze", "2024-10-2", *reveal[:3], "掷骰\n另定", code=1)
        found.said["too early"] = hotline("audit", "draw", "2024-10", "--value", VALUE, code=1)
        clock["now"] = HANDED_OUT
        found.said["old value"] = hotline("audit", "draw", "2024-10", "--value", "20241117-8842190357", code=1)
        listed = rounds.list_path(found.settings, "2024-10", f"ZT202410-{BAD}")
        whole = listed.read_bytes()
        listed.write_bytes(whole[24 + 1 :])
        found.said["tampered list"] = hotline("audit", "draw", "2024-10", "--value", VALUE, code=1)
        listed.write_bytes(whole)
        found.said["draw"] = hotline("audit", "draw", "2024-10", "--value", VALUE)
        found.said["another value"] = hotline("audit", "draw", "2024-10", "--value", "20241119-0000000000", code=1)
        callers = ("--caller", "C01", "--caller", "C02", "--caller", "C03")
        found.said["a path"] = hotline("audit", "sheets", "2024-10", "--caller", "../C01", "--caller", "C02", code=1)
        found.said["sheets"] = hotline("audit", "sheets", "2024-10", *callers, "--recheck", "20")
        found.said["other callers"] = hotline(
            "audit", "sheets", "2024-10", "--caller", "C09", "--caller", "C10", code=1
        )
        deliver_sheets(found, CALLED)
        found.build(
            "+mart_platform_verdict",
            "+mart_spot_check_result",
            "+mart_spot_check_frame",
            "+mart_spot_check_recheck",
            "+fct_spot_check",
        )
        found.seen = found.rows("select * from marts.fct_spot_check")
        found.verdicts = found.rows("select * from marts.mart_platform_verdict")
        found.results = found.rows("select * from marts.mart_spot_check_result")
        found.running = found.rows("select * from marts.mart_spot_check_frame")
        found.said["running"] = hotline("audit", "bundle", f"ZT202410-{BAD}", "--output", str(var / "x"), code=1)
        # the first caller mends his sheet
        deliver_sheets(found, CALLED + timedelta(days=1), mended=True)
        deliver_others(found, CALLED + timedelta(days=2))
        found.build(
            "+mart_platform_verdict", "+mart_spot_check_result", "+mart_spot_check_frame", "+mart_spot_check_recheck"
        )
        found.first = found.rows("select * from marts.mart_platform_verdict")
        # a week, and the month once more
        found.said["nobody to replace"] = hotline("audit", "sheets", "2024-10", *callers, "--reserves", "3", code=1)
        for name in (WEEK, SECOND):
            clock["now"] = FROZEN + timedelta(days=7)
            later = (
                "--reveal-at",
                f"{REVEALED + timedelta(days=7):%Y-%m-%d %H:%M}",
                "--randomness",
                "双人见证掷骰 20 位",
            )
            found.said[name] = hotline("audit", "freeze", name, *later, "--tickets", "6")
            clock["now"] = HANDED_OUT + timedelta(days=7)
            hotline("audit", "draw", name, "--value", f"20241126-{'8842190357' if name == WEEK else '1112131415'}")
            found.said[f"no sheets of {name}"] = hotline("audit", "sheets", name, *callers, "--reserves", "1", code=1)
            hotline("audit", "sheets", name, *callers, "--recheck", "0")
            deliver_sheets(found, CALLED + timedelta(days=7), name, mended=True)
        deliver(found.settings, ticket_table({"工单编号": f"JT{CLEAN}20241005{SIZE:08d}", "平台编码": CLEAN,
                                              "受理时间": "2024-10-05 09:00:00", "应办结时间": ""}),
                "tickets.csv", CLEAN, CALLED + timedelta(days=7))  # fmt: skip
        found.build("+mart_spot_check_result", "+mart_spot_check_frame", "+mart_spot_check_recheck")
        reserves = ("sheets", WEEK, *callers, "--recheck", "0", "--reserves", "3")
        found.said["reserves"] = hotline("audit", *reserves)
        found.said["reserves again"] = hotline("audit", *reserves, code=1)
        deliver_sheets(found, CALLED + timedelta(days=8), WEEK, part="-reserves-1", mended=True)
        found.build("+mart_platform_verdict", "+mart_spot_check_result", "+mart_spot_check_frame",
                    "+mart_spot_check_recheck", "+mart_rate_integrity", "+fct_feed_delivery")  # fmt: skip
        found.asked = reply(found, CALLED + timedelta(days=9))
        found.build("+mart_spot_check_reply", "+mart_spot_check_result")
        yield found


def reply(found: Audit, day: date) -> list[dict]:
    """The audited platform fills the form of its extract, and adds a ticket that nobody called; the other one speaks of the
    first's findings, once under that ticket number and once more as if the ticket had been handed over to it. Returns the form."""
    hotline("report", "audit", "--month", "2024-10")
    (form,) = (found.settings.reports / "audit" / "2024-10" / "platforms").glob(f"{REPLIES}-ZT202410-{BAD}.csv")
    header, *rows = csv.reader(form.read_text(encoding="utf-8-sig").splitlines())
    asked = [dict(zip(header, row, strict=True)) for row in rows]
    mine = [{**row, "平台说明": f"第{place}件已回访，回拨13800138000可查"} for place, row in enumerate(asked[1:], 1)]
    mine += [asked[0], {**asked[0], "工单编号": f"JT{BAD}2024100588888888", "平台说明": "未被抽检"}]
    theirs = [{**asked[0], "平台说明": "并非如此"}, {**asked[1], "平台说明": "并非如此", "移交自平台": BAD}]
    for sender, said in ((BAD, mine), (CLEAN, theirs)):
        text = "\n".join([",".join(header), *(",".join(row.values()) for row in said), ""])
        deliver(found.settings, text, form.name, sender, day)
    return asked


def test_a_platform_replies_on_the_form_of_its_extract(audit):
    results = audit.rows(f"""
        select *, platform_statement is null as says_nothing from marts.mart_spot_check_result
        where frame_no = 'ZT202410-{BAD}'""")
    bad = {row["ticket_no"]: row for row in results if row["is_bad"] and not row["is_outside"]}
    asked = [row["工单编号"] for row in audit.asked]
    assert len(asked) > 2 and set(asked) == set(bad) and len(asked) == len(bad)
    assert {row["平台说明"] for row in audit.asked} == {""} and {row["移交自平台"] for row in audit.asked} == {""}
    assert bad[asked[0]]["says_nothing"], "an empty field of the form says nothing"
    for place, number in enumerate(asked[1:], 1):
        said = bad[number]["platform_statement"]
        assert said.startswith(f"第{place}件已回访") and "13800138000" not in said
        assert bad[number]["replied_on"].date() == CALLED + timedelta(days=9)


def test_only_the_audited_platform_speaks_to_a_finding(audit):
    replies = audit.rows("select * from marts.mart_spot_check_reply order by ticket_no")
    assert {(row["platform_code"], row["is_of_result"]) for row in replies} == {
        (BAD, True),
        (BAD, False),
        (CLEAN, False),
    }
    (stray,) = [row for row in replies if row["platform_code"] == BAD and not row["is_of_result"]]
    assert stray["statement"] == "未被抽检"
    assert [row["statement"] for row in replies if row["platform_code"] == CLEAN] == ["并非如此"], (
        "the other is quarantined"
    )
    assert "并非如此" not in {
        row["platform_statement"] for row in audit.rows("select * from marts.mart_spot_check_result")
    }


def deliver_sheets(found: Audit, day: date, name: str = "2024-10", mended: bool = False, part: str = "") -> None:
    """Of the bad platform each third ticket is bad; unless it is mended, the first sheet has a row that was swapped for
    another ticket and one without an answer."""
    for sheet in found.sheets_of(name, part)[: 1 if mended and name == "2024-10" else None]:
        header, *given = rows_of(sheet)
        answers, called_at = {}, f"{day - timedelta(days=1)} 10:00:00"
        for place, row in enumerate(dict(zip(header, cells, strict=True)) for cells in given):
            answers[place] = answer(row["平台编码"] == "沈阳" and int(row["工单编号"][-4:]) % 3 == 0, called_at)
        if sheet.name == f"spot_checks-{WEEK}-C01.xlsx":
            found.unreached = given[0]
            answers[0] = {"拨打结果": "未接通", "拨打次数": "5"}
        if sheet.name.endswith("C01.xlsx") and not mended:
            answers[ALTERED]["工单编号"] = f"JT{BAD}2024100599999999"
            answers[EMPTY] = {"拨打次数": "3"}
            answers[LOST]["总体编号"] = "ZT202410-2101"
            answers[RENAMED]["平台编码"] = "鞍山"
        deliver(found.settings, filled(sheet, answers), sheet.name, "LN", day)


def deliver_others(found: Audit, day: date) -> None:
    """Rows that nobody was asked for: another caller answers for a bad ticket of the first, and two decisions, one on a
    mistyped ticket and one on a ticket that was never drawn, come under numbers of their own."""
    header, *given = rows_of(found.sheets[0])
    calls = [dict(zip(header, row, strict=True)) for row in given]
    bad = next(row for row in calls if row["平台编码"] == "沈阳" and int(row["工单编号"][-4:]) % 3 == 0)
    drawn = {
        row["工单编号"]
        for sheet in found.sheets
        for row in (dict(zip(header, r, strict=True)) for r in rows_of(sheet)[1:])
    }
    undrawn = next(number for number in tickets_of(BAD) if number not in drawn)
    rows = [
        {**bad, **answer(False, CALLED_AT), "抽检员编号": "C09"},
        {**bad, **answer(True, CALLED_AT), "抽检编号": "CD-1", "工单编号": f"JT{BAD}2024100599999998", "裁定": "维持"},
        {**bad, **answer(True, CALLED_AT), "抽检编号": "CD-2", "工单编号": undrawn, "裁定": "维持"},
    ]
    names = [*header, "裁定"]
    text = "\n".join([",".join(names), *(",".join(row.get(name, "") for name in names) for row in rows), ""])
    deliver(found.settings, text, "spot_checks-others.csv", "LN", day)


def test_what_is_known_or_not_over_is_not_frozen(audit):
    assert "not in the future" in audit.said["known already"]
    assert "is not over before 2024-12-01" in audit.said["not over"]
    assert audit.said["the same"] == audit.said["freeze"], "the same once more changes nothing"
    for again in ("again", "again, dry"):
        assert "frozen already" in audit.said[again] and "2024-10-2" in audit.said[again]


def test_the_notice_says_all_but_the_tickets(audit):
    folder = audit.settings.audit / "2024-10"
    text, page = (folder / "notice.txt").read_text(), (folder / "notice.html").read_text()
    for said in (text, page):
        assert "双人见证掷骰 20 位" in said and "2024-11-19 10:00" in said
        assert set(re.findall("JT[0-9]{22}", said)) == {EXAMPLE}, "no ticket but the published example"
        for frame in rounds.load(audit.settings, "2024-10").frames:
            assert frame.list_sha256 in said and frame.frame_no in said
    warned = [line for line in audit.said["dry"].splitlines() if line.startswith("注意：")]
    assert audit.said["dry"] == "".join(f"{line}\n" for line in warned) + text
    sha256, name = (folder / "notice.txt.sha256").read_text().split()
    assert sha256 == hashlib.sha256(text.encode()).hexdigest() and name == "notice.txt" and sha256 in page


def test_lists_are_closed_to_everybody_else(audit):
    assert audit.settings.audit.stat().st_mode & 0o077 == 0
    assert all(path.stat().st_mode & 0o077 == 0 for path in audit.settings.audit.rglob("*.txt"))


@pytest.mark.parametrize(
    ("attempt", "said"),
    [
        ("undrawn", "was not drawn yet"),
        ("too early", "announced for 2024-11-19 10:00"),
        ("old value", "the value is of 20241117"),
        ("tampered list", "not the one that was frozen"),
        ("another value", f"was drawn by {VALUE}"),
        ("other callers", "handed out otherwise"),
        ("a path", "no number of a caller"),
        ("long source", "takes 207 characters"),
        ("two lines", "in one line"),
    ],
)
def test_what_no_draw_survives_is_refused(audit, attempt, said):
    assert said in audit.said[attempt]


def test_sheets_hold_numbers_and_nobody(audit):
    calls = [row for sheet in audit.sheets for row in rows_of(sheet)[1:]]
    header = rows_of(audit.sheets[0])[0]
    assert "诉求人" not in "".join(header) and "电话" not in "".join(header) and "复核" not in "".join(header)
    assert len(calls) == 2 * DRAWN + 12, "each drawn ticket once, and a fifth of them twice"
    assert len({row[0] for row in calls}) == len(calls)
    of_caller = [[row[header.index("工单编号")] for row in rows_of(sheet)[1:]] for sheet in audit.sheets]
    assert all(len(set(numbers)) == len(numbers) for numbers in of_caller), "nobody meets a ticket twice"


def test_the_drawn_tickets_are_the_first_of_the_public_order(audit):
    for frame in rounds.load(audit.settings, "2024-10").frames:
        path = audit.settings.audit / "2024-10" / "order" / f"{frame.frame_no}.csv"
        order = list(csv.DictReader(path.open(encoding="utf-8")))
        assert [row["哈希值"] for row in order] == sorted(row["哈希值"] for row in order)
        drawn = {row["工单编号"] for row in order if row["抽取"] == "抽中"}
        header, *given = [row for sheet in audit.sheets for row in rows_of(sheet)]
        called = {dict(zip(header, row, strict=True))["工单编号"] for row in given if row[1] == frame.frame_no}
        assert called == drawn and len(drawn) == DRAWN


def test_a_half_filled_row_is_answered_and_an_altered_one_does_not_count(audit):
    (entry,) = [
        row
        for path in audit.settings.ledger.rglob("*.json")
        if (row := json.loads(path.read_text())).get("file_name", "").startswith("spot_checks-2024-10-C01")
        and row["rows_quarantined"]
    ]
    assert (entry["rows_quarantined"], entry["reasons"]) == (1, {"outcome:required": 1})
    assert sum(row["altered"] for row in audit.running) == 3
    assert sum(row["open_calls"] + row["rechecks"] - row["rechecks_answered"] for row in audit.running) == 4
    assert all(row["design"] == "random" and row["handed_out"] == DRAWN for row in audit.running)


def test_results_stay_with_the_province_until_all_calls_are_in(audit):
    assert any(row["is_running"] for row in audit.running)
    assert "still being called" in audit.said["running"] and not (audit.var / "x").exists()
    ended = audit.rows("select * from marts.mart_spot_check_frame where frame_no like 'ZT202410-21%'")
    assert {row["platform_code"]: (row["open_calls"], row["altered"], row["is_running"]) for row in ended} == {
        BAD: (0, 3, False), CLEAN: (0, 0, False),
    }  # fmt: skip


def test_no_slip_of_the_pen_shows_a_running_round(audit):
    """A mistyped frame and a changed platform: the number tells where the row belongs, and nobody else's frame comes of it."""
    for rows in (audit.seen, audit.verdicts, audit.results):
        assert len(rows) > 1 and all(row["is_running"] for row in rows)
        assert {row["frame_no"] for row in rows} == {f"ZT202410-{BAD}", f"ZT202410-{CLEAN}"}
        assert {row["platform_code"] for row in rows} == {BAD, CLEAN}


def test_nobody_elses_row_and_no_decision_without_a_call_counts(audit):
    """Another caller's later row took a bad ticket away, and a mistyped decision made the draw a broken one."""
    results = audit.rows(f"select * from marts.mart_spot_check_result where frame_no = 'ZT202410-{BAD}'")
    outside = [row for row in results if row["is_outside"]]
    assert {row["check_no"] for row in outside} == {"CD-1", "CD-2"}
    assert len(results) - len(outside) == DRAWN
    drawn = {row["ticket_no"] for row in results if not row["is_outside"]}
    bad = {row["ticket_no"] for row in results if row["is_bad"] and not row["is_outside"]}
    assert bad == {number for number in drawn if int(number[-4:]) % 3 == 0}


def test_the_verdict_rests_on_the_draw(audit):
    verdicts = {row["platform_code"]: row for row in audit.first}
    assert (verdicts[BAD]["grade"], verdicts[BAD]["rule"], verdicts[BAD]["design"]) == (
        "A2",
        "sample_refutes",
        "random",
    )
    assert verdicts[CLEAN]["bad"] == 0 and verdicts[CLEAN]["grade"] == "B"  # it owes its other feeds
    results = audit.rows(f"select * from marts.mart_spot_check_result where frame_no = 'ZT202410-{BAD}'")
    found = {row["ticket_no"] for row in results if row["is_bad"] and not row["is_outside"]}
    assert found and all(int(number[-4:]) % 3 == 0 for number in found)
    assert len(found) == verdicts[BAD]["bad"]


def test_second_calls_are_known_to_the_warehouse_alone(audit):
    """The sheets do not say so; the answers are known as second calls all the same."""
    second = audit.rows("select * from intermediate.int_spot_check_answer where blind_recheck_of is not null")
    frames = audit.rows("select * from marts.mart_spot_check_frame where frame_no like 'ZT202410-21%'")
    assert len(second) == sum(row["rechecks_answered"] for row in frames) >= 11
    assert sum(row["rechecks"] for row in frames) == 12


def run_verifier(folder: Path, python: str = sys.executable) -> tuple[int, str]:
    done = subprocess.run([python, "-I", "-S", str(folder / "verify.py"), str(folder)], capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def bundle(audit, tmp_path):
    hotline("audit", "bundle", f"ZT202410-{BAD}", "--output", str(tmp_path))
    return tmp_path / f"ZT202410-{BAD}"


def interpreters() -> list[str]:
    places = [*Path("/usr/bin").glob("python3*"), *Path("/usr/local/bin").glob("python3*"), Path(sys.executable)]
    return sorted({str(path) for path in places if re.fullmatch(r"python3(\.\d+)?", path.name)})


@pytest.mark.parametrize("python", interpreters())
def test_the_audited_party_gets_the_same_verdict_offline(bundle, python):
    code, said = run_verifier(bundle, python)
    assert code == 0 and "全部一致" in said and "不一致" not in said, said
    assert "A2（sample_refutes）" in said and "怎样才能澄清" in said


def test_a_second_round_moves_no_verdict_of_the_first(audit):
    """Nor does a week: what is frozen together is a family of its own."""
    now = {(row["frame_no"], row["basis"]): row for row in audit.rows("select * from marts.mart_platform_verdict")}
    assert {no for no, _ in now} == {
        f"ZT{name}-{code}" for name in ("202410", "202410-2", "2024W40") for code in (BAD, CLEAN)
    }
    for row in audit.first:
        again = now[row["frame_no"], row["basis"]]
        assert all(again[name] == row[name] for name in ("p_decide", "p_holm", "grade", "rules", "drawn", "bad"))


@pytest.mark.parametrize("name", ["202410-2", "2024W40"])
@pytest.mark.parametrize("platform", [BAD, CLEAN])
def test_a_week_and_a_second_round_are_checked_offline_too(audit, tmp_path, name, platform):
    frame = f"ZT{name}-{platform}"
    hotline("audit", "bundle", frame, "--output", str(tmp_path))
    code, said = run_verifier(tmp_path / frame)
    (verdict,) = audit.rows(f"select * from marts.mart_platform_verdict where frame_no = '{frame}'")
    is_replaced = frame == audit.unreached[1]
    assert "不一致" not in said and (verdict["drawn"], verdict["reached"]) == (6 + is_replaced, 6), said
    assert code == (3 if verdict["rule"] == "feed_incomplete" else 0), said
    assert (tmp_path / frame / "weeks.csv").exists() == (name == "2024W40")
    assert ("监视统计量" in said) == (name == "2024W40")


@pytest.mark.parametrize(("period", "frames"), [(("--month", "2024-10"), 4), (("--week", "2024-W40"), 2)])
def test_the_report_of_a_week_and_of_two_rounds(audit, tmp_path, period, frames):
    hotline("report", "audit", *period, "--output", str(tmp_path))
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert ("2024 年第 40 周" in page) == (period[0] == "--week") and f"共 {frames} 个抽检总体" in page
    extracts = sorted(path.name for path in (tmp_path / "platforms").glob("*.html"))
    assert len(extracts) == frames and all(name.startswith("ZT2024") for name in extracts)
    assert ("（ZT202410-2-210100）" in page) == (frames == 4), "two rounds are told apart"
    if period[0] == "--week":
        assert "本期抽检 2 个平台" in page
        assert "本年累积 E 值" in (tmp_path / "platforms" / extracts[0]).read_text(encoding="utf-8")


def test_a_reserve_is_called_for_who_was_not_reached_and_for_nobody_else(audit):
    """One ticket of the week was not reached: three reserves are asked for, one is given, the next in the order of the draw."""
    header, *given = rows_of(next(iter(audit.sheets_of(WEEK, "-reserves-1"))))
    (row,) = (dict(zip(header, cells, strict=True)) for cells in given)
    frame = audit.unreached[1]
    assert row["总体编号"] == frame and "共 1 次抽检" in audit.said["reserves"]
    order = csv.DictReader((audit.settings.audit / WEEK / "order" / f"{frame}.csv").open(encoding="utf-8"))
    assert row["工单编号"] == [line["工单编号"] for line in order][6]
    (state,) = audit.rows(f"select * from marts.mart_spot_check_frame where frame_no = '{frame}'")
    assert (state["design"], state["handed_out"], state["answered"], state["is_running"]) == ("random", 7, 7, False)
    for refused in ("nobody to replace", "reserves again"):
        assert "in place of another" in audit.said[refused]
    assert "not handed out yet" in audit.said[f"no sheets of {SECOND}"]


def test_what_was_owed_and_what_came_too_late_is_said(audit):
    """Of October two platforms delivered one day; a complaint of the month came after every list was frozen."""
    assert audit.said["freeze"].count("天的工单应报未报") == 15, "who delivered no ticket at all too"
    assert "沈阳 有 17 天的工单应报未报（2024-10-15 至 2024-10-31）" in audit.said["freeze"], "owed since the 15th"
    late = {row["frame_no"]: row["unlisted"] for row in audit.rows("select * from marts.mart_spot_check_frame")}
    assert late == {f"ZT{name}-{code}": int(code == CLEAN)
                    for name in ("202410", "202410-2", "2024W40") for code in (BAD, CLEAN)}  # fmt: skip


def test_a_grade_by_what_is_not_in_the_bundle_is_not_called_checked(audit, tmp_path):
    """The other platform owes its other feeds: whether they came is not to be seen in the folder."""
    hotline("audit", "bundle", f"ZT202410-{CLEAN}", "--output", str(tmp_path))
    code, said = run_verifier(tmp_path / f"ZT202410-{CLEAN}")
    assert code == 3 and "B（feed_incomplete）" in said and "不一致" not in said and "全部一致" not in said, said


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize("forged", ["list", "value", "answer", "chance", "grade", "claim", "swapped ticket", "notice"])
def test_whatever_is_forged_in_the_bundle_shows(bundle, forged):
    stated = json.loads((bundle / "verdict.json").read_text(encoding="utf-8"))
    match forged:
        case "list":
            change(bundle / "list.txt", "JT210100", "JT210199")
        case "value":
            change(bundle / "verdict.json", VALUE, "20241119-1234567890")
        case "answer":
            change(bundle / "results.csv", "true,false,true,true", "true,true,true,true")
        case "chance":
            change(
                bundle / "verdict.json", f'"p_decide": {stated["p_decide"]}', f'"p_decide": {2 * stated["p_decide"]}'
            )
        case "grade":
            change(bundle / "verdict.json", '"grade": "A2"', '"grade": "B"')
        case "claim":
            change(bundle / "verdict.json", '"text": "100.00"', '"text": "80.00"')
        case "swapped ticket":
            lines = (bundle / "results.csv").read_text(encoding="utf-8").splitlines()
            drawn = {line.split(",")[0] for line in lines}
            other = next(number for number in reversed(tickets_of(BAD)) if number not in drawn)
            change(bundle / "results.csv", lines[1].split(",")[0], other)
        case "notice":
            change(bundle / "notice.txt", "双人见证", "一人见证")
    code, said = run_verifier(bundle)
    assert code == 1 and "不一致" in said, said


def test_a_bundle_without_a_file_says_so(bundle):
    (bundle / "results.csv").unlink()
    code, said = run_verifier(bundle)
    assert code == 2 and "无法核对" in said and "Traceback" not in said


def test_the_verifier_is_of_the_standard_library_and_of_python_3_9():
    import ast

    tree = ast.parse(Path(verify.__file__).read_text(encoding="utf-8"), feature_version=(3, 9))
    imported = {
        name.partition(".")[0]
        for node in ast.walk(tree)
        for name in (
            [alias.name for alias in node.names] if isinstance(node, ast.Import)
            else [node.module] if isinstance(node, ast.ImportFrom) else []
        )
    }  # fmt: skip
    assert imported <= sys.stdlib_module_names


def test_a_bundle_of_an_unknown_frame_names_those_there_are(audit, tmp_path):
    said = hotline("audit", "bundle", "ZT202410-000000", "--output", str(tmp_path), code=1)
    assert "no verdict on ZT202410-000000 is published" in said and f"ZT202410-{CLEAN}" in said
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "harm", ["list", "list of other signs", "round", "empty round", "other round", "no object", "draw"]
)
def test_a_spoilt_file_of_one_round_holds_up_no_other(audit, tmp_path, harm):
    folder = rounds.folder(audit.settings, "2024-10")
    path = {"l": rounds.list_path(audit.settings, "2024-10", f"ZT202410-{BAD}"), "d": folder / "draw.json"}.get(
        harm[0], folder / "round.json"
    )
    whole = path.read_bytes()
    spoilt = {
        "list": whole[24 + 1 :], "list of other signs": b"\xff" + whole, "round": whole[: len(whole) // 2], "empty round": b"",
        "other round": whole.replace(b"2024-10", b"2024-09"), "no object": b"[1]", "draw": whole[:9],
    }  # fmt: skip
    others = [name for name in rounds.known(audit.settings) if name != "2024-10"]
    path.write_bytes(spoilt[harm])
    try:
        listed = "" if harm == "draw" else hotline("audit", "list", code=1)
        said = hotline("audit", "judge", code=0 if harm == "draw" else 1)
        for name in (SECOND, WEEK):  # both names sort behind the spoilt one
            hotline("audit", "bundle", rounds.frame_number(name, BAD), "--output", str(tmp_path))
            assert run_verifier(tmp_path / rounds.frame_number(name, BAD))[0] in (0, 3)
        if harm == "draw":
            assert "draw.json is spoilt" in hotline("audit", "list", code=1)
        else:
            hotline("audit", "bundle", f"ZT202410-{BAD}", "--output", str(tmp_path), code=1)
            assert "not judged: 2024-10\n" in said and "spoilt: 2024-10\n" in listed
            assert "is not the one that was frozen" in said or "is spoilt (" in said
    finally:
        path.write_bytes(whole)
    assert others and all(f"\n{name}" in f"\n{text}" for name in others for text in (said, listed) if text), said
