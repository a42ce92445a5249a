"""Texts that others wrote, made safe to show: in a terminal, a log, a mail."""

from __future__ import annotations

import unicodedata
from decimal import ROUND_HALF_UP, Decimal

WHITE_SPACE = " \t\r\n\u3000\u00a0\u2002\u2003\u2009\u202f"
WIDTHLESS = "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\u00ad"
"""Characters that nobody sees: they come with text that was copied from a web page or a chat."""
HIDDEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}
"""Unicode categories that a reader does not see or that move what he sees: controls, formats (bidirectional overrides,
zero width), halves of surrogate pairs (bytes of a name that is no UTF-8), line and paragraph separators."""


def printable(text: object, keep: str = "") -> str:
    """``text`` with every character that a terminal or log viewer would act upon, or that no document takes, written as
    ``\\x1b``, ``\\u202e``, ``\\ufffe``, ….

    Nothing else changes, so that a harmless name is shown as it is. ``keep`` holds characters to leave alone, as the
    line feeds of our own messages.
    """
    text = str(text)
    if text.isprintable() and text.isascii():
        return text
    return "".join(_shown(character) if character not in keep else character for character in text)


def _shown(character: str) -> str:
    code = ord(character)
    # the last two of each plane and these 32 will never be characters: XML refuses some of them, no font shows any
    is_none = code & 0xFFFE == 0xFFFE or 0xFDD0 <= code <= 0xFDEF
    if unicodedata.category(character) not in HIDDEN and not is_none:
        return character
    if 0xDC80 <= code <= 0xDCFF:  # how Python keeps a byte of a file name that it cannot decode
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def percent(value: Decimal | float, decimals: int = 2) -> str:
    """A percentage as it is shown: 0 and 100 only where it is nothing or everything.

    >>> percent(Decimal("99.996")), percent(Decimal("0.004")), percent(Decimal(100)), percent(Decimal("52.385"))
    ('99.99%', '0.01%', '100.00%', '52.39%')
    """
    exact, unit = Decimal(str(value)), Decimal(1).scaleb(-decimals)
    rounded = exact.quantize(unit, ROUND_HALF_UP)
    if 0 < exact < 100:
        rounded = min(max(rounded, unit), 100 - unit)
    return f"{rounded}%"
