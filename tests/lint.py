"""Style, told from the text alone: ``python tests/lint.py [--fresh] [check ...]``; runs in CI before the tests.

What was clean is not looked at again until it changes: ruff keeps its own memory, ours lies in ``var/lint/``, by the
content of what a check reads and the versions of the tools. ``--fresh`` forgets it.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import itertools
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from markdown_it import MarkdownIt

HOME = Path(__file__).resolve().parents[1]
BIN = HOME / ".venv" / "warehouse" / "bin"
MEMORY = HOME / "var" / "lint"
TOOLS = [HOME / "requirements" / "test.txt", HOME / "pyproject.toml", Path(__file__)]
"""What every check depends on besides what it reads."""
NOT_OURS = {".git", ".venv", "var", "node_modules"}
SHOWN_LINES = 60


def digest(paths: Iterable[Path]) -> str:
    found = hashlib.sha256()
    for path in sorted(paths):
        found.update(f"{path.relative_to(HOME)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return found.hexdigest()


def files(folder: str, *suffixes: str) -> list[Path]:
    return sorted(path for path in (HOME / folder).rglob("*") if path.is_file() and path.suffix in suffixes)


def remembered(check: str) -> set[str]:
    path = MEMORY / f"{check}.json"
    return set(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else set()


def remember(check: str, clean: Iterable[str]) -> None:
    """Keep what is clean now; what was clean once and is no more is forgotten."""
    MEMORY.mkdir(parents=True, exist_ok=True)
    temporary = MEMORY / f"{check}.json.{os.getpid()}"
    temporary.write_text(json.dumps(sorted(clean)), encoding="utf-8")
    temporary.replace(MEMORY / f"{check}.json")


def tool(*argv: str | Path) -> subprocess.CompletedProcess:
    return subprocess.run([str(word) for word in argv], cwd=HOME, capture_output=True, text=True, check=False)


# checks: each returns what is wrong, a line each -------------------------------------------------------


def ruff() -> list[str]:
    found = []
    for arguments in (["check", "--output-format", "concise"], ["format", "--check"]):
        run = tool(BIN / "ruff", *arguments, "--quiet", ".")
        if run.returncode:
            found += (run.stdout + run.stderr).splitlines()
    return found


def types() -> list[str]:
    """Types of what computes and of what reads contracts, strictly; what a library does not type is any."""
    folders = ["src/hotline/statistics", "src/hotline/contracts"]
    key = digest([*TOOLS, *files("src/hotline", ".py")])
    if key in remembered("types"):
        return []
    run = tool(
        BIN / "mypy", "--strict", "--ignore-missing-imports", "--no-error-summary", "--cache-dir", MEMORY / "mypy", *folders
    )  # fmt: skip
    if run.returncode:
        return (run.stdout + run.stderr).splitlines()
    remember("types", {key})
    return []


def sqlfluff() -> list[str]:
    """Each model and singular test on its own: macros and settings decide too, so they are part of what is remembered."""
    shared = digest([*TOOLS, HOME / ".sqlfluff", *files("dbt/macros", ".sql")])
    keys = {path: f"{shared} {digest([path])}" for path in [*files("dbt/models", ".sql"), *files("dbt/tests", ".sql")]}
    known = remembered("sqlfluff")
    clean, open_ = {key for key in keys.values() if key in known}, [path for path in keys if keys[path] not in known]
    if not open_:
        return []
    run = tool(
        BIN / "sqlfluff", "lint", "--nocolor", "--format", "json", "--processes", os.cpu_count() or 1,
        *(path.relative_to(HOME) for path in open_),
    )  # fmt: skip
    try:
        results = json.loads(run.stdout)
    except json.JSONDecodeError:
        return [f"sqlfluff ended with {run.returncode}: {(run.stdout + run.stderr)[-1000:]}"]
    wrong = {HOME / result["filepath"]: result["violations"] for result in results if result["violations"]}
    seen = {HOME / result["filepath"] for result in results}
    remember("sqlfluff", clean | {keys[path] for path in open_ if path in seen and path not in wrong})
    lines = [
        f"{path.relative_to(HOME)}:{violation['start_line_no']}:{violation['start_line_pos']}: "
        f"{violation['code']} {violation['description']}"
        for path, violations in wrong.items()
        for violation in violations
    ]
    lines += [f"{path.relative_to(HOME)}: sqlfluff did not look at it" for path in open_ if path not in seen]
    return lines or ([f"sqlfluff ended with {run.returncode}: {run.stderr[-1000:]}"] if run.returncode else [])


def dbt_score() -> list[str]:
    """The rules of dbt/project_rules and of dbt-score itself, on the manifest of the project as it is."""
    key = digest([*TOOLS, *(path for path in (HOME / "dbt").rglob("*") if path.is_file() and readable(path))])
    if key in remembered("dbt-score"):
        return []
    sys.path[:0] = [str(HOME / "tests" / "support"), str(HOME / "dbt")]
    import dbt_rules

    var = MEMORY / "dbt"
    (var / "build").mkdir(parents=True, exist_ok=True)
    project = HOME / "dbt"
    parsed = subprocess.run(
        [BIN / "dbt", "--no-use-colors", "parse", "--project-dir", project, "--profiles-dir", project,
         "--target-path", var / "target", "--log-path", var / "logs"],
        env=os.environ | {"HOTLINE_VAR": str(var), "DO_NOT_TRACK": "1"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    if parsed.returncode:
        return [f"dbt parse ended with {parsed.returncode}", *parsed.stdout.splitlines()[-20:]]
    evaluation = dbt_rules.lint(var / "target" / "manifest.json")
    found = [
        f"{item}: {said} ({rule})"
        for rule in dbt_rules.rules()
        for item, said in dbt_rules.findings(evaluation, rule).items()
    ]
    if not found:
        remember("dbt-score", [key])
    return found


def readable(path: Path) -> bool:
    return not {"target", "logs", "__pycache__"} & set(path.relative_to(HOME / "dbt").parts)


def links() -> list[str]:
    """Links of the documents to files and headings of the project. Addresses elsewhere are not asked for."""
    documents = [path for path in pages() if "dbt" not in path.relative_to(HOME).parts]  # those are of dbt's own page
    return [problem for page in documents for problem in broken_links(page)]


def pages() -> list[Path]:
    return sorted(path for path in HOME.rglob("*.md") if not NOT_OURS & set(path.relative_to(HOME).parts))


def broken_links(page: Path) -> Iterator[str]:
    for target, line in targets(page):
        if re.match(r"[a-z][a-z+.-]*:", target):
            continue
        name, _, heading = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        place = f"{page.relative_to(HOME) if page.is_relative_to(HOME) else page.name}:{line}"
        if not file.exists():
            yield f"{place}: {target} does not exist"
        elif heading and file.suffix == ".md" and heading not in headings(file):
            yield f"{place}: {name or page.name} has no heading #{heading}"


def targets(page: Path) -> Iterator[tuple[str, int]]:
    """(where a link or a picture leads, the line of its paragraph)"""
    for block in MarkdownIt("gfm-like", {"linkify": False}).parse(page.read_text(encoding="utf-8")):
        for token in block.children or []:
            target = token.attrGet("href") or token.attrGet("src")
            if target:
                yield str(target), (block.map or [0])[0] + 1


def headings(page: Path) -> set[str]:
    """Anchors of a page's headings, as the usual hosts of git make them."""
    tokens = MarkdownIt().parse(page.read_text(encoding="utf-8"))
    found: list[str] = []
    for opened, inline in itertools.pairwise(tokens):
        if opened.type == "heading_open":
            text = "".join(child.content for child in inline.children or [] if child.type in ("text", "code_inline"))
            anchor = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
            again = sum(
                known == anchor or re.fullmatch(re.escape(anchor) + r"-\d+", known) is not None for known in found
            )
            found.append(f"{anchor}-{again}" if again else anchor)
    return set(found)


def quoting() -> list[str]:
    """What is not written in a statement goes into it as a parameter or through ``literal()``: a path may hold a quote."""
    python = [path for folder in ("src", "expectations", "superset", "dags") for path in files(folder, ".py")]
    found = [problem for path in python for problem in pasted_in_python(path)]
    sql = [path for folder in ("macros", "models", "tests") for path in files(f"dbt/{folder}", ".sql")]
    return found + [problem for path in sql for problem in pasted_in_jinja(path)]


SQL = re.compile(
    r"\b(select|from|copy|attach|insert|create|set|where|timestamp|date|values|pragma)\b|[<>=]=? *\w* *'$", re.I
)


def pasted_in_python(path: Path) -> Iterator[str]:
    for text in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(text, ast.JoinedStr):
            continue
        words = " ".join(part.value for part in text.values if isinstance(part, ast.Constant))
        for before, value, after in zip(text.values, text.values[1:], text.values[2:], strict=False):
            if not isinstance(value, ast.FormattedValue) or not SQL.search(words):
                continue
            if ends(before, "'", str.endswith) and ends(after, "'", str.startswith):
                yield f"{path.relative_to(HOME)}:{value.lineno}: {ast.unparse(value.value)} is pasted between quotation marks"


def ends(part: ast.expr, sign: str, where: Callable[[str, str], bool]) -> bool:
    return isinstance(part, ast.Constant) and where(part.value, sign)


def pasted_in_jinja(path: Path) -> Iterator[str]:
    """Quotation marks put around a value by Jinja, or around ``{{ }}`` of what was asked or comes from outside."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        marks = re.search(r"""'"[ ]*~[ ]*[\w(]|[\w)\]][ ]*~[ ]*"'|join\("', '"\)""", line)
        outside = re.search(r"""'[^'{]*\{\{[^}]*(env_var|run_query|var_folder)[^}]*\}\}""", line)
        if (marks and "macro literal(" not in line) or outside:
            yield f"{path.relative_to(HOME)}:{number}: use literal() instead of quotation marks"


KEYS = {
    "_row_number": "of a delivered file",
    "build_no": "of builds",
    "built_in": "of the marks of a month",
    "callback_no": "of the calls of one telephone system",
    "check_no": "of spot checks",
    "claim_code": "of the claims of a document",
    "code": "of a code list",
    "event_seq": "of the events of a ticket",
    "file_row_number": "of a delivered file, as models name it",
    "frame_no": "of the frames of spot checks",
    "ledger_file": "of the judgements of a file",
    "month": "of the months of one company, of one indicator",
    "rule": "of the rules of the verdict",
    "starts_at": "of the periods of a working day, which lie apart",
    "term": "of the words of a cluster, from one register",
    "ticket_no": "of the tickets of a frame",
    "unit_key": "of units",
}
"""Columns that tell the rows of what is ordered apart; an order that ends with none of them leaves ties to chance."""


def determinism() -> list[str]:
    """Of equal rows an engine takes any, and engines differ in what they make of ``/``: orders are total, quotients are
    ``divide()``, ``ratio_half_up()`` or ``percent_of()``."""
    sql = [path for folder in ("macros", "models", "tests") for path in files(f"dbt/{folder}", ".sql")]
    return [problem for path in sql for problem in left_to_chance(path)]


def left_to_chance(path: Path) -> Iterator[str]:
    text = path.read_text(encoding="utf-8")
    bare = re.sub(r"\{#.*?#\}|--[^\n]*", lambda found: re.sub(r"[^\n]", " ", found[0]), text, flags=re.S)

    def place(position: int) -> str:
        return f"{path.relative_to(HOME)}:{bare.count(chr(10), 0, position) + 1}"

    for call in re.finditer(r"\b(?:min_by|max_by|arg_min|arg_max)\(", bare):
        order = arguments(bare, call.end())[-1]
        if not (order.startswith("(") or order.split(".")[-1] in KEYS):
            yield f"{place(call.start())}: rows may be equal in {order}: order by a tuple that ends with a key"
    for call in re.finditer(r"\brow_number\(\)\s+over\s*\(", bare):
        (*_, last) = arguments(bare, call.end())
        column = re.sub(r"\s+(asc|desc)$", "", last.split("order by")[-1].strip()).split(".")[-1]
        if column not in KEYS:
            yield f"{place(call.start())}: rows may be equal in {column}: end the order with a key"
    for call in re.finditer(r"\b(any_value|first|last|string_agg|listagg|group_concat)\(", bare):
        inside = arguments(bare, call.end())
        following = bare[call.end() + len(",".join(inside)) :].split("\n")[0]
        if "order by" not in ",".join(inside) and "within group (order by" not in following:
            yield f"{place(call.start())}: {call[1]}() takes rows as they come: state an order"
    blanked = re.sub(
        r"'[^']*'|\"[^\"]*\"|\{[{%].*?[%}]\}", lambda found: re.sub(r"[^\n]", " ", found[0]), bare, flags=re.S
    )
    if "macros" not in path.parts:  # where it says what each engine makes of it
        for sign in re.finditer(r"/", blanked):
            yield f"{place(sign.start())}: engines differ in `/`: use divide()"


def arguments(text: str, start: int) -> list[str]:
    """What stands between a parenthesis that opens before ``start`` and the one that closes it, at its commas."""
    found, depth = [""], 1
    for sign in text[start:]:
        depth += (sign == "(") - (sign == ")")
        if not depth:
            break
        if sign == "," and depth == 1:
            found.append("")
        else:
            found[-1] += sign
    return [part.strip() for part in found]


CHECKS: dict[str, Callable[[], list[str]]] = {
    "ruff": ruff,
    "links": links,
    "quoting": quoting,
    "determinism": determinism,
    "types": types,
    "sqlfluff": sqlfluff,
    "dbt-score": dbt_score,
}


def main() -> int:
    parser = argparse.ArgumentParser(prog="tests/lint.py", description="Check style. Without names: every check.")
    parser.add_argument("checks", nargs="*", metavar="check", help=", ".join(CHECKS))
    parser.add_argument("--fresh", action="store_true", help="look at everything, whatever was clean before")
    chosen = parser.parse_args()
    if unknown := set(chosen.checks) - CHECKS.keys():
        parser.error(f"no such check: {', '.join(sorted(unknown))}; there are {', '.join(CHECKS)}")
    if chosen.fresh:
        for path in MEMORY.glob("*.json"):
            path.unlink()
    failed = False
    for name in chosen.checks or CHECKS:
        found = CHECKS[name]()
        failed |= bool(found)
        print(f"{name}: {len(found)} problems" if found else f"{name}: clean", flush=True)
        print("".join(f"  {line}\n" for line in found[:SHOWN_LINES]), end="", flush=True)
        if len(found) > SHOWN_LINES:
            print(f"  and {len(found) - SHOWN_LINES} more", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
