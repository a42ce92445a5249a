"""Verdicts on platforms: of the published September, and of frames that were frozen, drawn, called, refused and withheld."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
from datetime import date

import duckdb
import pytest
from click.testing import CliRunner
from ticket_files import deliver, ticket_table

from hotline.cli import cli
from hotline.contracts import load_contracts
from hotline.quality import load_expectations
from hotline.settings import Settings

CONTRADICTED = {"210100", "210200", "210300", "210500", "210900", "211200"}


# the published month ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def september(query):
    return {
        (row["platform_code"], row["basis"]): row
        for row in query("select * from mart_platform_verdict where month = '2024-09-01'")
    }


def test_six_platforms_are_in_doubt_and_nine_are_not_rated(september, published):
    platforms = {row["platform_code"] for row in published("annex2_spot_check")}
    assert {code for code, basis in september if basis == "published"} == platforms
    for platform in platforms:
        row = september[platform, "published"]
        assert row["grade"] == ("B" if platform in CONTRADICTED else "D"), row
        assert row["is_contradicted"] is (platform in CONTRADICTED)
        assert (row["design"], row["planned_platforms"], row["population_source"]) == ("unrecorded", 15, "published")
        assert str(row["bad"]) in row["says_zh"] and str(row["bad"]) in row["says_en"]
        assert "{" not in row["says_zh"] + row["says_en"] and "—" not in row["says_zh"] + row["says_en"]
        assert ("未记录" in row["says_zh"]) is (platform in CONTRADICTED)


def test_populations_are_the_published_ones_whatever_tickets_say(september, published):
    complaints = {row["platform_code"]: int(row["complaint"]) for row in published("annex3_volume_by_platform")}
    for (platform, _), row in september.items():
        assert row["population"] == complaints[platform]


def test_chances_allow_for_errors_and_for_fifteen_platforms(september):
    # 100 without decimals admits 11 of 沈阳's 2 294 and 1 of 铁岭's 259 in each of three rates
    anshan, tieling = september["210300", "published"], september["211200", "published"]
    assert anshan["p_literal"] < anshan["p_decide"] < 1e-5
    assert anshan["p_holm"] == pytest.approx(15 * anshan["p_decide"])
    assert tieling["p_decide"] > 0.05 and tieling["p_holm"] == 1
    assert tieling["rule"] == "more_bad_than_admitted"
    assert all(row["call_error"] == 0.02 for row in september.values())
    assert september["210700", "published"]["calls_to_meet"] == 28  # 锦州, N 553


def test_invented_tickets_stand_in_a_row_of_their_own(september):
    own = {code for (code, basis), row in september.items() if basis == "simulated" and row["grade"] == "A1"}
    assert own, "the simulated feeds give less than six platforms report"
    assert all(september[code, "published"]["grade"] in ("B", "D") for code in own)
    assert all(row["own_rates_below"] > 0 for (code, basis), row in september.items() if code in own)
    assert {basis for _, basis in september} == {"published", "simulated"}


def test_a_withheld_rate_changes_no_count(query):
    rows = query("select * from mart_rate_integrity where month = '2024-09-01'")
    assert all(row["reason"] is None and row["frame_no"] == f"2024-09-01/{row['platform_code']}" for row in rows)


# frames of a real installation --------------------------------------------------------------------------

pytestmark = pytest.mark.slow
OCTOBER, SEED = date(2024, 11, 20), "20241102-8842190357"
NAMED, CLEAN, SILENT, UNCALLED, ABSENT = "210100", "210200", "210300", "210400", "210500"
SIZE, DRAWN = 60, 30


def tickets_of(platform: str) -> list[str]:
    return [f"JT{platform}20241005{n:08d}" for n in range(SIZE)]


def order(numbers: list[str]) -> list[str]:
    return sorted(numbers, key=lambda number: hashlib.sha256(f"{SEED},{number}".encode()).hexdigest())


def table(rows: list[dict]) -> str:
    text, names = io.StringIO(), list(dict.fromkeys(name for row in rows for name in row))
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def frame(platform: str, **changes) -> dict:
    numbers = sorted(tickets_of(platform))
    row = {
        "总体编号": f"F-{platform}", "统计期首日": "2024-10-01", "平台编码": platform, "抽检方式": "月抽检", "总体件数": SIZE,
        "名单指纹": hashlib.sha256("".join(f"{number}\n" for number in numbers).encode()).hexdigest(),
        "冻结时间": "2024-11-01 09:00:00", "随机数来源": "2024-11-02 10:00 双人掷骰", "计划抽检件数": DRAWN,
        "上报回访率": "100.00", "上报办结率": "100.00", "上报满意率": "100.00",
    }  # fmt: skip
    return row | changes


def check(platform: str, place: int, number: str, answer: str = "是", **changes) -> dict:
    row = {
        "抽检编号": f"C-{platform}-{place}", "统计月份": "2024-10", "平台编码": platform, "工单编号": number,
        "回访属实": answer, "办结属实": "是", "满意属实": "是", "总体编号": f"F-{platform}", "抽取序号": place, "拨打结果": "已接通",
        "抽检员编号": "C01", "抽检时间": "2024-11-03 10:00:00",
    }  # fmt: skip
    return row | changes


def deliver_october(settings: Settings) -> None:
    platforms = (NAMED, CLEAN, SILENT, UNCALLED, ABSENT)
    silent = {"上报回访率": "", "上报办结率": "", "上报满意率": ""}
    frames = [frame(code, **(silent if code == SILENT else {})) for code in platforms]
    draws = [
        {
            "总体编号": f"F-{code}",
            "随机数公布时间": "2024-11-02 10:00:00",
            "随机数": SEED,
            "抽取算法": "sha256",
            "抽取件数": DRAWN,
        }
        for code in platforms
        if code != UNCALLED
    ]
    checks = []
    for code in (NAMED, CLEAN, SILENT, ABSENT):
        for place, number in enumerate(order(tickets_of(code))[:DRAWN], start=1):
            bad = code != CLEAN and place <= (12 if code == NAMED else 1)
            reached = {} if code != ABSENT or place <= 20 else {"拨打结果": "未接通"}
            checks.append(check(code, place, number, "否" if bad else "是", **reached))
    first = order(tickets_of(NAMED))[0]
    checks += [
        # called again until he says good, and somebody who is not on the list
        check(NAMED, 91, first, "是", 抽检时间="2024-11-04 10:00:00", 抽取序号=1),
        check(NAMED, 92, first, "是", 抽检时间="2024-11-05 10:00:00", 抽取序号=1),
    ]
    province = {"sender": "LN", "day": OCTOBER}
    frozen = {"sender": "LN", "day": date(2024, 11, 1)}
    deliver(settings, table(frames), "spot_check_frames.csv", **frozen)
    listed = [{"总体编号": f"F-{code}", "工单编号": number} for code in platforms for number in tickets_of(code)]
    deliver(settings, table(listed), "spot_check_frame_tickets.csv", **frozen)
    deliver(settings, table(draws), "spot_check_draws.csv", **province)
    deliver(settings, table(checks), "spot_checks.csv", **province)
    # once the result is known, another size and a humbler claim are sent for the same frame
    humbler = frame(NAMED, 总体件数=6000, 上报回访率="50.00")
    deliver(settings, table([humbler]), "spot_check_frames-again.csv", sender="LN", day=date(2024, 11, 25))
    # of the whole month one ticket arrives, of one platform: what is frozen does not shrink with it
    deliver(settings, ticket_table({"工单编号": tickets_of(NAMED)[0], "受理时间": "2024-10-05 08:00:00", "应办结时间": ""}),
            day=date(2024, 10, 6))  # fmt: skip


@pytest.fixture(scope="module")
def october(project, blank, tmp_path_factory):
    """Verdicts by platform, and rows of the rates, in an installation that says real."""
    var = tmp_path_factory.mktemp("verdicts") / "var"
    blank(var)
    with project.at(var), pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOTLINE_ORIGIN", "real")
        settings = Settings.from_environment()
        deliver_october(settings)
        taken = CliRunner().invoke(cli, ["ingest", "--json"])
        assert taken.exit_code == 0 and '"rejected": []' in taken.output, taken.output
        project.run(var, "run", "--select", "+mart_platform_verdict", "+mart_rate_integrity")
        with duckdb.connect(str(settings.build_database), read_only=True) as connection:
            verdicts = connection.execute("select * from marts.mart_platform_verdict").df().to_dict("records")
            rates = connection.execute("select * from marts.mart_rate_integrity").df().to_dict("records")
    assert len(verdicts) == 5 and len(rates) == 15
    return {row["platform_code"]: row for row in verdicts}, rates, var


@pytest.fixture(scope="module")
def shown(project, october, tmp_path_factory):
    """The same rounds in an installation that does not say real: verdicts, rates, and what quality says of them."""
    var = tmp_path_factory.mktemp("shown") / "var"
    shutil.copytree(october[2], var)
    with project.at(var), pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOTLINE_ORIGIN", "simulated")
        project.run(var, "run", "--select", "int_spot_check_frame,+mart_platform_verdict", "int_spot_check_frame+,+mart_rate_integrity",
                    "mart_rate_integrity")  # fmt: skip
        settings = Settings.from_environment()
        with duckdb.connect(str(settings.build_database), read_only=True) as connection:
            verdicts = connection.execute("select * from marts.mart_platform_verdict").df().to_dict("records")
            rates = connection.execute("select * from marts.mart_rate_integrity").df().to_dict("records")
            said, small = statements(settings, connection)
    return verdicts, rates, said, small


def statements(settings: Settings, connection: duckdb.DuckDBPyConnection) -> list[list[str]]:
    """What the checks of rates and of platforms say, a text a platform."""
    load_expectations(settings.home)
    from expectations.catalogue import read_catalogue
    from expectations.scope import Scope
    from expectations.suites import integrity

    catalogue = read_catalogue(settings.seeds / "quality_checks.csv")
    scope = Scope(connection, settings.raw, settings.ledger, settings.seeds, catalogue, load_contracts(), OCTOBER)
    read = {judgement.name: judgement.read for judgement in integrity.judgements(scope)}
    return [read[name]().frame["statement"].tolist() for name in ("integrity_samples", "integrity_platforms")]


def test_a_recorded_draw_may_name_a_platform(october):
    named = october[0][NAMED]
    assert (named["grade"], named["rule"], named["design"]) == ("A2", "sample_refutes", "random")
    assert named["p_holm"] <= 0.025 and named["tipping_error_named"] > 0.02
    assert (named["basis"], named["population"], named["planned_platforms"]) == ("published", SIZE, 15)


def test_a_frame_sent_again_after_the_draw_changes_nothing(october):
    named, (rate,) = (
        october[0][NAMED],
        [r for r in october[1] if (r["platform_code"], r["rate"]) == (NAMED, "callback")],
    )
    assert (named["population"], named["admitted_bad"], named["grade"]) == (SIZE, 0, "A2")
    assert (rate["population"], rate["reported_text"]) == (SIZE, "100.00")


def test_whoever_is_called_until_he_says_good_counts_once(october):
    assert (october[0][NAMED]["drawn"], october[0][NAMED]["bad"], october[0][NAMED]["repeated_calls"]) == (DRAWN, 12, 2)


def test_clean_calls_clear_no_platform_that_withholds_its_feeds(october):
    """A doubt stands before it: the platform owes the feeds of the month."""
    clean = october[0][CLEAN]
    assert (clean["grade"], clean["rule"], clean["design"]) == ("B", "feed_incomplete", "random")
    assert "clearance planned_sample_clean" in clean["rules"]
    assert clean["calls_to_meet"] <= DRAWN and clean["clearance_e"] >= 20 and clean["p_decide"] == 1


def test_withheld_rates_are_rows_and_a_doubt(october):
    silent, rates = october[0][SILENT], [row for row in october[1] if row["platform_code"] == SILENT]
    assert (silent["grade"], silent["rule"], silent["withheld_rates"]) == ("B", "rates_withheld", 3)
    assert [row["reason"] for row in rates] == ["withheld"] * 3
    assert all(row["sampled"] == DRAWN and row["evidence_grade"] == "B" for row in rates)


def test_a_frame_that_nobody_called_is_not_rated_and_still_planned(october):
    uncalled = october[0][UNCALLED]
    assert (uncalled["drawn"], uncalled["rule"]) == (0, "feed_incomplete")  # it owes its tickets too
    assert "not_checked" in uncalled["rules"]


def test_who_is_not_reached_counts_for_neither_side(october):
    absent = october[0][ABSENT]
    assert (absent["drawn"], absent["reached"], absent["bad"]) == (DRAWN, 20, 1)
    assert absent["lower95_unreached_bad"] < absent["lower95"] < absent["lower95_unreached_good"]
    assert "clearance" not in absent["rules"] and "planned_sample_clean" not in absent["rules"]


def test_calls_on_simulated_tickets_name_nobody_and_say_so(shown):
    verdicts, rates, said, small = shown
    assert {row["basis"] for row in verdicts} == {"simulated"} and all(row["is_leading"] for row in verdicts)
    named = next(row for row in verdicts if row["platform_code"] == NAMED)
    assert (named["grade"], named["rule"]) == ("A2", "sample_refutes"), "the loop can be seen"
    assert all("模拟" in row["says_zh"] and "simulated" in row["says_en"] for row in verdicts)
    assert all(row["grade_name"].endswith("（模拟）") and row["evidence_basis"] == "simulated" for row in rates)
    assert len(said) == len(small) == 5 and all("模拟" in text for text in said + small)
