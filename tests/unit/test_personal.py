"""What belongs to a person is found however it is written, and what does not is left alone. All numbers are invented."""

import random
import re
import time

import duckdb
import pytest
from hypothesis import example, given
from hypothesis import settings as profile
from hypothesis import strategies as st

from hotline.personal import MASK, MAY_HOLD_NUMBER, fold, looks_personal, masked, telephone, unnamed

LONG_RUN = re.compile("[0-9]{7,}")
TICKET = "JT2101002024091251871581"


def digits_left(text: str) -> str:
    """All digits of a text in one piece: what a reader could put together again."""
    return re.sub("[^0-9]", "", fold(text))


MASKED = """
13912345678
139 1234 5678
139-1234-5678
1391-2345-678
139-12345-678
139 123 45 678
1 3 9 1 2 3 4 5 6 7 8
139.1234.5678
139·1234·5678
139・1234•5678
139—1234–5678
139－1234―5678
139−1234‐5678
139~1234~5678
139_1234_5678
139/1234/5678
139*1234*5678
139,1234,5678
139，1234，5678
139\u200b1234\ufeff5678
1\u200c3\u200d9\u20601\u20612\u00ad345678
139\u202e1234\u202c5678
139\u30001234\u00a05678
１３９１２３４５６７８
１３９－１２３４－５６７８
𝟏𝟑𝟗𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖
①③⑨①②③④⑤⑥⑦⑧
١٣٩١٢٣٤٥٦٧٨
+8613912345678
+86-139-1234-5678
86 139 1234 5678
008613912345678
0086-139-1234-5678
（+86）13912345678
013912345678
wx13912345678
WX：139 1234 5678
tel138 1234 5678
qq123456789
QQ号：1234567
微信13912345678
微信号abc_12345
VX：zhang-san88
一三九一二三四五六七八
幺三九幺二三四五六七八
一三九 一二三四 五六七八
一三九1234五六七八
零四一一八三四五六七八一
024-23456789
02423456789
024－2345—6789
（024）23456789
(0411)83456781
0411-8345 6781
0411 8345-6781
0411.8345.6781
+86 411 8345 6781
86-0411-83456781
83456781
8345-6781
座机8345 6781
电话2345678
座机:8 3 4 5 6 7 8 1
4001234567
13912345678转801
210102199001011234
21010219900101123X
210102 19900101 1234
210102-19900101-123x
210102 1990 0101 1234
2101 0219 9001 0112 34
210102900101123
210102 900101 123
２１０１０２１９９００１０１１２３４
6222021234567890
6222 0212 3456 7890
6222 0212 3456 7890 123
6222-0212-3456-7890-123
6222021234567890123
4111 1111 1111 1111
a@b.cn
zhang.san+1@mail.example.com
ｚｈａｎｇ＠example.com
139123456789
1391234567
123456789
JT13912345678
21010020240912518715811
""".strip().split("\n")

KEPT = f"""
工单{TICKET}已办
{TICKET}
见ＪＴ２１０１００２０２４０９１２５１８７１５８１号
{TICKET}，{TICKET}
辽A12345
辽AD12345
辽A·12345
京AF1234学
2024-09-12 08:05:00
2024-09-12 08:05:00 2024-09-12 09:10:00
2024年9月12日8时5分
2024/9/12—2024/9/15
2024.9.12-9.15
20240912
202409120805
20240912080500
8:30-9:30
08:05:00
12345678元
1234567.89元
金额1234567.89
1,234,567元
1，234，567元
¥12345678
多收5元，应退3.5元
100元200元300元
1000-2000元
3000-5000人
共1234567件
243 909 件
1 2 3 4
1、2、3、4、5、6、7、8、9
9.13 + 7.41 + 13.29
99.54%
12328
96199
95128
2023-2024年
2023-2024
24小时
101路
G1234次
单位编码21010203
SY-ZFD-001
210100
LN202409-annex3-210800-complaint
41.805699
一二三四五六七八
二〇二四年九月十二日
三五成群，七八个人
微信小程序
QQ群里说
tickets-20240912.csv
tickets_20240912_080500.csv
callbacks-20240914-1.xlsx
[号码]，1234567元
""".strip().split("\n")


@pytest.mark.parametrize("number", MASKED, ids=ascii)
@pytest.mark.parametrize("sentence", ["{}", "请回{}谢谢", "乘客留的是{}，第2次来电", "联系 {} 。", "({})"])
def test_what_belongs_to_a_person_is_masked(number, sentence):
    text = masked(sentence.format(number))
    assert MASK in text
    assert len(digits_left(text)) < 6, text
    assert "@" not in fold(text)
    for word in re.findall("[请回谢谢乘客留的是第次来联系]+", sentence):
        assert word in text, "the words around it stay"


@pytest.mark.parametrize("text", KEPT)
@pytest.mark.parametrize("sentence", ["{}", "经查{}属实", "诉求人称 {} ，13912345678"])
def test_what_does_not_is_kept(text, sentence):
    expected = sentence.format(text).replace("13912345678", MASK)
    assert masked(sentence.format(text)) == expected


SEPARATORS = [
    *" -.·・•—–－―−_/()（）~*,，、|\u3000\u00a0\t",
    "\u200b",
    "\ufeff",
    "\u2060",
    ") ",
    " - ",
    "\u200b-\u200b",
]


@st.composite
def telephones(draw) -> str:
    """A telephone number in groups of any size, any sign between them, any kind of digits, in a sentence."""
    random_digits = random.Random(draw(st.integers(0, 1 << 30)))  # noqa: S311 -- invented numbers
    mobile = f"1{random_digits.choice('3456789')}" + "".join(random_digits.choices("0123456789", k=9))
    area = random_digits.choice(["010", "024", "0411", "0419", "0427"])
    local = random_digits.choice("2345678") + "".join(random_digits.choices("0123456789", k=7))
    number = draw(st.sampled_from([mobile, area + local]))
    number = draw(st.sampled_from(["", "86", "+86", "0086"])) + number if number == mobile else number
    pieces = [number[0]]
    cuts = draw(st.sets(st.integers(1, len(number) - 1), max_size=6))
    for index, digit in enumerate(number[1:], start=1):
        pieces += [draw(st.sampled_from(SEPARATORS))] if index in cuts else []
        pieces.append(digit)
    text = "".join(pieces)
    if draw(st.booleans()):
        text = text.translate({ord(d): 0xFEE0 + ord(d) for d in "0123456789"})
    before, after = (
        draw(st.sampled_from(["", "请回", "电话：", "wx", "我5点打过，", "见" + TICKET + "，"])),
        draw(st.sampled_from(["", "，谢谢", "转801", "。" + TICKET, "（张先生）", " 2024-09-12"])),
    )
    return before + text + after


@given(telephones())
@profile(max_examples=1500, deadline=None, derandomize=True)
@example("见" + TICKET + "，139 1234 5678。" + TICKET)
def test_no_telephone_number_survives_in_a_sentence(text):
    left = masked(text)
    assert MASK in left
    rest = left.replace(TICKET, "").replace("2024-09-12", "")
    assert len(digits_left(rest)) < 7, (text, left)
    assert left.count(TICKET) == text.count(TICKET), "the ticket number stays"


TEXTS = st.text(
    st.one_of(
        st.sampled_from("0123456789０１９一三八〇Xx@-. ·—:,元年月电话\u200bJT("),
        st.characters(exclude_categories=["Cs"]),
    ),
    max_size=60,
)


@pytest.fixture(scope="module")
def may_hold():
    with duckdb.connect() as connection:
        yield lambda text: connection.execute("select regexp_matches(?, ?)", [text, MAY_HOLD_NUMBER]).fetchone()[0]


@given(text=st.one_of(TEXTS, telephones(), st.sampled_from(MASKED)))
@profile(max_examples=1500, deadline=None, derandomize=True)
def test_masking_is_complete_at_once_and_never_misses_by_its_first_look(may_hold, text):
    once = masked(text)
    assert masked(once) == once
    assert once == text or may_hold(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("张三", "张三来电"), ("张三", "诉求人张 三称"), ("张三", "张\u3000三来电"), ("张三", "张·三"), ("张三", "张\u200b三"),
        ("张 三", "张三来电"), ("张　三", "诉求人张 三称"), ("欧阳测试", "欧阳 测试来电"), ("Ｌｉ　Ming", "Li Ming called"),
        ("阿卜杜·拉", "阿卜杜拉来电"),
    ],
)  # fmt: skip
def test_the_name_goes_however_it_is_spaced(name, text):
    left = unnamed(text, name)
    assert "某" in left
    assert fold(name)[0] not in fold(left) and fold(name)[-1] not in fold(left).replace("called", "")


def test_a_name_of_one_character_would_take_too_much():
    assert unnamed("王府井", "王") == "王府井"


SAME_CALLER = """
13800138000
13800138000.0
13800138000.00
+8613800138000
86-138-0013-8000
008613800138000
013800138000
138 0013 8000
138-0013-8000
138\u200b0013\u200b8000
１３８００１３８０００
'13800138000
电话13800138000
13800138000（本人）
13800138000/13800138000
""".strip().split("\n")


@pytest.mark.parametrize("text", SAME_CALLER, ids=ascii)
def test_one_caller_has_one_number(text):
    assert telephone(text, "210100") == "13800138000"


@pytest.mark.parametrize("text", ["02423456789", "024-23456789", "(024)2345-6789", "024 23456789", "+86 24 2345 6789",
                                  "862423456789", "０２４－２３４５６７８９"])  # fmt: skip
def test_a_landline_has_one_number(text):
    assert telephone(text, "210100") == "02423456789"


@pytest.mark.parametrize(
    "text",
    ["1.38E+10", "1.3800138E10", "139****0001", "139XXXX0001", "138001380??", "0", "0.0", "00000000000", "11111111111",
     "138", "12345", "1380013800", "138001380001", "99999999", "13800138000 13900139000", "13800138000、13900139000",
     "13800138000/83456781", "13800138000\n13900139000", "-", "不详", "210102199001011234"],
)  # fmt: skip
def test_what_is_spoilt_or_not_one_number_is_none(text):
    assert telephone(text, "210100") is None


def test_a_number_without_area_code_is_one_of_its_own_city():
    assert telephone("83456781", "210100") != telephone("83456781", "210200")
    assert telephone("024-23456789转801", "x") != telephone("024-23456789转802", "x")


@pytest.mark.parametrize("key", ["13912345678", "139-1234-5678", "１３９１２３４５６７８", "HF13912345678", "024-23456789",
                                 "210102199001011234", "21010219900101123X", "a@b.cn", "+8613912345678"])  # fmt: skip
def test_a_key_that_is_somebodys_number_is_recognised(key):
    assert looks_personal(key)


@pytest.mark.parametrize("key", ["HF21010020240914000123", "HF00000003", "BC20240905-210100-1", "CJ202409-210100-1",
                                 "CC20240920-000123", "DW20240918-210800-1", "SY-ZFD", "91210100MA0XXXXX0X", "1", "99.54",
                                 "LN202409-annex3-210100-complaint", TICKET])  # fmt: skip
def test_a_key_of_a_register_is_not(key):
    assert not looks_personal(key)


@pytest.mark.parametrize(
    "piece",
    [
        "0",
        "a",
        "9f",
        "1 ",
        "1x-",
        "a@",
        "a@b.",
        "a @ b. ",
        "\u200b",
        "1\u200b-\u200b",
        "-",
        "JT",
        "qq",
        "qq_id",
        "id",
        ",000",
        "一",
    ],
)
@pytest.mark.parametrize("first", ["1", "qq", "a@b"])
def test_the_time_to_mask_grows_with_the_text_not_with_its_square(first, piece):
    text = (first + piece * 40_000)[:40_000]
    begin = time.process_time()
    masked(text)
    looks_personal(text)
    assert time.process_time() - begin < 3, "with the square it takes 10 seconds or more"
