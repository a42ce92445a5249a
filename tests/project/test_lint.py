"""Each check of style objects to what breaks it, and looks again at what has changed."""

import json
import shutil

import lint
import pytest


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A project of its own with one model and one page, both clean."""
    (tmp_path / "requirements").mkdir()
    for name in (".sqlfluff", "pyproject.toml", "requirements/test.txt"):
        shutil.copy(lint.HOME / name, tmp_path / name)
    shutil.copytree(lint.HOME / "dbt" / "macros", tmp_path / "dbt" / "macros")
    (tmp_path / "dbt" / "models").mkdir()
    (tmp_path / "dbt" / "tests").mkdir()
    (tmp_path / "dbt" / "models" / "a.sql").write_text("select 1 as one\n")
    (tmp_path / "page.md").write_text("# First part\n\n[to it](#first-part), [itself](page.md#first-part)\n")
    monkeypatch.setattr(lint, "HOME", tmp_path)
    monkeypatch.setattr(lint, "MEMORY", tmp_path / "var" / "lint")
    monkeypatch.setattr(lint, "TOOLS", [tmp_path / "requirements" / "test.txt"])
    return tmp_path


def test_sqlfluff_looks_at_a_file_until_it_is_clean_and_again_when_it_changes(home, monkeypatch):
    models = home / "dbt" / "models"
    (models / "b.sql").write_text("SELECT 1 as one\n")
    (found,) = lint.sqlfluff()
    assert found.startswith("dbt/models/b.sql:1:1: CP01")
    (models / "b.sql").write_text("select 1 as one\n")
    assert lint.sqlfluff() == []
    assert len(json.loads((lint.MEMORY / "sqlfluff.json").read_text())) == 2

    called = []
    tool = lint.tool
    monkeypatch.setattr(lint, "tool", lambda *argv: called.append(argv) or tool(*argv))
    assert lint.sqlfluff() == []
    assert called == []
    (models / "b.sql").write_text("select 2 as two\n")
    assert lint.sqlfluff() == []
    assert [str(word) for word in called.pop()[-1:]] == ["dbt/models/b.sql"]
    (home / "dbt" / "macros" / "new.sql").write_text("{% macro new() %}1{% endmacro %}\n")
    assert lint.sqlfluff() == []
    assert len(called) == 1, "a macro is in every model"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[gone](docs/gone.md)", "docs/gone.md does not exist"),
        ("![picture](a.png)", "a.png does not exist"),
        ("[part](#second-part)", "page.md has no heading #second-part"),
    ],
)
def test_a_broken_link_is_named_with_its_line(home, text, said):
    assert lint.links() == []
    page = home / "page.md"
    page.write_text(page.read_text() + f"\n{text}\n")
    assert lint.links() == [f"page.md:5: {said}"]


def test_ruff_objects_to_style_and_to_form(home):
    assert lint.ruff() == []
    (home / "a.py").write_text("import os\nx = {  'a':1}\n")
    found = "\n".join(lint.ruff())
    assert "F401" in found
    assert "Would reformat: a.py" in found or "reformat" in found


@pytest.mark.parametrize(
    ("file", "text", "wrong"),
    [
        ("src/a.py", "run(f\"copy (select 1) to '{path}' (format parquet)\")\n", True),
        ("src/a.py", "run(f\"select * from t where day < timestamp '{day}'\")\n", True),
        ("src/a.py", 'run(f"copy (select 1) to {literal(path)}")\n', False),
        ("src/a.py", "print(f\"the file '{path}' is empty\")\n", False),
        ("dbt/macros/a.sql", '{{ return("[\'" ~ found | join("\', \'") ~ "\']") }}\n', True),
        ("dbt/macros/a.sql", '{{ return("feed = \'" ~ feed) }}\n', True),
        ("dbt/macros/a.sql", "from read_text('{{ env_var(\"HOTLINE_VAR\") }}/x')\n", True),
        ("dbt/macros/a.sql", "{{ return('feed = ' ~ literal(feed)) }}\n", False),
        ("dbt/models/b.sql", "select '{{ rate }}' as rate\n", False),
    ],
)
def test_what_is_pasted_between_quotation_marks_is_named(home, file, text, wrong):
    assert lint.quoting() == []
    (home / file).parent.mkdir(parents=True, exist_ok=True)
    (home / file).write_text(text)
    assert bool(lint.quoting()) == wrong


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("select max_by(name, valid_from) as name from t", True),
        ("select max_by(name, (valid_from, name)) as name from t", False),
        ("select max_by(name, coalesce(valid_from, (select 1))) as name from t", True),
        ("select max_by(status, events.event_seq) filter (where is_open) as status from t", False),
        ("select row_number() over (partition by a order by b desc) as place from t", True),
        ("select row_number() over (\n    partition by a order by b, rules.code asc\n) as place from t", False),
        ("select any_value(a) as a from t", True),
        ("select string_agg(a, '/') as a from t", True),
        ("select string_agg(a, '/' order by a) as a from t", False),
        ("select a / b as c from t", True),
        ("select '/' as a, {{ divide('a / b', 'c') }} as d from t -- a / b", False),
    ],
)
def test_what_is_left_to_chance_is_named(home, text, wrong):
    assert lint.determinism() == []
    (home / "dbt/models/b.sql").write_text(text + "\n")
    assert bool(lint.determinism()) == wrong
