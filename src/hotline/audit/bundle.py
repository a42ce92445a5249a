"""What the audited party gets to check a verdict itself: frame, draw, results, the published verdict, and one program.

Everything comes from the published warehouse and the frozen round; nothing of another platform is in it but the chances that
Holm's correction needs, without names.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from hotline.audit import rounds, verify
from hotline.audit.parameters import holding
from hotline.audit.rounds import list_of, load
from hotline.errors import HotlineError, WrongRequest
from hotline.result import opened
from hotline.settings import Settings

VERDICT = """
select
    verdicts.*, kinds.is_judged, kinds.is_weekly, rounds.planned, rounds.list_sha256,
    cast(rounds.frozen_at as varchar) as frozen_at, rounds.randomness, rounds.value,
    cast(rounds.revealed_at as varchar) as revealed_at, cast(rounds.delivery_day as varchar) as delivered_on,
    if(rounds.value is null, null, rounds.drawn) as draw_size
from marts.mart_platform_verdict as verdicts
inner join seeds.spot_check_kinds as kinds on verdicts.kind = kinds.code
left join marts.mart_spot_check_frame as rounds on verdicts.frame_no = rounds.frame_no
where verdicts.frame_no = $frame_no and verdicts.is_leading
"""
FAMILY = """
select verdicts.p_decide, verdicts.planned_platforms
from marts.mart_platform_verdict as verdicts
left join marts.mart_spot_check_frame as rounds on verdicts.frame_no = rounds.frame_no
where verdicts.is_leading and verdicts.basis = $basis and verdicts.kind = $kind and verdicts.month = $month
    and cast(rounds.frozen_at as varchar) is not distinct from $frozen_at
"""
WEEKS = """
select
    frame_no, period_from, year(period_from) as year, if(design = 'random', drawn, 0) as drawn, if(design = 'random', bad, 0) as bad,
    week_boundary as boundary
from marts.mart_platform_verdict
where is_leading and basis = $basis and kind = $kind and platform_code = $platform_code
    and (period_from, frame_no) <= ($period_from, $frame_no)
order by period_from, frame_no
"""
RESULTS = """
select
    ticket_no, check_no, draw_position, is_reached, is_callback_good, is_close_good, is_satisfaction_good, is_bad, is_unknown,
    is_confirmed, is_outside, cast(called_at as varchar) as called_at, platform_statement, adjudication_name
from marts.mart_spot_check_result
where frame_no = $frame_no order by draw_position nulls last, ticket_key
"""
ANSWERS = ", ".join(f"is_{nth}_{rate}_true" for nth in ("first", "second") for rate in verify.RATES)
OWN = ", ".join(
    f"if(frame_no = $frame_no, {name}, null) as {name}"
    for name in ("check_no", "first_check_no", "ticket_no", "has_record",
                 *(f"is_{nth}_{rate}_good" for nth in ("first", "second") for rate in verify.RATES))
)  # fmt: skip
RECHECKS = f"""
select {OWN}, cast(month as varchar) as month, {ANSWERS}
from marts.mart_spot_check_recheck
where frame_no = $frame_no or (
    month <= $month and month > $month - interval 12 month
    and frame_no in (select frame_no from marts.mart_platform_verdict where is_leading and basis = $basis)
)
order by all
"""
"""Of other frames only what was answered, and in which month: neither ticket nor platform."""
PARAMETERS = (
    "name_alpha", "doubt_alpha", "clear_share", "clear_e_value", "most_unreached_share", "doubt_e_value", "watch_statistic",
    "single_error", "single_error_floor", "confirmed_error_floor", "fewest_rechecks", "weekly_honest_share", "weeks_a_year",
)  # fmt: skip
KEPT = (
    "frame_no", "basis", "platform_code", "platform_name", "kind", "period_from", "grade", "grade_name", "rule", "rules",
    "says_zh", "design",
    "population", "stated_population", "planned", "list_sha256", "frozen_at", "delivered_on", "randomness", "value",
    "revealed_at", "draw_size", "planned_platforms", "drawn", "reached", "bad", "bad_confirmed", "unknown",
    "withheld_rates", "admitted_bad", "contradicted_rates", "recheck_pairs", "recheck_differing", "p_literal",
    "call_error", "p_decide", "p_holm", "tipping_error", "lower_good", "upper_good", "clearance_e", "calls_to_meet",
    "e_watch", "e_year", "is_judged", "is_weekly", "is_feed_complete", "counts_own_tickets", "own_rates_compared",
    "own_rates_below", "impossible_signatures", "rare_signatures", "lead_signatures", "withheld_rate_percent",
    "confidence", *PARAMETERS,
)  # fmt: skip
HOW = """抽检结果核对包

本目录供被抽检单位自行核对，不需要联网，也不需要数据仓库。任一 Python 3.9 以上版本均可：

    python3 verify.py

verify.py 只用 Python 标准库，逐项复算名单指纹、抽取次序、抽取方式、件数、误判概率、概率、界限与证据等级，并说明还需抽检
多少件方可澄清。结束时显示“全部一致”“几项不一致”或“等级未核对”（等级另有不在本目录、或无从核对的依据，逐项列出）。

请务必将 verify.py 显示的公告指纹与冻结当日公开发布的公告指纹比对：名单、件数与随机数来源均以公告为准，而公告是否原件，只有
公开发布的指纹可以证明。自报明细的分子、分母请与本单位所报数据对照。

verdict.json  公布的结论与所用参数
results.csv   抽检结果，一行一件
rechecks.csv  盲态复核，一行一对抽检；其他总体的只列答复，不列工单与平台
list.txt      冻结的名单（未记录抽取的没有）
notice.txt    冻结时的公告
weeks.csv     周抽检各周件数（仅周抽检）
verify.py     核对程序，可阅读，与公布的源代码相同

对结果有异议的，请按工单编号提供通话记录、录音或流转记录，随 spot_checks 的“平台说明”“裁定”栏保存。
"""


def write_bundle(settings: Settings, frame_no: str, output: Path) -> Path:
    """Write the folder for one frame below ``output``. Returns it.

    Raises
    ------
    HotlineError: no verdict on such a frame is published, its round is still running, or the frozen list is gone.
    """
    path = settings.published_database
    if not path.exists():
        raise HotlineError(f"nothing is published at {path}", "run the pipeline first: `hotline publish`")
    with opened(path, settings.seeds) as connection:
        stated = verdict(connection, frame_no, settings.seeds)
        results = connection.execute(RESULTS, {"frame_no": frame_no})
        files = {"results.csv": as_csv(results)}
        named = {name: stated[name] for name in ("basis", "frame_no", "month")}
        files["rechecks.csv"] = as_csv(connection.execute(RECHECKS, named))
        if stated["is_weekly"]:
            named = {name: stated[name] for name in ("basis", "kind", "platform_code", "period_from", "frame_no")}
            files["weeks.csv"] = as_csv(connection.execute(WEEKS, named))
    files |= frozen(settings, stated)
    if "notice.txt" in files:
        stated["notice_sha256"] = hashlib.sha256(files["notice.txt"]).hexdigest()
    kept = {name: stated[name] for name in (*KEPT, "claims", "family", "tests", "notice_sha256") if name in stated}
    files["verdict.json"] = (json.dumps(kept, ensure_ascii=False, indent=2, default=str) + "\n").encode()
    files["verify.py"] = Path(verify.__file__).read_bytes()
    files["说明.txt"] = HOW.encode()
    target = output / frame_no.replace("/", "-")
    target.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (target / name).write_bytes(data)
    return target


def verdict(connection: duckdb.DuckDBPyConnection, frame_no: str, seeds: Path) -> dict[str, Any]:
    """The published verdict on a frame with all that it rests on."""
    found = connection.execute(VERDICT, {"frame_no": frame_no})
    names = [column[0] for column in found.description]
    row = found.fetchone()
    if row is None:
        known = connection.execute(
            "select distinct frame_no from marts.mart_platform_verdict where not is_running order by all limit 40"
        ).fetchall()
        raise WrongRequest(
            f"no verdict on {frame_no} is published", f"there are: {', '.join(no for (no,) in known) or 'none'}"
        )
    stated = dict(zip(names, row, strict=True))
    if stated["is_running"]:
        raise WrongRequest(
            f"{frame_no} is still being called",
            "wait until all calls are in: half a result tells a platform whom to call",
        )
    stated |= judged_by(stated["month"], seeds)
    stated["claims"] = {
        rate: {name: stated[f"{rate}_{name}"] for name in ("text", "population", "computed", "counted")}
        for rate in verify.RATES
    }
    family = connection.execute(
        FAMILY, {name: stated[name] for name in ("basis", "kind", "month", "frozen_at")}
    ).fetchall()
    stated["family"] = sorted(p for p, _ in family)
    stated["tests"] = max(len(family), *(planned for _, planned in family))
    return stated


def judged_by(month: date, seeds: Path) -> dict[str, Any]:
    """The parameters in force for a month."""
    folder = seeds / "parameters"
    parameters = holding(folder / "verdict_parameters.csv", month)
    return {
        **{name: float(parameters[name]) for name in PARAMETERS},
        "weeks_a_year": int(parameters["weeks_a_year"]),
        "withheld_rate_percent": parameters["withheld_rate_percent"],
        "confidence": holding(folder / "integrity_parameters.csv", month)["confidence"],
    }


def frozen(settings: Settings, stated: dict[str, Any]) -> dict[str, bytes]:
    """List and notice of the round that a frame belongs to; nothing of checks whose draw nobody recorded."""
    if stated["list_sha256"] is None:
        return {}
    own = [
        name
        for name in rounds.known(settings)
        if rounds.frame_number(name, stated["platform_code"]) == stated["frame_no"]
    ]
    for name in own:  # of another round nothing is read: if it is spoilt, this one is not
        found = load(settings, name)
        for frame in found.frames:
            if frame.frame_no == stated["frame_no"]:
                text = "".join(f"{number}\n" for number in list_of(settings, found, frame))
                notice = rounds.folder(settings, name) / "notice.txt"
                return {"list.txt": text.encode("ascii"), "notice.txt": notice.read_bytes()}
    raise HotlineError(
        f"the frozen list of {stated['frame_no']} is not in {settings.audit}",
        "restore var/audit from the backup; without the list nobody can check the draw",
    )


def as_csv(found: duckdb.DuckDBPyConnection) -> bytes:
    """A result as CSV; truth values as true and false."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow([column[0] for column in found.description])
    for row in found.fetchall():
        table.writerow(["" if v is None else str(v).lower() if isinstance(v, bool) else v for v in row])
    return text.getvalue().encode()
