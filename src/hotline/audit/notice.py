"""The public notice of a round: what was fixed before anybody could know what will be drawn.

It names no ticket: sizes, fingerprints, where the value will come from, and how the order follows from it.
"""

from __future__ import annotations

from html import escape

from hotline.audit.rounds import Round
from hotline.contracts import load_code_list
from hotline.settings import Settings

HOW = (
    "抽取算法：对“随机数,工单编号”（英文逗号，无空格，UTF-8）计算 SHA-256，按十六进制结果升序排列，取前若干件；其后为替补次序。",
    "名单指纹：全部工单编号升序排列，每行一个，行尾均为 LF，对该文本计算 SHA-256。",
    "核对示例：随机数 20241015-8842190357，编号 JT2103002024090400000001、…0900000002、…1200000003、…1800000004、…2700000005，"
    "次序为 09、18、04、12、27。",
)


def _title(found: Round) -> str:
    kinds = {"monthly": "月抽检", "weekly": "周抽检"}
    return f"投诉举报工单{kinds[found.kind]}公告（{found.name}）"


def _facts(found: Round) -> list[tuple[str, str]]:
    return [
        ("统计期", f"{found.period_from} 起，{found.period_after} 前"),
        ("名单冻结时间", found.frozen_at),
        ("随机数公布时间", f"{found.reveal_at[:16]}（不早于）"),
        ("随机数来源", found.randomness),
    ]


def _rows(found: Round, settings: Settings) -> list[tuple[str, ...]]:
    names = load_code_list("platforms", settings.seeds).names
    return [
        (frame.frame_no, names.get(frame.platform_code, frame.platform_code), str(frame.population), str(frame.planned),
         frame.list_sha256)
        for frame in found.frames
    ]  # fmt: skip


HEADERS = ("总体编号", "平台", "总体件数", "抽取件数", "名单指纹（SHA-256）")


def text(found: Round, settings: Settings) -> str:
    """The notice as plain text; the same round gives the same bytes."""
    lines = [_title(found), "", *(f"{name}：{value}" for name, value in _facts(found)), "", "\t".join(HEADERS)]
    lines += ["\t".join(row) for row in _rows(found, settings)]
    return "\n".join([*lines, "", *HOW, ""])


def page(found: Round, settings: Settings, sha256: str) -> str:
    """The same on one page, with the fingerprint of the text."""
    facts = "".join(f"<dt>{escape(name)}</dt><dd>{escape(value)}</dd>" for name, value in _facts(found))
    head = "".join(f"<th>{escape(name)}</th>" for name in HEADERS)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in _rows(found, settings)
    )
    how = "".join(f"<p>{escape(line)}</p>" for line in HOW)
    return (
        f'<!DOCTYPE html>\n<html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(_title(found))}</title>'
        f"<style>{STYLE}</style></head><body><h1>{escape(_title(found))}</h1><dl>{facts}</dl>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{how}"
        f"<p>公告文本（notice.txt）指纹：<code>{sha256}</code></p></body></html>\n"
    )


STYLE = (
    "@page{size:A4 landscape;margin:15mm}body{font-family:'Noto Sans CJK SC','Microsoft YaHei',sans-serif;color:#1a1a1a;"
    "max-width:60em;margin:2em auto;padding:0 1em;line-height:1.6}h1{font-size:1.4em}dl{display:grid;"
    "grid-template-columns:max-content 1fr;gap:.2em 1em}dd{margin:0}table{border-collapse:collapse;width:100%;font-size:.85em}"
    "th,td{border:1px solid #999;padding:.3em .5em;text-align:left}td:nth-child(3),td:nth-child(4){text-align:right;"
    "font-variant-numeric:tabular-nums}td:last-child,code{font-family:monospace;font-size:.85em;word-break:break-all}"
)
