"""From rows of the marts to power, false alarms, and what was asked for beside what was found."""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd
from provinces import PROVINCE, Cell

from hotline.statistics.counts import share_interval

CONFIDENCE = 0.95
GRADES = ["A1", "A2", "A3", "B", "C", "D", "E"]
HONEST = "honest"
SIGNATURE_RULES = {"impossible_signature", "rare_signatures"}
COUNT_RULES = {"more_bad_than_admitted", "more_bad_than_one_rate_admits"}
MEASURES = {
    "flagged": "Any signature flags the platform",
    "b_by_signature": "Signatures alone give B",
    "own_feed": "Its own feed contradicts its report (A1)",
    "named": "The draw refutes its report (A2)",
    "by_count": "More bad calls than one of its rates admits (B, a plain count)",
    "met": "The draw meets at least one bad call",
}
MOST_FALSE_B = 0.01
"""Of platforms and months, by signatures."""
MOST_FALSE_NAMED = 0.05 / PROVINCE
"""Of platforms and months, so that a province of them stays below 5 %."""
LEAST_POWER, POWER_AT = 0.90, 0.05
LEAST_MET, MET_AT = 0.95, 0.10


def rate(hits: Iterable[bool]) -> dict[str, float]:
    """How many of how many, with the exact two-sided interval of the share (Clopper and Pearson).

    >>> rate([True, False, False, False])
    {'found': 1, 'of': 4, 'low': 0.0063, 'high': 0.8059}
    """
    counted = [bool(hit) for hit in hits]
    low, high = share_interval(sum(counted), len(counted), CONFIDENCE) if counted else (0.0, 1.0)
    return {"found": sum(counted), "of": len(counted), "low": round(float(low), 4), "high": round(float(high), 4)}


def summary(
    cells: list[Cell], signatures: list[dict], verdicts: list[dict], kinds: dict[str, dict[str, str]]
) -> dict[str, list[dict]]:
    """What the tables and the tests read.

    Parameters
    ----------
    signatures, verdicts: rows of ``mart_platform_signature`` and ``mart_platform_verdict``.
    kinds: the catalogue of ``kinds.csv``.

    Raises SystemExit when a platform has no verdict or no signatures: it would silently count as not found.
    """
    made = pd.DataFrame([vars(cell) for cell in cells]).set_index("platform")
    rows = pd.DataFrame(signatures).set_index("platform_code").join(made)
    rows["is_flagged"] = rows["is_flagged"].fillna(False).astype(bool)
    judged = pd.DataFrame(verdicts).set_index("platform_code").join(made)
    if missing := set(made.index) - (set(judged.index) & set(rows.index)):
        raise SystemExit(f"no verdict or no signatures of {len(missing)} platforms, {min(missing)} first")
    said = judged["rules"].str.split().map(set)
    judged["flagged"] = rows.groupby(level=0)["is_flagged"].any()
    judged["b_by_signature"] = said.map(lambda rules: bool(rules & SIGNATURE_RULES))
    judged["own_feed"] = said.map(lambda rules: "own_feed_below_report" in rules)
    judged["named"] = said.map(lambda rules: "sample_refutes" in rules)
    judged["by_count"] = said.map(lambda rules: bool(rules & COUNT_RULES))
    judged["met"] = judged["bad"] > 0
    return {
        "power": _power(judged),
        "signatures": _by_signature(rows[rows["kind"] != HONEST]),
        "false_alarms": _false_alarms(rows[rows["kind"] == HONEST]),
        "grades": _grades(judged),
        "targets": _targets(rows, judged, kinds),
    }


def _power(judged: pd.DataFrame) -> list[dict]:
    """A row a kind and intensity, honest platforms with 0."""
    return [
        {"kind": kind, "intensity": float(share)} | {measure: rate(of[measure]) for measure in MEASURES}
        for (kind, share), of in judged.groupby(["kind", "intensity"])
    ]


def _by_signature(rows: pd.DataFrame) -> list[dict]:
    """A row a kind, intensity and signature that flagged some platform of the kind."""
    told = rows.groupby(["kind", "signature_code"])["is_flagged"].any()
    return [
        {"kind": kind, "intensity": float(share), "signature": code, **rate(of["is_flagged"])}
        for (kind, code, share), of in rows.groupby(["kind", "signature_code", "intensity"])
        if told[kind, code]
    ]


def _false_alarms(rows: pd.DataFrame) -> list[dict]:
    """Per signature, of the honest platforms on which it could say anything."""
    found = []
    for (kind, code), of in rows.groupby(["signature_type", "signature_code"]):
        said = of[of["reason"].isna()]
        share = said["hits"].sum() / max(said["eligible"].sum(), 1)
        found.append(
            {"signature": code, "type": kind, "share_of_eligible": round(float(share), 5), **rate(said["is_flagged"])}
        )
    return found


def _grades(judged: pd.DataFrame) -> list[dict]:
    """How often each grade, by kind, all intensities together."""
    given = [grade for grade in GRADES if (judged["grade"] == grade).any()]
    return [
        {"kind": kind, **{grade: rate(of["grade"] == grade) for grade in given}}
        for kind, of in judged.groupby("kind", sort=False)
    ]


def _targets(rows: pd.DataFrame, judged: pd.DataFrame, kinds: dict[str, dict[str, str]]) -> list[dict]:
    honest = judged[judged["kind"] == HONEST]
    asked = [
        _target("honest platforms that signatures make B", "at most", MOST_FALSE_B, honest["b_by_signature"]),
        _target("honest platforms named, A1 or A2", "at most", MOST_FALSE_NAMED, honest["own_feed"] | honest["named"]),
    ]
    own = rows["kind"].map(lambda kind: kinds.get(kind, {}).get("signature")) == rows["signature_code"]
    for (of_type, code), of in rows[own & (rows["intensity"] == POWER_AT)].groupby(
        ["signature_type", "signature_code"]
    ):
        asked.append(_target(f"`{code}` ({of_type}) at 5 % of its kind", "at least", LEAST_POWER, of["is_flagged"]))
    false = judged["kind"].map(lambda kind: bool(kinds.get(kind, {}).get("false_claims")))
    called = judged[false & (judged["intensity"] == MET_AT)]
    for colludes, of in called.groupby(called["kind"] == "colluding_callers"):
        what = "the draw meets 10 % bad" + (", its callers colluding" if colludes else "")
        asked.append(_target(what, "at least", LEAST_MET, of["met"]))
    return asked


def _target(what: str, word: str, asked: float, hits: Iterable[bool]) -> dict:
    """``kept`` and ``missed`` are what was counted; ``certain`` says whether the whole interval lies on that side."""
    found = rate(hits)
    share, low, high = found["found"] / max(found["of"], 1), found["low"], found["high"]
    is_kept = share <= asked if word == "at most" else share >= asked
    is_certain = (high <= asked or low > asked) if word == "at most" else (low >= asked or high < asked)
    return {"target": what, "word": word, "asked": asked, **found, "is_kept": is_kept, "is_certain": is_certain}


# ---- tables -------------------------------------------------------------------------------------------------


def shown(found: dict) -> str:
    """``3 of 4 (19.4–99.4 %)``: a percentage alone would hide how few there are."""
    return f"{found['found']} of {found['of']} ({100 * found['low']:.1f}–{100 * found['high']:.1f} %)"


def table(header: list[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def across(rows: list[dict], key: list[str], measure: str | None) -> str:
    """A table with a column an intensity; ``measure`` names the rate in a row, None: the row is one."""
    frame = pd.DataFrame(rows)
    shares = sorted(share for share in frame["intensity"].unique() if share)
    lines = []
    for name, of in frame[frame["intensity"] > 0].groupby(key, sort=False):
        at = {row["intensity"]: row[measure] if measure else row for row in of.to_dict("records")}
        if any(found["found"] for found in at.values()):
            lines.append([*name, *(shown(at[share]) for share in shares)])
    return table([*key, *(f"{100 * share:g} %" for share in shares)], lines)


def as_text(size: dict, found: dict[str, list[dict]]) -> str:
    """Markdown, as it stands in the docs; kinds that a measure never found have no line in its table."""
    parts = [
        f"{size['platforms']} platforms: {size['seeds']} of each kind and intensity, {size['tickets']} complaints each, "
        f"{size['calls']} of them drawn and called."
    ]
    for measure, title in MEASURES.items():
        honest = [shown(row[measure]) for row in found["power"] if row["kind"] == HONEST]
        parts += [
            f"### {title}",
            f"Honest platforms: {', '.join(honest) or 'none'}.",
            across(found["power"], ["kind"], measure),
        ]
    if found["signatures"]:
        parts += ["### Each signature", across(found["signatures"], ["kind", "signature"], None)]
    parts += [
        "### False alarms of each signature",
        table(["signature", "type", "share of the eligible", "honest platforms flagged"], (
            [row["signature"], row["type"], f"{row['share_of_eligible']:.2%}", shown(row) if row["of"] else "nothing to judge"]
            for row in found["false_alarms"])),
        "### Grades",
        table(list(found["grades"][0]), (
            [row["kind"], *(f"{told['found']} of {told['of']}" for told in list(row.values())[1:])] for row in found["grades"])),
        "### Targets",
        table(["target", "asked", "found", "result"], (
            [row["target"], f"{row['word']} {row['asked']:.2%}", shown(row),
             ("kept" if row["is_kept"] else "**missed**") + ("" if row["is_certain"] else ", within the interval")]
            for row in found["targets"])),
    ]  # fmt: skip
    return "\n\n".join(parts)
