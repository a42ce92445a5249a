"""The one table of rules: why a row or a file is not taken, and what is said about one that is.

Messages of ``hotline ingest`` and ``hotline check``, the ledger, the tables in ``docs/reference/contracts.md`` and the tests are
made from it. Only the standard library is used: the Airflow environment imports it too.
"""

from __future__ import annotations

import csv
import io
import re
from dataclasses import dataclass

from hotline.errors import FileRejected
from hotline.text import printable


@dataclass(frozen=True)
class Rule:
    """One rule. Texts of a file rule and of a note are templates over the facts of the case."""

    code: str
    en: str
    zh: str
    remedy_en: str = ""
    remedy_zh: str = ""


def _table(*rules: Rule) -> dict[str, Rule]:
    return {rule.code: rule for rule in rules}


ROW_RULES = _table(
    Rule("required", "a required value is empty", "必填项为空", "fill it in", "请补填"),
    Rule("type", "not one of the accepted forms of writing", "格式无法识别", "write it in one of the accepted forms",
         "请按填报说明的格式改写，如 2024-09-01 08:05:00"),
    Rule("code", "not in the code list", "不在代码表内", "use a name of the code list", "请改用代码表中的名称"),
    Rule("pattern", "does not follow the numbering", "不符合编码规则", "check the number", "请核对编码"),
    Rule("range", "outside the allowed range", "超出允许范围", "check the number", "请核对数值"),
    Rule("length", "longer than the contract allows", "超过允许长度", "shorten it", "请缩短内容"),
    Rule("future", "lies after the end of the delivery day", "晚于报送日", "check the time and the day of the folder",
         "请核对时间或报送日期"),
    Rule("before", "lies before the first plausible day", "早于允许的最早日期",
         "check the year; it is written with four digits", "请核对年份，年份应为四位"),
    Rule("after", "lies after the last plausible day", "晚于允许的最晚日期",
         "check the year; it is written with four digits", "请核对年份，年份应为四位"),
    Rule("sender", "belongs to another platform", "不属于本报送单位",
         "put it into the folder of its platform, or name the platform that handed the ticket over",
         "请由所属平台报送；移交工单请填写“移交自平台”"),
    Rule("personal", "looks like somebody's telephone or identity number", "疑似电话或证件号码",
         "use a number of your own", "请改用本单位的编号"),
    Rule("spoilt", "a telephone number from which no key can be made; its row is loaded without one", "号码已失真，已接收但无法识别诉求人",
         "export the column as text", "请以文本格式导出该列"),
    Rule("undecodable", "holds bytes that the encoding does not know", "含无法识别的字符",
         "export again in UTF-8 or GB18030", "请以 UTF-8 或 GB18030 编码重新导出"),
    Rule("excel_error", "holds an error value of Excel", "是 Excel 错误值", "mend the formula or type the value",
         "请修正公式或直接填写数值"),
    Rule("nested", "holds a list or an object where one value belongs", "是数组或对象，应为单个值",
         "deliver one value", "请改为单个值"),
    Rule("twice", "a key is given twice", "同一项给出了两次", "give each key once", "请每项只保留一个"),
    Rule("rounded", "a long number that a spreadsheet has rounded", "长编号已被表格软件改写为近似值",
         "export the column as text", "请以文本格式录入并导出该列"),
    Rule("swallowed", "a torn quotation mark has swallowed the lines of other records", "引号不配对，吞并了其后各行",
         "pair the quotation marks", "请成对使用引号"),
    Rule("merged", "a merged cell covers more than one column", "合并单元格跨越多列", "unmerge it and fill in each cell",
         "请取消合并并逐格填写"),
    Rule("missing_columns", "too few columns, perhaps cut short", "列数不足（可能被截断）",
         "complete the line or export the file again", "请补齐该行或重新导出文件"),
    Rule("too_many_columns", "too many columns", "列数过多", "quote values that hold the separator",
         "内容含分隔符时请加引号"),
    Rule("unquoted_value", "unpaired quotation marks", "引号不配对", "pair the quotation marks", "请成对使用引号"),
    Rule("line_size_over_maximum", "the line is too long", "该行过长", "check quotation marks and line ends",
         "请检查引号和换行"),
    Rule("invalid_encoding", "holds bytes that the encoding does not know", "含无法识别的字符",
         "export again in UTF-8 or GB18030", "请以 UTF-8 或 GB18030 编码重新导出"),
    Rule("invalid_json", "not one JSON object a line", "不是一行一个完整的 JSON 对象", "export the line again",
         "请重新导出该行"),
    Rule("unreadable", "swallowed by a torn quotation mark before it", "被前面不配对的引号吞并，无法读取",
         "check the quotation marks of the lines before", "请检查前面各行的引号"),
)  # fmt: skip
"""Rules of rows; in the ledger ``<column>:<code>``, or ``row:<code>`` where no column can be named."""

FILE_RULES = _table(
    # where it lies
    Rule("landing_root", "{name} lies in the landing folder itself", "文件直接放在了报送根目录",
         "put it into <sender>/<YYYY-MM-DD>/", "请放入“报送单位/日期（如 2024-09-02）”目录"),
    Rule("no_day_folder", "{name} does not lie in the folder of a day", "文件没有放在日期目录内",
         "put it into <sender>/<YYYY-MM-DD>/", "请放入日期目录，如 2024-09-02"),
    Rule("day_folder", "{name}: the folder {folder} is not a day written YYYY-MM-DD",
         "目录“{folder}”不是规范的日期", "name the folder like 2024-09-02", "目录名应写作 2024-09-02 这样的四位年、两位月、两位日"),
    Rule("day_range", "{name}: the day {folder} lies outside {first} to {last}",
         "目录日期“{folder}”不在 {first} 至 {last} 之间", "put it into the folder of the day of delivery",
         "请放入实际报送日期的目录"),
    Rule("sub_folder", "{name} lies in a sub-folder of the day", "文件放在了日期目录的下级目录内",
         "put it into the folder of the day itself", "请直接放入日期目录"),
    Rule("empty_folder", "{name} is an empty folder that belongs to no delivery", "该目录为空且不属于任何报送",
         "remove it", "请删除该目录"),
    Rule("deep_folder", "{name}: the folder cannot be read", "目录无法读取", "remove it or mend its rights",
         "请删除该目录或修正其权限"),
    Rule("link", "{name} is a link; links are never followed", "这是一个链接文件，系统不读取链接",
         "deliver the file itself", "请报送文件本身"),
    Rule("device", "{name} is no regular file", "这不是普通文件（管道、设备或套接字）", "deliver a regular file",
         "请报送普通文件"),
    Rule("unfinished", "{name} still bears the name of an unfinished transfer after a day",
         "文件名仍是传输中的临时名，已超过一天", "finish the transfer and rename the file, or remove it",
         "请完成传输并改回正式文件名，或删除该文件"),
    Rule("answer", "{name} is an answer of hotline check and no delivery", "这是核对结果，不是报送文件",
         "deliver the file that it is about", "请报送改正后的原文件"),
    Rule("check_without_file", "{name}: the file that it is about has not come", "校验文件对应的数据文件没有送达",
         "deliver the file beside it, or remove the check file", "请补送数据文件，或删除该校验文件"),
    # who sends what
    Rule("unknown_sender", "{name}: {sender} is not a known sender", "报送单位“{sender}”不在名单内",
         "put the file into the folder of its platform, or add the platform to dbt/seeds/code_lists/platforms.csv",
         "请放入本单位的目录"),
    Rule("no_sender", "{name}: neither its place nor its ticket numbers tell who sends it", "无法判断报送单位",
         "name it with --sender", "请用 --sender 指定，如 --sender 沈阳"),
    Rule("unknown_feed", "{name}: no feed has this name", "无法从文件名判断数据种类",
         "begin the name with one of: {feeds}", "文件名应以下列之一开头：{feeds_zh}"),
    Rule("not_this_sender", "{name}: feed {feed} is delivered by {by}, not by {sender}", "“{title}”不由本单位报送",
         "put the file into the folder of the sender that the contract names", "请由“{by_zh}”报送"),
    Rule("simulated", "{name} holds simulated records, and this installation takes real ones (HOTLINE_ORIGIN=real)",
         "文件是模拟数据，本系统只接收真实数据", "deliver what the ticket system holds; try the simulator in an installation of its own",
         "请报送业务系统导出的真实数据；试用模拟数据请另设系统"),
    # what it is
    Rule("format", "{name}: files of this kind ({what}) are not read", "不支持此类文件（{what_zh}）",
         "save it as .xlsx or .csv", "请另存为 .xlsx 或 .csv 后重新报送"),
    Rule("other_format", "{name}: its content is {what}, not what its name promises", "文件内容是{what_zh}，与扩展名不符",
         "give it the right suffix, or save it again in the format of its name",
         "请改为正确的扩展名，或按扩展名的格式另存后重新报送"),
    Rule("encoding", "{name}: its text is {what}, which is not read", "文本编码为{what_zh}，系统不读取",
         "save it in UTF-8 or GB18030", "请以 UTF-8 或 GB18030 编码另存后重新报送"),
    Rule("mixed_encoding", "{name}: its lines are in more than one encoding: line {line} is not {encoding}",
         "文件混用了多种编码（第 {line} 行不是 {encoding}）", "save it in one encoding, UTF-8 or GB18030",
         "请统一以 UTF-8 或 GB18030 编码另存后重新报送"),
    Rule("empty", "{name}: the file is empty", "文件为空", "deliver the file again; a day without rows is a header alone",
         "请重新报送；当日无数据时只保留表头"),
    Rule("unreadable", "{name} cannot be read: {why}", "文件无法读取或已损坏", "deliver the file again", "请重新报送"),
    Rule("copy", "{name} holds the same bytes as {other} of the same day", "与同一日期目录中的“{other}”内容完全相同",
         "nothing; the other one is judged for itself", "无需处理，系统以该文件为准"),
    Rule("changed", "{name} was changed while it was read", "读取过程中文件发生了变化",
         "write under a hidden or .tmp name and rename when done; it is taken by the next run",
         "请先以临时文件名写完再改名，下次运行时将重新读取"),
    Rule("check_file", "{name} is not a check file: {why}", "{name} 不是有效的校验文件",
         'it holds {{"rows": number, "sha256": "64 hex digits"}}',
         "内容应为：行数 rows 与 64 位十六进制摘要 sha256"),
    Rule("sha256", "{name}: SHA-256 is {found}…, the check file says {stated}… ({arrived} of {expected} rows arrived)",
         "与校验文件不符（应有 {expected} 行，收到 {arrived} 行），文件被截断或改动",
         "the file is truncated or was changed after its check file was made: deliver both again",
         "请连同校验文件重新报送"),
    Rule("row_count", "{name}: it has {arrived} rows, the check file says {expected}",
         "行数与校验文件不符（应有 {expected} 行，收到 {arrived} 行）", "deliver both again", "请连同校验文件重新报送"),
    # how much it is
    Rule("too_large", "{name}: unpacked it is larger than {limit:,} bytes", "文件解压后超过 {limit:,} 字节",
         "split the delivery, or raise {setting}", "请拆分后重新报送"),
    Rule("ratio", "{name}: it unpacks to more than {limit} times its size", "压缩比超过 {limit} 倍，疑为异常压缩文件",
         "deliver it unpacked", "请解压后重新报送"),
    Rule("members", "{name}: the archive holds {count} files", "压缩包内有 {count} 个文件，应恰有一个数据文件",
         "pack one file into one archive, or deliver the files unpacked", "请每个压缩包只放一个文件，或解压后分别报送"),
    Rule("encrypted", "{name} is protected by a password", "文件带有密码", "deliver it without a password", "请去除密码后重新报送"),
    Rule("too_many_cells", "{name}: the sheet “{sheet}” reaches to row {reach} and column {columns}",
         "工作表“{sheet}”的范围达到第 {reach} 行、第 {columns} 列，超过上限",
         "delete the unused rows and columns, or deliver it as CSV", "请删除多余的行列，或改报 CSV 文件"),
    Rule("too_wide", "{name}: it has {columns} columns, more than {limit}", "列数为 {columns}，超过上限 {limit}",
         "deliver the columns of the contract alone", "请只保留规定的列"),
    Rule("long_line", "{name}: a line is longer than {limit:,} bytes", "有一行超过 {limit:,} 字节",
         "check its line ends and quotation marks", "请检查换行和引号"),
    Rule("too_much_memory", "{name}: to read it takes more memory than a file may", "读取该文件所需内存超过上限",
         "split the delivery, or check its quotation marks and line ends", "请拆分后重新报送，并检查引号与换行"),
    # its table
    Rule("no_header", "{name}: no row has the headers of feed {feed}", "未找到“{title}”的表头",
         "the headers are: {headers}", "表头应为：{headers}"),
    Rule("header_quotes", "{name}: the quotation marks of the header are torn", "表头的引号不配对",
         "pair the quotation marks; a quotation mark inside a value is doubled", "请成对使用引号，内容中的引号应写两次"),
    Rule("header_values", "{name}: its header line holds values of records, for its line ends were lost",
         "表头行内含有数据（换行丢失）", "export it again, a line for each record", "请重新导出，每条记录一行"),
    Rule("header_alone", "{name}: it has no records, and {count} cells of its one line are no headers of the feed",
         "文件没有数据行，唯一一行中有 {count} 格不是“{title}”的表头（换行可能丢失）",
         "export it again, a line for each record; a day without records is these headers alone: {headers}",
         "请重新导出，每条记录一行；当日无数据时只保留表头：{headers}"),
    Rule("header_twice", "{name}: column {columns} is given twice", "列“{columns}”重复出现", "keep one column of each name",
         "请只保留一列"),
    Rule("header_missing", "{name}: required column {columns} is missing", "缺少必填列“{columns}”",
         "the headers are: {headers}", "表头应为：{headers}"),
    Rule("not_a_workbook", "{name} is not an Excel workbook: {why}", "不是有效的 Excel 工作簿",
         "save it again as .xlsx, or as CSV", "请另存为 .xlsx 或 CSV 后重新报送"),
    Rule("empty_sheet", "{name}: no visible sheet holds a table", "没有任何可见的工作表含有表格",
         "put the table on a visible sheet", "请把表格放在可见的工作表"),
    Rule("hidden_sheet", "{name}: the table stands on the hidden sheet “{sheet}”", "表格在隐藏的工作表“{sheet}”上",
         "unhide the sheet, or remove it", "请取消隐藏，或删除该工作表"),
    Rule("two_tables", "{name}: more than one sheet or table fits: {sheets}", "有多个工作表或表格符合要求：{sheets}",
         "put all rows under one header, or deliver a file for each", "请合并为一张表，或拆成多个文件报送"),
    Rule("printed_numbers", "{name}: this format does not tell how its numbers are printed",
         "此格式不能确定数字的显示形式（如百分比）", "save it as .xlsx", "请另存为 .xlsx 后重新报送"),
    Rule("untold_errors", "{name} holds error values of Excel, and this format does not tell in which cells",
         "文件含有 Excel 错误值，此格式不能确定在哪些单元格", "mend the formulas and save it as .xlsx",
         "请修正公式，另存为 .xlsx 后重新报送"),
    Rule("not_json", "{name} is not JSON: {why}", "不是有效的 JSON", "deliver one JSON object a line, or an array of objects",
         "请每行一个 JSON 对象，或使用对象数组"),
    # the rest
    Rule("internal", "{name}: reading it failed unexpectedly ({why})", "读取时发生意外错误，已记入日志",
         "deliver the file again; the trace is in the log of the run", "请重新导出后报送；如仍出现，请联系省中心并提供文件"),
)  # fmt: skip
"""Rules of files; in the ledger ``file:<code>``. Such a file is not taken at all."""

NOTES = _table(
    Rule("header_below", "the header stands in line {line}; what is above it was left out", "表头在第 {line} 行，其上内容未读取"),
    Rule("unknown_columns", "columns not in the contract, left out: {columns}", "以下列不在规定之内，未读取：{columns}"),
    Rule("missing_columns", "optional columns missing: {columns}", "缺少以下选填列：{columns}"),
    Rule("undecodable", "{count} characters are not {encoding}", "有 {count} 个字符不是 {encoding} 编码"),
    Rule("no_line_end", "the last line does not end; the file may be truncated", "最后一行没有换行，文件可能被截断"),
    Rule("records", "texts hold line breaks: row numbers count records, not lines", "内容含换行，行号按记录计"),
    Rule("utf16_assumed", "{encoding} without a byte order mark was assumed", "没有字节顺序标记，按 {encoding} 读取"),
    Rule("format_by_content", "named as {suffix} and read as {what}", "扩展名为 {suffix}，按{what_zh}读取"),
    Rule("sheet", "the table was taken from sheet “{sheet}”; others left out: {others}",
         "表格取自工作表“{sheet}”，其余未读取：{others}"),
    Rule("printed", "{count} numbers were taken as the cells print them", "{count} 个数字按单元格显示的形式读取"),
    Rule("merged", "cells that span several rows were read as the value of each of these rows", "跨多行的合并单元格按其覆盖的每一行读取"),
    Rule("blank_rows", "{count} rows without any value are no records", "{count} 个空行不计为记录"),
    Rule("day_assumed", "the day of delivery was assumed to be {day}", "未指明报送日期，按 {day} 校验；可用 --day 指定"),
    Rule("sender_assumed", "the sender was told by {how}: {sender}", "报送单位按{how_zh}判断为 {sender}；可用 --sender 指定"),
    Rule("feed_assumed", "the feed was told by the header: {feed}; its file name should begin with {feed}",
         "数据种类按表头判断为“{title}”；报送时文件名应以 {feed} 开头"),
)  # fmt: skip
"""What is said of a file that is taken: everything unusual, and everything that was guessed."""


def rejected(code: str, name: str, rows: int | None = None, **facts: object) -> FileRejected:
    """The rejection of file ``name`` under a file rule.

    Parameters
    ----------
    rows: records of the file where they could be counted, None where it is not known how many it holds.
    facts: what the templates of the rule name.
    """
    rule, facts = FILE_RULES[code], _shown({"name": name} | facts)
    zh = f"{rule.zh.format(**facts)}，{rule.remedy_zh.format(**facts)}。"
    return FileRejected(rule.en.format(**facts), rule.remedy_en.format(**facts), zh, code, rows)


def _shown(facts: dict[str, object]) -> dict[str, object]:
    """Facts as they may stand in a message: names, headers and errors hold what a sender wrote."""
    return {key: fact if isinstance(fact, int) else printable(fact) for key, fact in facts.items()}


def reason_zh(reason: str) -> str:
    """A reason of the ledger (``<column>:<code>``) in Chinese; as it stands where the rule is no more."""
    _, _, code = reason.partition(":")
    rule = ROW_RULES.get(code)
    return rule.zh if rule else reason


def as_csv() -> str:
    """Both tables as the seed that the warehouse names reasons by: what a rule says of one case is left out of its name."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["rule_kind", "code", "name_zh", "name_en", "remedy_zh"])
    for kind, rules in (("row", ROW_RULES), ("file", FILE_RULES)):
        for rule in rules.values():
            texts = (rule.zh, rule.en, rule.remedy_zh)
            writer.writerow([kind, rule.code, *(re.sub(r"\{[^}]*\}", "…", text) for text in texts)])
    return text.getvalue()


@dataclass(frozen=True)
class Note:
    """Something said of a file that was taken, in both languages."""

    code: str
    en: str
    zh: str


def note(code: str, **facts: object) -> Note:
    """The note ``code`` over the facts that its templates name."""
    rule, facts = NOTES[code], _shown(facts)
    return Note(code, rule.en.format(**facts), rule.zh.format(**facts))


def as_markdown() -> str:
    """The tables of ``docs/reference/contracts.md``, between its markers."""
    lines = []
    for title, rules in (("Rules of rows", ROW_RULES), ("Rules of files", FILE_RULES)):
        lines += [f"### {title}", "", "| code | found | remedy | 说明 | 处理 |", "|---|---|---|---|---|"]
        for rule in rules.values():
            cells = (f"`{rule.code}`", rule.en, rule.remedy_en, rule.zh, rule.remedy_zh)
            lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        lines.append("")
    lines += ["### Notes", "", "| code | note | 说明 |", "|---|---|---|"]
    lines += [f"| `{rule.code}` | {rule.en} | {rule.zh} |" for rule in NOTES.values()]
    return "\n".join(lines) + "\n"
