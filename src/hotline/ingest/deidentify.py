"""De-identification at the ingest boundary.

Telephone numbers and operator numbers become keys: HMAC-SHA-256 under a secret, so that the same caller can be
recognised and nobody can be looked up. Names and identity-card numbers are dropped. Free text is masked by pattern.
All of it runs as DuckDB SQL; the secret reaches DuckDB as a variable and never stands in a statement.
"""

from __future__ import annotations

import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

import duckdb

from hotline.errors import HotlineError

BLOCK_BYTES = 64
"""Block length of SHA-256; the key is padded to it (RFC 2104)."""
KEY_BYTES = 32
HEX_DIGITS_KEPT = 32
"""128 bits of the HMAC: enough to keep a billion callers apart, half the bytes on disk."""


def hash_key(secrets_folder: Path) -> bytes:
    """The secret: ``HOTLINE_HASH_KEY`` (hex) from the environment, or a file of mode 600 made on first use.

    Raises
    ------
    HotlineError: the key is not hexadecimal or is shorter than 32 bytes.
    """
    path = secrets_folder / "hash_key"
    text = os.environ.get("HOTLINE_HASH_KEY")
    if text is None:
        secrets_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # linked into place whole: of tasks that start together one wins, and none reads half a key
        if not path.exists():
            descriptor, temporary = tempfile.mkstemp(dir=secrets_folder)  # mode 600
            with os.fdopen(descriptor, "w", encoding="ascii") as handle:
                handle.write(secrets.token_hex(KEY_BYTES))
            with suppress(FileExistsError):
                os.link(temporary, path)
            Path(temporary).unlink()
        text = path.read_text(encoding="ascii")
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) < KEY_BYTES:
        raise HotlineError(
            f"the de-identification key is not {KEY_BYTES} bytes in hexadecimal",
            f"set HOTLINE_HASH_KEY to {2 * KEY_BYTES} hexadecimal digits, or restore {path} from its backup",
        )
    return key


def register(connection: duckdb.DuckDBPyConnection, key: bytes) -> None:
    """Define the macros ``tidy``, ``half_width``, ``phone_key``, ``operator_key`` and ``masked`` on ``connection``."""
    padded = key.ljust(BLOCK_BYTES, b"\0")
    connection.execute("set variable inner_pad = ?::blob", [bytes(byte ^ 0x36 for byte in padded)])
    connection.execute("set variable outer_pad = ?::blob", [bytes(byte ^ 0x5C for byte in padded)])
    connection.execute(MACROS)


FULL_WIDTH = "".join(chr(code) for code in range(0xFF01, 0xFF5F)) + "\u3000\u00a0"
HALF_WIDTH = "".join(chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)) + "  "

# Anchored on "no letter or digit before", so that the digits of a ticket number stay readable. Digits are also those of
# full width: texts are kept as they were written.
DIGIT, GAP = "[0-9０-９]", "[- －\u3000]?"
ID_CARD = f"[1-9１-９]{DIGIT}{{5}}(?:[1１][89８９]|[2２][0０]){DIGIT}{{9}}[0-9０-９XxＸｘ]"
MOBILE = f"(?:[+＋]?[0０]{{0,2}}[8８][6６]{GAP})?[1１][3-9３-９]{DIGIT}{GAP}{DIGIT}{{4}}{GAP}{DIGIT}{{4}}"
LANDLINE = f"[0０]{DIGIT}{{2,3}}{GAP}{DIGIT}{{7,8}}"
PERSONAL_NUMBER = f"(^|[^0-9A-Za-z０-９Ａ-Ｚａ-ｚ])(?:{ID_CARD}|{MOBILE}|{LANDLINE})"

WHITE_SPACE = (" ", "\t", "\u3000", "\u00a0")
HAS_OUTER_SPACE = " or ".join(f"plain like '{space}%' or plain like '%{space}'" for space in WHITE_SPACE)

MACROS = f"""
create or replace macro tidy(plain) as
    case when {HAS_OUTER_SPACE} then nullif(trim(plain, '{"".join(WHITE_SPACE)}'), '') else plain end;
create or replace macro half_width(plain) as
    nullif(trim(
        case when regexp_matches(plain, '[！-～\u3000\u00a0]')
            then translate(plain, '{FULL_WIDTH.replace("'", "''")}', '{HALF_WIDTH.replace("'", "''")}')
            else plain end
    ), '');
create or replace macro excel_time(plain) as
    case when regexp_full_match(plain, '[1-9][0-9]{{4}}([.][0-9]+)?')
        then timestamp '1899-12-30' + to_seconds(cast(round(try_cast(plain as double) * 86400) as bigint)) end;
create or replace macro whole_number(plain) as
    try_cast(regexp_replace(replace(plain, ',', ''), '[.]0+$', '') as bigint);
create or replace macro keyed(kind, plain) as
    left(
        sha256(
            getvariable('outer_pad')
            || unhex(sha256(getvariable('inner_pad') || encode(kind || ':' || plain)))
        ),
        {HEX_DIGITS_KEPT}
    );
create or replace macro phone_digits(plain) as
    regexp_replace(regexp_replace(plain, '[^0-9]', '', 'g'), '^(0086|86)(1[0-9]{{10}})$', '\\2');
create or replace macro phone_key(plain) as
    keyed('phone', case when regexp_full_match(plain, '1[0-9]{{10}}') then plain
        else nullif(phone_digits(plain), '') end);
create or replace macro operator_key(sender, plain) as keyed('operator', sender || ':' || plain);
create or replace macro masked(plain) as
    case when regexp_matches(plain, '{PERSONAL_NUMBER}')
        then regexp_replace(plain, '{PERSONAL_NUMBER}', '\\1[号码]', 'g')
        else plain end;
"""
