"""What in a text belongs to a person, however it is written: telephone, identity and card numbers, addresses, names.

One definition for all that keeps texts: the columns of feeds (DuckDB calls these functions for the few texts that
``MAY_HOLD_NUMBER`` lets through), file names and messages in the ledger. Only the standard library is used, so that the
Airflow environment can import it too.

A number is looked for as a reader would: digits of every script and width, any signs between them, groups of any size.
Text is folded character by character, so that a place in the folded text is the same place in the text itself. Digits
that stand together are cut into groups, and of neighbouring groups the longest sequence that has the form of a personal
number is taken out. Seven or more digits in one piece are taken out too unless they are something else beyond doubt: a
ticket number, a date, an amount or a count with its unit, a code that is called one.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from functools import lru_cache

MASK = "[号码]"
NAME_MASK = "某"
TICKET_NUMBER = "JT[0-9]{22}"
"""The one number that is never masked: it is what everybody who works on a ticket calls it by."""

NUMERALS = {
    character: str(digit)
    for digit, characters in enumerate(("零〇○", "一壹幺", "二贰", "三叁", "四肆", "五伍", "六陆", "七柒", "八捌", "九玖"))
    for character in characters
}  # fmt: skip
SHORTEST = 6
"""Characters of the shortest text that can hold any of it: a@b.cn."""
_DIGIT, _SPOKEN = "0-9０-９", "".join(NUMERALS)
_RARE_DIGITS = r"²³¹\x{660}-\x{1fff}\x{2070}-\x{2089}\x{2460}-\x{27bf}\x{a000}-\x{abff}\x{10000}-\x{1ffff}"
_NO_SIGN = f"{_DIGIT}A-Za-zＡ-Ｚａ-ｚ一-龥:："
MAY_HOLD_NUMBER = (
    f"[{_DIGIT}{_SPOKEN}](?:[^{_NO_SIGN}]*[{_DIGIT}{_SPOKEN}]){{6}}|[@＠{_RARE_DIGITS}]"
    "|(?i:qq|wx|vx|wechat|weixin|微信|ｑｑ|ｗｘ|ｖｘ)"
)
"""RE2 pattern of texts worth a closer look: whatever ``masked`` changes, this finds. It is compiled for every column of
every file, so it names few and wide ranges: a digit of a rare script is worth the look by itself."""

# after folding there is one dash, one blank, one dot, one digit of each kind, and NOTHING for what has no width
NOTHING = "\u200b"
_SIGN = rf"{NOTHING}*(?:[^\w:{NOTHING}]|_){NOTHING}*"
GAP = rf"(?:(?:{_SIGN}){{1,3}}|{NOTHING}+)"
"""What may stand between the digits of one number: at most three signs, and anything that has no width."""


@lru_cache(maxsize=4096)
def _folded(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Cf", "Cc", "Mn", "Me", "Cs"} and character not in "\n\r\t":
        return NOTHING
    if category == "Nd" or (category == "No" and unicodedata.digit(character, None) is not None):
        return str(unicodedata.digit(character))
    if category == "Pd" or character in "−─":
        return "-"
    if category == "Zs" or character == "\t":
        return " "
    if category in {"Zl", "Zp"} or character == "\r":
        return "\n"
    plain = unicodedata.normalize("NFKC", character)
    return plain if len(plain) == 1 else character


def fold(text: str) -> str:
    """``text`` in plain forms, of the same length: half width, one kind of digit, dash and blank."""
    return text if text.isascii() and text.isprintable() else "".join(map(_folded, text))


# forms of numbers ------------------------------------------------------------------------------------

_MONTH, _DAY = "(?:0[1-9]|1[0-2])", "(?:0[1-9]|[12][0-9]|3[01])"
MOBILE = r"(?:0{0,2}86|0)?1[3-9][0-9]{9}"
LANDLINE = r"(?:0|(?:00)?860?)(?:(?:10|2[0-9])[2-9][0-9]{7}|[3-9][0-9]{2}[2-9][0-9]{6,7})"
IDENTITY = rf"[1-9][0-9]{{5}}(?:18|19|20)[0-9]{{2}}{_MONTH}{_DAY}[0-9]{{3}}[0-9X]"
OLD_IDENTITY = rf"[1-8][0-9]{{7}}{_MONTH}{_DAY}[0-9]{{3}}"
_FORM = re.compile(f"{MOBILE}|{LANDLINE}|{IDENTITY}|{OLD_IDENTITY}")
_FEWEST, _LONGEST = 7, 20
"""Digits of a personal number, at least and at most."""
_CARD_SIZES = re.compile("4,4,4,4(?:,[123])?|4,4,4,[567]")
_LOCAL_SIZES = {(3, 4), (4, 4), (4, 3)}
_RUN = re.compile(rf"[0-9]+[Xx]?(?![A-Za-z])(?:{GAP}[0-9]+(?:[Xx](?![A-Za-z]))?|{GAP}[Xx](?![A-Za-z0-9]))*|[0-9]+")
_GROUP = re.compile(r"[0-9]+[Xx]?|[Xx]")
_TICKET = re.compile(rf"{TICKET_NUMBER}(?![0-9])", re.IGNORECASE)
_LOCAL_PART, _LABEL = rf"[A-Za-z0-9._%+\-{NOTHING}]", rf"[A-Za-z0-9\-{NOTHING}]+"
# it begins where its first part begins: else a long text without an at sign is read once for every character
_MAIL = re.compile(rf"(?<!{_LOCAL_PART}){_LOCAL_PART}+ ?@ ?{_LABEL}(?: ?\. ?{_LABEL})+")
_ACCOUNT = re.compile(
    rf"(?<![A-Za-z])(?:微信号?|wechat|weixin|wx|vx|qq号?)(?:号码?|id|[\s:：是为_=\-{NOTHING}])*"
    rf"((?=[A-Za-z_]{{0,19}}[0-9_\-])[A-Za-z][A-Za-z0-9_\-]{{5,19}}|[0-9][0-9 {NOTHING}]{{3,14}}[0-9])",
    re.IGNORECASE,
)
_UNIT = re.compile(
    r"(?:\.[0-9]+)?\s?(?:元|块|圆|件|次|人|万|亿|千|百|公里|里|km|kg|吨|辆|台|户|票|天|日|小时|分|秒|米|平|[%％‰]|个|条|起"
    r"|张|度|份|升|公斤|步|rmb)",
    re.IGNORECASE,
)
_DECIMALS = re.compile(r"\.[0-9]{1,2}(?![0-9.\-])")
_THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(?:,[0-9]{3})+(?:\.[0-9]+)?(?![0-9,])")
_CURRENCY = re.compile(r"[¥￥$€]\s?$|(?:RMB|CNY|人民币)\s?$", re.IGNORECASE)
_TELEPHONE_WORD = re.compile(
    r"(?:电话|(?<!\[)号码|座机|手机|联系|回电|致电|来电|回拨|拨打|热线|固话|tel|phone|call|mob)[^0-9\n]{0,8}$",
    re.IGNORECASE,
)
_CODE_WORD = re.compile(r"(?:编码|代码|编号|单号|工号|序号|自编号|站号|邮编|版本)[^0-9\n]{0,3}$")
_LUHN_DOUBLE = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def _is_card(digits: str) -> bool:
    """Bank cards end with a check digit (ISO/IEC 7812)."""
    figures = [int(digit) for digit in reversed(digits)]
    return 16 <= len(digits) <= 19 and (sum(figures[::2]) + sum(_LUHN_DOUBLE[f] for f in figures[1::2])) % 10 == 0


def _is_moment(digits: str) -> bool:
    """yyyymmdd, also with hhmm or hhmmss."""
    if len(digits) not in {8, 12, 14} or digits[:2] not in {"19", "20"}:
        return False
    try:
        date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return digits[8:10] < "24" and digits[10:12] < "60" and digits[12:] < "60"


def _date_groups(groups: list[str]) -> int:
    """How many of these groups, at most three, are a date, 2024-9-12; 0 for none."""
    sizes = [len(group) for group in groups]
    if len(sizes) == 3 and sizes[0] == 4 and sizes[1] <= 2 and sizes[2] <= 2:
        return 3 if _is_moment(f"{groups[0]}{groups[1]:0>2}{groups[2]:0>2}") else 0
    return 0


def _has_form(groups: list[str], signs: set[str], telephone_word: bool) -> bool:
    """Whether these groups together are written like a personal number; ``signs`` stand between them."""
    text = "".join(groups).upper()
    digits, sizes = text.replace("X", ""), tuple(map(len, groups))
    if _FORM.fullmatch(text) or _FORM.fullmatch(digits):
        return True
    if len(groups) > 1 and max(sizes) <= 7 and (_is_card(digits) or _CARD_SIZES.fullmatch(",".join(map(str, sizes)))):
        return True
    if not 7 <= len(digits) <= 8 or digits[0] in "01":
        return False
    years = all(size == 4 and group[:2] in {"19", "20"} for size, group in zip(sizes, groups, strict=True))
    return telephone_word or (sizes in _LOCAL_SIZES and signs <= {"-", " ", "."} and not years)


def _is_something_else(folded: str, start: int, end: int) -> bool:
    """Whether a piece of seven digits or more is a moment, an amount, a count or a code: all of it or none."""
    digits = folded[start:end]
    if _is_moment(digits):
        return True
    if len(digits) > 10 or _FORM.fullmatch(digits):
        return False
    before = folded[max(0, start - 12) : start]
    if _TELEPHONE_WORD.search(before):
        return False
    return bool(
        _UNIT.match(folded, end)
        or _DECIMALS.match(folded, end)
        or _CURRENCY.search(before)
        or (len(digits) <= 8 and _CODE_WORD.search(before))
    )


def _numbers(folded: str) -> Iterator[tuple[int, int]]:
    """Places of personal numbers in a folded text, in order."""
    position = 0
    while run := _RUN.search(folded, position):
        start = run.start()
        if run.end() - start < _FEWEST:
            position = run.end()
            continue
        ticket = _TICKET.match(folded, start - 2) if start >= 2 else None
        amount = _THOUSANDS.match(folded, start)
        if ticket:
            position = ticket.end()
            continue
        if amount and amount.end() == run.end() and amount.end() - start < 15:
            position = amount.end()
            continue
        yield from _in_run(folded, run.start(), run.end())
        position = run.end()


def _in_run(folded: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    places = [(match.start(), match.end()) for match in _GROUP.finditer(folded, start, end)]
    groups = [folded[first:last] for first, last in places]
    at = 0
    while at < len(groups):
        first = places[at][0]
        word = bool(_TELEPHONE_WORD.search(folded, max(0, first - 20), first))
        sizes, last = 0, at
        while last < len(groups) and sizes + len(groups[last]) <= _LONGEST:
            sizes += len(groups[last])
            last += 1
        sequences = ["".join(groups[at:until]) for until in range(last, at, -1)]
        if (skipped := _date_groups(groups[at : at + 3])) and not any(re.fullmatch(MOBILE, text) for text in sequences):
            at += skipped
            continue
        for until in range(last, at, -1):
            if until - at == 1 and _is_something_else(folded, first, places[at][1]):
                continue
            counted = until - at > 1 and _UNIT.match(folded, places[until - 1][1])
            taken, signs = groups[at:until], {
                folded[places[n][1] : places[n + 1][0]] for n in range(at, until - 1)
            }  # fmt: skip
            if _has_form(taken, signs, word) and not (counted and sum(map(len, taken)) <= 8 and not word):
                yield first, places[until - 1][1]
                at = until
                break
        else:
            if len(groups[at].rstrip("Xx")) >= 7 and not _is_something_else(folded, first, places[at][1]):
                yield first, places[at][1]
            at += 1


def _spans(text: str) -> list[tuple[int, int]]:
    folded = fold(text)
    spans = [match.span() for match in _MAIL.finditer(folded)]
    spans += [match.span(1) for match in _ACCOUNT.finditer(folded)]
    spans += _numbers(folded)
    if any(character in NUMERALS for character in text):
        # words of numbers are words: only what has the whole form of a telephone number is one
        counted = "".join(NUMERALS.get(character, character) for character in folded)
        spans += [
            (start, end)
            for start, end in _numbers(counted)
            if re.fullmatch(f"{MOBILE}|{LANDLINE}", re.sub("[^0-9]", "", counted[start:end]))
        ]
    return sorted(spans)


def masked(text: str) -> str:
    """``text`` with every personal number and address replaced by ``[号码]``; the rest stays as it was written.

    Masking a masked text changes nothing.
    """
    pieces, done = [], 0
    for start, end in _spans(text):
        if start < done:
            done = max(done, end)
            continue
        before = text[done:start]
        if before[-1:] in ("+", "＋"):
            before = before[:-1]
        if (
            before[-1:] in ("(", "（")
            and not any(bracket in text[start:end] for bracket in "(（")
            and any(bracket in text[start:end] for bracket in ")）")
        ):
            before = before[:-1]
        pieces += [before, MASK]
        done = end
    return "".join(pieces) + text[done:] if pieces else text


def looks_personal(text: str) -> bool:
    """Whether an identifier is, or ends in, somebody's number: such a key says who a person is, and is no key.

    A piece of digits must have the form of a telephone or identity number exactly; the parts of a code, as a date and a
    running number, are put together only when nothing but digits is in it. Whatever holds an at sign is an address.
    """
    folded = fold(text)
    if "@" in folded:
        return True
    pieces = re.findall(r"[0-9]+[Xx]?(?![A-Za-z])|[0-9]+", folded)
    whole = re.sub(r"[^0-9A-Za-z]", "", folded).upper()
    if re.fullmatch("[0-9]+X?", whole):
        pieces.append(whole)
    return any(re.fullmatch(f"{MOBILE}|{LANDLINE}|{IDENTITY}", piece.upper()) for piece in pieces)


def unnamed(text: str, name: str) -> str:
    """``text`` without the person's name, also where blanks, dots or invisible signs stand between its characters."""
    characters = [c for c in fold(name) if c.isalnum()]
    if len(characters) < 2:
        return text
    between = rf"(?:[^\w\n]|[_{NOTHING}]){{0,3}}"
    pieces, done = [], 0
    for found in re.finditer(between.join(map(re.escape, characters)), fold(text), re.IGNORECASE):
        pieces += [text[done : found.start()], NAME_MASK]
        done = found.end()
    return "".join(pieces) + text[done:]


# telephone numbers as keys -----------------------------------------------------------------------------

_SPOILT = re.compile(r"[0-9.]E[+-]?[0-9]|[0-9]\s*[*#?•●_]|[*#?•●]\s*[0-9]|[0-9]X{2,}|X{2,}[0-9]", re.IGNORECASE)
_PARTS = re.compile(r"[/、,;|\n]|或|和|及|与")
_EXTENSION = re.compile(r"(?:转|分机|ext\.?|#|(?<=[0-9]{7})-)\s*([0-9]{1,6})$", re.IGNORECASE)
_LOCAL = re.compile("[2-9][0-9]{6,7}")
_SERVICE = re.compile("[48]00[0-9]{7}")
_FOREIGN = re.compile(r"(?:\+|00)(?!86)[1-9][0-9]{7,14}")


def telephone(text: str, sender: str) -> str | None:
    """A telephone number in the one form that its key is made of, or None when none can be read from ``text``.

    ``13800138000``, ``+86 138-0013-8000``, ``１３８…`` and ``13800138000.0`` are one number. What a spreadsheet or a clerk has
    spoilt (``1.38E+10``, ``138****8000``, ``0``), what is too short or too long, and two different numbers in one cell
    give none: a wrong key would make one caller of many people. A number without area code is one of the sender's own city.
    """
    folded = fold(text).replace(NOTHING, "").strip(" '\"")
    numbers = {_one_telephone(part, sender) for part in _PARTS.split(folded) if re.search("[0-9]", part)}
    return numbers.pop() if len(numbers) == 1 else None


def _one_telephone(text: str, sender: str) -> str | None:
    text = re.sub(r"(?<=[0-9])\.0+$", "", text.strip())
    if _SPOILT.search(text):
        return None
    number = _plain_telephone(text, sender)
    if number is None and (extension := _EXTENSION.search(text)):
        line = _plain_telephone(text[: extension.start()], sender)
        return line and f"{line}-{extension.group(1)}"
    return number


def _plain_telephone(text: str, sender: str) -> str | None:
    pieces = re.findall(r"\+?[0-9](?:[-. ()·]{0,3}[0-9])*", text)
    if len(pieces) != 1:
        return None
    number = re.sub(r"[^0-9+]", "", pieces[0])
    digits = re.sub(r"^(?:\+|00)?86(?=1[3-9][0-9]{9}$|0?[1-9][0-9]{8,10}$)", "", number)
    if re.fullmatch("0?1[3-9][0-9]{9}", digits):
        return digits[-11:]
    if digits != number and not digits.startswith("0"):
        digits = "0" + digits  # +86 24 …: the area code without its nought
    if re.fullmatch(LANDLINE, digits) or _SERVICE.fullmatch(digits) or _FOREIGN.fullmatch(digits):
        return digits
    return f"{sender}-{digits}" if len(set(digits)) > 1 and _LOCAL.fullmatch(digits) else None
