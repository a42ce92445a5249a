"""Data Docs as Great Expectations builds them, drawn by our own pages.

GX's own pages load a dozen files from public CDNs and a beacon: on a closed network they are blank. Its documented
hooks (renderer and view of each site section) are used to draw plain Chinese pages instead: every page is one file with
its style inside, no script, and a content security policy under which a browser loads nothing at all.
"""

from __future__ import annotations

import json
from datetime import datetime
from itertools import groupby
from pathlib import Path

from great_expectations.data_context import AbstractDataContext
from great_expectations.data_context.types.resource_identifiers import (
    ExpectationSuiteIdentifier,
    ValidationResultIdentifier,
)
from great_expectations.render.renderer.site_builder import SiteBuilder
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from expectations.catalogue import SEVERITIES, SUITES
from expectations.checkpoint import LOCATION_NAMES, raised

SITE = "data_docs"
SHOWN_ROWS = 200
"""Failed rows listed on a page; the count above the list is complete."""

_ORDER = {status: rank for rank, status in enumerate(("error", "fail", "pass"))}
_ENVIRONMENT = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def site_configuration(folder: Path) -> dict:
    """``data_docs_sites`` of a GX context that writes its site to ``folder``."""
    return {
        SITE: {
            "module_name": __name__,
            "class_name": "OfflineSiteBuilder",
            "show_how_to_buttons": False,
            "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
            "site_index_builder": {
                "class_name": "DefaultSiteIndexBuilder",
                "renderer": {"module_name": __name__, "class_name": "IndexRenderer"},
                "view": {"module_name": __name__, "class_name": "IndexView"},
            },
            "site_section_builders": {
                "expectations": "None",  # a text: GX tells "left out" from "default" by it. A result page lists its rules
                "profiling": "None",
                "validations": {
                    "renderer": {"module_name": __name__, "class_name": "ResultRenderer"},
                    "view": {"module_name": __name__, "class_name": "ResultView"},
                },
            },
        }
    }


def build(context: AbstractDataContext, keys: list[ValidationResultIdentifier], folder: Path) -> Path:
    """Draw the pages of ``keys`` and the index; returns the index.

    Raises
    ------
    RuntimeError: a page is missing. GX logs what goes wrong while it draws and carries on.
    """
    context.build_data_docs(site_names=[SITE], resource_identifiers=keys or ["none"])
    index = folder / "index.html"
    runs = {key.run_id.run_name for key in keys}
    drawn = [path for path in folder.glob("validations/*/*/*/*.html") if path.parts[-3] in runs]
    if not index.is_file() or not index.stat().st_size or len(drawn) != len(keys):
        raise RuntimeError(f"{len(drawn)} of {len(keys)} pages of the data docs were drawn; the log says why")
    return index


class OfflineSiteBuilder(SiteBuilder):
    """GX's site without its static assets: its pages need none, and GX's would only be dead weight."""

    def build(self, resource_identifiers=None, build_index: bool = True):
        for builder in self.site_section_builders.values():
            builder.build(resource_identifiers=resource_identifiers)
        _, links = self.site_index_builder.build(build_index=build_index)
        return self.get_resource_url(only_if_exists=False), links


class ResultRenderer:
    """Turns one validation result into what its page shows."""

    def __init__(self, data_context: AbstractDataContext) -> None:
        self.data_context = data_context

    def render(self, validation) -> dict:
        checks = sorted((_check(result) for result in validation.results), key=_rank)
        return _summary(validation, checks) | {
            "checks": [
                {**rows[0], "expectations": rows}
                for _, group in groupby(checks, key=lambda check: (check["status"], check["name_zh"]))
                if (rows := list(group))
            ]
        }


class IndexRenderer:
    """Turns the links that GX collected into the list of runs, newest day first."""

    def __init__(self, data_context: AbstractDataContext) -> None:
        self.data_context = data_context

    def render(self, links: dict) -> dict:
        pages = []
        for link in links.get("validations_links", []):
            key = ValidationResultIdentifier(
                expectation_suite_identifier=ExpectationSuiteIdentifier(name=link["expectation_suite_name"]),
                run_id=link["run_id"],
                batch_identifier=link["batch_identifier"],
            )
            validation = self.data_context.validation_results_store.get(key)
            checks = [_check(result) for result in validation.results]
            pages.append(_summary(validation, checks) | {"path": link["filepath"]})
        order = {suite: rank for rank, suite in enumerate(SUITES)}
        pages.sort(key=lambda page: (order[page["suite"]], page["worst"], page["name"]))
        pages.sort(key=lambda page: (page["day"], page["checked_at"], page["run_name"]), reverse=True)
        runs = [
            {"day": day, "run_name": name, "checked_at": checked_at, "pages": list(group)}
            for (day, checked_at, name), group in groupby(
                pages, key=lambda page: (page["day"], page["checked_at"], page["run_name"])
            )
        ]
        return {"runs": runs, "suites": SUITES}


class _View:
    template: str

    def __init__(self, custom_styles_directory=None, custom_views_directory=None) -> None:
        """GX passes two folders for overriding its own templates; these views have their own."""

    def render(self, document: dict, **_: object) -> str:
        return _ENVIRONMENT.get_template(self.template).render(document, severities=SEVERITIES)


class ResultView(_View):
    template = "result.html.j2"


class IndexView(_View):
    template = "index.html.j2"


def _check(result) -> dict:
    """One expectation with its outcome; rows that failed as lists under Chinese headings."""
    config, found = result.expectation_config, result.result or {}
    status = "error" if raised(result.exception_info) else "pass" if result.success else "fail"
    rows = found.get("unexpected_index_list") or found.get("partial_unexpected_index_list") or []
    columns = [name for name in found.get("unexpected_index_column_names", []) if name in LOCATION_NAMES]
    if "platform_name" in columns:
        columns = [name for name in columns if name != "platform_code"]
    judged = found.get("element_count")
    failed = found.get("unexpected_count", 0) if status == "fail" else 0
    return {
        "status": status,
        "severity": getattr(config.severity, "value", config.severity),
        "name_zh": config.meta["name_zh"],
        "name_en": config.meta["name_en"],
        "description_zh": config.meta["description_zh"],
        "expected": config.description,
        "type": config.type,
        "judged": judged,
        "failed": failed,
        "platforms": list(dict.fromkeys(row["platform_name"] for row in rows if failed and "platform_name" in row)),
        "parameters": json.dumps(_parameters(config.kwargs), ensure_ascii=False, default=str),
        "headings": [LOCATION_NAMES[name] for name in columns],
        "rows": [[row.get(name, "") for name in columns] for row in rows[:SHOWN_ROWS]] if status == "fail" else [],
        "sets": [
            (word, "、".join(map(str, found[key])))
            for word, key in (("缺少", "partial_missing_list"), ("多出", "partial_unexpected_list"))
            if status == "fail" and "missing_count" in found and not rows and found.get(key)
        ],
    }


def _parameters(kwargs: dict) -> dict:
    return {name: value for name, value in kwargs.items() if name != "batch_id" and value is not None}


def _rank(check: dict) -> tuple:
    return _ORDER[check["status"]], list(SEVERITIES).index(check["severity"]), check["name_zh"]


def _summary(validation, checks: list[dict]) -> dict:
    meta = validation.results[0].expectation_config.meta
    run_name = validation.meta["run_id"]["run_name"]  # as stored: the pages are drawn from the JSON
    failed = [check for check in checks if check["status"] == "fail"]
    return {
        "name": validation.suite_name,
        "title": meta["title"],
        "suite": meta["suite"],
        "suite_name": SUITES[meta["suite"]],
        "run_name": run_name,
        "day": run_name[:10],
        "checked_at": str(datetime.fromisoformat(meta["checked_at"]).replace(microsecond=0)),
        "evaluated": len(checks),
        "passed": sum(check["status"] == "pass" for check in checks),
        "worst": min((_rank(check)[:2] for check in checks), default=()),
        "platforms": list(
            dict.fromkeys(name for c in failed if c["severity"] == "critical" for name in c["platforms"])
        ),
        "errors": sum(check["status"] == "error" for check in checks),
        "failed": {severity: n for severity in SEVERITIES if (n := sum(c["severity"] == severity for c in failed))},
    }
