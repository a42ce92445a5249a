"""Plots of a report: exact intervals in black and white, readable in print; the same rows give the same bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence

import matplotlib as mpl
from matplotlib.figure import Figure

from hotline.reports.facts import Platform

FONTS = ["Noto Sans CJK SC", "Noto Sans CJK JP", "sans-serif"]
STYLE = {
    "svg.fonttype": "none",  # text stays text: the reader's fonts, and no outline that differs between machines
    "svg.hashsalt": "hotline",
    "font.family": FONTS,
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.spines.left": False,
}
ROW_INCHES = 0.27


def forest(platforms: Sequence[Platform]) -> Figure:
    """Interval of the true share of good tickets a platform, with the lowest rate that it reported.

    The interval is exact and one-sided at each end; a platform that nobody called has none.
    """
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(7.2, 1.0 + ROW_INCHES * len(platforms)))
        axes = figure.add_subplot()
        for place, platform in enumerate(platforms):
            verdict = platform.verdict
            if verdict["drawn"]:
                low, high = float(verdict["lower95"]), float(verdict["upper95"])
                is_bad = verdict["bad"] > 0
                axes.plot([low, high], [place, place], color="black", linewidth=2.4 if is_bad else 1.2,
                          solid_capstyle="butt", gid=f"interval-{verdict['frame_no']}")  # fmt: skip
                axes.plot([low, high], [place, place], "|", color="black", markersize=8)
            if (reported := lowest(platform)) is not None:
                axes.plot([reported], [place], marker="D", markersize=5, markerfacecolor="white", markeredgecolor="black",
                          gid=f"reported-{verdict['frame_no']}")  # fmt: skip
        # a name is a name: of a dollar sign the library would make a formula
        axes.set_yticks(range(len(platforms)), [label(platform) for platform in platforms], parse_math=False)
        axes.set_ylim(len(platforms) - 0.4, -0.6)
        axes.set_xlim(-1, 102)
        axes.set_xticks(range(0, 101, 20))
        axes.tick_params(axis="y", length=0)
        axes.grid(axis="x", color="#d0d0d0", linewidth=0.5)
        axes.set_axisbelow(True)
        axes.set_xlabel("属实率（%）　横线：抽检所支持的范围（粗线：有不实）　菱形：上报值（三项中最低）")
        figure.tight_layout()
    return figure


def lowest(platform: Platform) -> float | None:
    """The lowest rate that the platform reported, percent."""
    texts = [platform.verdict[f"{rate}_text"] for rate in ("callback", "close", "satisfaction")]
    return min((float(text) for text in texts if text is not None), default=None)


def label(platform: Platform) -> str:
    verdict = platform.verdict
    return f"{platform.name}　{verdict['reached'] - verdict['bad']}/{verdict['reached']}　{verdict['grade']}"


def as_svg(figure: Figure) -> str:
    """For a page: without the XML declaration, and without a date."""
    target = io.StringIO()
    with mpl.rc_context(STYLE):
        figure.savefig(target, format="svg", metadata={"Date": None, "Creator": None})
    text = target.getvalue()
    return text[text.index("<svg") :]


def as_png(figure: Figure) -> bytes:
    """For a document that takes no vector drawings."""
    target = io.BytesIO()
    with mpl.rc_context(STYLE):
        figure.savefig(target, format="png", dpi=200, metadata={"Software": None})
    return target.getvalue()
