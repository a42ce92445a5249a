"""The rules of what is kept: read whole, or refused with the line and what to write there."""

import dataclasses

import pytest

from hotline.errors import HotlineError
from hotline.housekeep.retention import KINDS, Retention
from hotline.settings import Settings


@pytest.fixture
def installed():
    return Settings.from_environment()


@pytest.fixture
def edited(installed, tmp_path):
    """The rules with one text in place of another."""

    def edit(old, new):
        path = tmp_path / "deploy" / "retention.yaml"
        path.parent.mkdir(exist_ok=True)
        text = installed.retention.read_text(encoding="utf-8")
        assert text.count(old) >= 1
        path.write_bytes(text.replace(old, new, 1).encode("utf-8", "surrogateescape"))
        return Settings(home=tmp_path, var=tmp_path / "var"), text[: text.index(old)].count("\n") + 1

    return edit


def test_the_rules_of_the_project_hold_every_kind_and_say_why(installed):
    retention = Retention.of(installed)
    assert retention.rules.keys() == KINDS.keys()
    assert all(len(rule.why) > 20 for rule in retention.rules.values())
    always = {kind for kind, rule in retention.rules.items() if rule.number is None}
    assert always == {"raw", "quarantine", "ledger", "quality", "audit", "reports"}


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("{kind: raw, keep: always", "{kind: raw, keep: 900 days", "raw is kept `900 days`"),
        ("{kind: audit, keep: always", "{kind: audit, keep: 5 newest", "audit is kept"),
        ("400 days", "400", "landing is kept `400`"),
        ("400 days", "0 days", "landing is kept `0 days`"),
        ("400 days", "-1 days", "landing is kept `-1 days`"),
        ("400 days", "４００ days", "landing is kept"),
        ("3 newest", "always", "write N newest"),
        ("kind: quality", "kind: qualities", "there is no kind qualities"),
        ("kind: quality", "kind: raw", "raw has a row already"),
        ("kind: quality, keep", "kind: quality, keeps", "keeps is not known here"),
        ('keep: always, why: "a build reads it, and', 'why: "a build reads it, and', "keep is missing"),
        ("window_days: 28", "window_days: many", "window_days is many"),
        ("known_days: 7", "known_days: 29", "known_days is above window_days"),
        ("kind: audit, keep: always", "kind: audit, apart: [a], keep: always", "apart of audit"),
        ("forecast:", "forecasts:", "forecasts is not known here"),
        ("kinds:", "kinds: {", "this is no YAML"),
        ("operator's choice", "operator\udcff", "this is no YAML"),
    ],
)  # fmt: skip
def test_what_is_no_rule_is_refused_with_its_line_and_a_remedy(edited, old, new, problem):
    settings, line = edited(old, new)
    with pytest.raises(HotlineError) as refused:
        Retention.of(settings)
    said = str(refused.value)
    assert problem in said and "remedy: " in said and str(settings.retention) in said
    if "no YAML" not in problem:
        assert f"retention.yaml:{line}:" in said


def test_a_kind_without_a_row_is_named(edited, installed):
    text = installed.retention.read_text(encoding="utf-8")
    row = next(line for line in text.splitlines(keepends=True) if "kind: reports" in line)
    settings, _ = edited(row, "")
    with pytest.raises(HotlineError, match="no row for reports"):
        Retention.of(settings)


def test_a_missing_file_is_named(installed, tmp_path):
    with pytest.raises(HotlineError, match=r"retention\.yaml cannot be read"):
        Retention.of(dataclasses.replace(installed, home=tmp_path))
