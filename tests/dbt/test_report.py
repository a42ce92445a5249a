"""``hotline report audit`` over the sample: every figure stands in a mart, no page says more than its grade, and whoever is
handed an extract sees his own rows alone. The pages are kept as pictures in ``var/test/report``."""

from __future__ import annotations

import csv
import io
import re
import shutil
import zipfile
from pathlib import Path

import duckdb
import pypdfium2
import pytest
from click.testing import CliRunner
from docx import Document
from lxml import html as lxml_html

from hotline.cli import cli
from hotline.errors import HotlineError
from hotline.reports import facts, page, plots
from hotline.settings import Settings

STATEMENT = "<b>已回访</b>\x0b\x00\u202e\ufffe\uffff & 沈"
"""What an audited party may write: markup, signs that no document takes, and a turn of the direction."""
CONTRADICTED = {"沈阳", "大连", "鞍山", "本溪", "阜新", "铁岭"}
PICTURES = Settings.from_environment().home / "var" / "test" / "report"


def published(warehouse: Path, var: Path) -> Settings:
    """The sample as it is published."""
    settings = Settings(home=Settings.from_environment().home, var=var)
    settings.published_database.parent.mkdir(parents=True)
    shutil.copyfile(warehouse, settings.published_database)
    with duckdb.connect(str(settings.published_database)) as connection:
        connection.execute("drop schema seeds cascade")  # which is not
    return settings


@pytest.fixture(scope="module")
def report(warehouse, tmp_path_factory):
    """The command over the sample as published, and its folder for September."""
    var = tmp_path_factory.mktemp("report")
    settings = published(warehouse, var)
    with duckdb.connect(str(settings.published_database)) as connection:
        connection.execute(
            "update marts.mart_spot_check_result set platform_statement = ? where is_bad and platform_code = '210300'",
            [STATEMENT],
        )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOTLINE_VAR", str(var))
        done = CliRunner().invoke(cli, ["report", "audit", "--month", "2024-09"])
        assert done.exit_code == 0, done.output
        yield settings.reports / "audit" / "2024-09"


@pytest.fixture(scope="module")
def whole(report):
    return lxml_html.fromstring((report / "report.html").read_text(encoding="utf-8"))


def extracts(report: Path) -> list[Path]:
    return sorted((report / "platforms").glob("*.html"))


def test_every_file_is_there(report):
    assert {path.name for path in report.iterdir()} == {"report.html", "report.pdf", "report.docx", "platforms"}
    assert len(extracts(report)) == 15 == len(list((report / "platforms").glob("*.pdf")))


def test_every_figure_is_that_of_a_mart(report, whole, warehouse):
    """Of the report and of all extracts, by the place that each names; and each figure in a table names one."""
    pages = [whole, *(lxml_html.fromstring(path.read_text(encoding="utf-8")) for path in extracts(report))]
    figures = [figure for each in pages for figure in each.iter("data")]
    assert len(figures) > 500
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        for figure in figures:
            mart, column, key = (figure.get(f"data-{name}") for name in ("mart", "column", "key"))
            where = " and ".join(f"{name} = ?" for name in page.KEYS[mart])
            (value,) = connection.execute(f"select {column} from marts.{mart} where {where}", key.split("|")).fetchone()
            assert figure.get("value") == ("" if value is None else str(value)), (mart, column, key)
            digits = re.findall(r"\d+", figure.text_content().replace(",", ""))
            if digits and value is not None and figure.text_content() not in ("< 0.0001", "> 10 000"):
                assert set(digits) <= set(re.findall(r"\d+", shown(value))), (figure.text_content(), value)
    for cell in (cell for each in pages for cell in each.xpath("//td[contains(@class, 'r')]")):
        if re.search(r"\d", cell.text_content()) and "附：方法" not in section_of(cell):
            assert cell.xpath(".//data"), cell.text_content()


def shown(value) -> str:
    """The value at each number of decimals that a page may print, as a fraction and in percent."""
    forms = [str(value)]
    if not isinstance(value, str):
        forms += [f"{number:.{places}f}" for number in (float(value), 100 * float(value)) for places in (0, 1, 2, 4)]
    return " ".join(forms)


def section_of(cell) -> str:
    headings = cell.xpath("preceding::h2[1]")
    return headings[0].text_content() if headings else ""


def test_the_summary_says_what_may_be_claimed_and_no_more(whole):
    text = whole.text_content()
    assert "没有平台的上报值被证明不能成立" in text and "6 个平台存疑" in text and "不代表其上报值属实" in text
    line = next(item.text_content() for item in whole.iter("li") if "存疑，扩大抽检（B）" in item.text_content())
    assert set(line.partition("：")[2].rstrip("。").split("、")) == CONTRADICTED
    assert "其中 15 个平台的抽取方式未作记录" in text and "不能据此点名" in text


def test_only_flagged_platforms_have_a_page(whole):
    pages = [heading.text_content() for heading in whole.xpath("//div[@class='part']/h2")]
    assert {name.split()[0] for name in pages if "附" not in name} == CONTRADICTED


def test_invented_tickets_are_marked_wherever_they_are_shown(whole):
    for cell in whole.xpath("//data[@data-column='computed_value']/.."):
        assert "模拟" in cell.text_content()


def test_an_extract_holds_no_row_of_another(report):
    names = {path.stem.rpartition("-")[2]: path for path in extracts(report)}
    for own, path in names.items():
        tree = lxml_html.fromstring(path.read_text(encoding="utf-8"))
        others = [name for name in names if name != own and name in tree.text_content()]
        assert others == [], (own, others)
        code = path.stem.split("-")[-2]
        assert {key for figure in tree.iter("data") if code not in (key := figure.get("data-key"))} == set()


def test_the_same_data_give_the_same_bytes(report, tmp_path):
    done = CliRunner().invoke(cli, ["report", "audit", "--month", "2024-09", "--output", str(tmp_path)])
    assert done.exit_code == 0, done.output
    for path in (path for path in report.rglob("*") if path.is_file()):
        assert path.read_bytes() == (tmp_path / path.relative_to(report)).read_bytes(), path.name


def test_the_pages_are_drawn_in_chinese(warehouse, tmp_path):
    """Of the sample as it is: pictures that somebody looks at hold no statement that a test made up."""
    whole = page.html(facts.audit(published(warehouse, tmp_path), "2024-09"))
    assert "已回访" not in whole
    PICTURES.mkdir(parents=True, exist_ok=True)
    with pypdfium2.PdfDocument(page.pdf(whole)) as document:
        texts = [sheet.get_textpage().get_text_bounded() for sheet in document]
        for number, sheet in enumerate(document, start=1):
            sheet.render(scale=1.5).to_pil().save(PICTURES / f"report-{number}.png")
    assert len(texts) == 2 + len(CONTRADICTED) + 1, "summary, table, a page each, methods"
    assert "摘要" in texts[0] and "省交投" in texts[0] and "葫芦岛" in texts[1]
    assert texts[1].startswith("各平台一览"), "no page without a heading"
    assert all("□" not in text and "\ufffd" not in text for text in texts)
    assert all(f"第 {number} 页，共 {len(texts)} 页" in text for number, text in enumerate(texts, start=1))


def test_a_name_is_no_formula():
    """And of two rounds of one platform each is told apart."""
    verdict = {"platform_name": "a$b$^{", "platform_code": "1", "drawn": 4, "lower95": 10, "upper95": 90, "bad": 1, "reached": 4,
               "grade": "B", "callback_text": "100", "close_text": None, "satisfaction_text": None}  # fmt: skip

    def drawn_of(basis: str) -> str:
        told = [verdict | {"frame_no": number, "basis": basis} for number in ("ZT1-1", "ZT1-2-1")]
        return plots.as_svg(plots.forest([facts.Platform(each, None, None, has_others=True) for each in told]))

    assert "模拟" in drawn_of("simulated")
    drawn = drawn_of("published")
    assert "模拟" not in drawn
    assert "a$b$^{（ZT1-1）" in drawn and "a$b$^{（ZT1-2-1）" in drawn and 'id="interval-ZT1-2-1"' in drawn


def test_what_a_platform_says_is_shown_and_does_nothing(report, whole):
    said = "<b>已回访</b>\\x0b\\x00\\u202e\\ufffe\\uffff & 沈"
    assert [cell.text_content() for cell in whole.xpath("//td") if "已回访" in cell.text_content()] == [said] * 4
    document = Document(str(report / "report.docx"))
    assert sum(cell.text == said for table in document.tables for row in table.rows for cell in row.cells) == 4


def test_the_document_can_be_edited(report):
    document = Document(str(report / "report.docx"))
    text = "\n".join(paragraph.text for paragraph in document.paragraphs)
    assert "12328 热线数据核查报告" in text and "存疑，扩大抽检（B） 6 个" in text
    assert len(document.tables[0].rows) == 16
    with zipfile.ZipFile(io.BytesIO((report / "report.docx").read_bytes())) as archive:
        assert any(name.endswith(".png") for name in archive.namelist())


def test_who_is_accused_gets_a_form_to_reply_on(report, warehouse):
    """With the extract: the tickets of the own frame alone, and no statement made for anybody."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        bad = connection.execute("""
            select frame_no, ticket_no from marts.mart_spot_check_result
            where month = date '2024-09-01' and is_bad and not is_outside and ticket_no is not null""").fetchall()
    forms = sorted((report / "platforms").glob("spot_check_replies-*.csv"))
    rows = [row for form in forms for row in csv.DictReader(form.read_text(encoding="utf-8-sig").splitlines())]
    assert bad and sorted((row["总体编号"], row["工单编号"]) for row in rows) == sorted(bad)
    assert {row["平台说明"] for row in rows} == {""}
    assert {form.name for form in forms} == {f"spot_check_replies-{frame.replace('/', '-')}.csv" for frame, _ in bad}


@pytest.mark.parametrize("arguments", [(), ("--month", "2024-09", "--week", "2024-W42"), ("--month", "2024-W42")])
def test_one_period_is_named(report, arguments):
    assert CliRunner().invoke(cli, ["report", "audit", *arguments]).exit_code == 2


def test_a_period_that_nobody_checked_names_those_that_were(report):
    done = CliRunner().invoke(cli, ["report", "audit", "--month", "2024-08"])
    assert isinstance(done.exception, HotlineError) and "there are: 2024-09" in str(done.exception)
