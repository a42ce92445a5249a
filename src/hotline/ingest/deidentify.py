"""De-identification at the ingest boundary.

Telephone numbers and operator numbers become keys: HMAC-SHA-256 under a secret, so that the same caller can be
recognised and nobody can be looked up. Names and identity-card numbers are dropped. Every other text is masked by
``hotline.personal``. All of it runs as DuckDB SQL; the secret reaches DuckDB as a variable and never stands in a statement.

The keys are good for nothing without the secret that made them, and a new secret would silently make a new person of
every caller. So a fingerprint of the secret lies with the data, and nothing is taken in under another one.
"""

from __future__ import annotations

import hmac
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

import click
import duckdb

from hotline import personal
from hotline.errors import HotlineError
from hotline.ingest.files import literal
from hotline.settings import Settings

BLOCK_BYTES = 64
"""Block length of SHA-256; the key is padded to it (RFC 2104)."""
KEY_BYTES = 32
HEX_DIGITS_KEPT = 32
"""128 bits of the HMAC: enough to keep a billion callers apart, half the bytes on disk."""


FINGERPRINT = "hash_key.fingerprint"
"""File in ``ledger/``, with what the key has made: a copy of the data takes it along."""


def hash_key(settings: Settings, dry_run: bool = False) -> bytes:
    """The secret: ``HOTLINE_HASH_KEY`` (hex) from the environment, or a file of mode 600 made for the first data.

    ``dry_run`` writes nothing; where there is no key yet it works with one that is forgotten at once.

    Raises
    ------
    HotlineError: the key is not hexadecimal or is shorter than 32 bytes; it is missing although data are there; or it is
    not the one that the data were taken in with.
    """
    path = settings.secrets / "hash_key"
    fingerprint_file = settings.ledger / FINGERPRINT
    known = fingerprint_file.read_text(encoding="ascii").strip() if fingerprint_file.exists() else None
    has_data = known is not None or _has_data(settings)
    text = os.environ.get("HOTLINE_HASH_KEY")
    if text is None and not path.exists():
        if dry_run:
            return secrets.token_bytes(KEY_BYTES)
        if has_data:
            raise HotlineError(
                f"the de-identification key {path} is gone, and {settings.raw} holds data that were taken in with it",
                f"restore {path} from its backup, or set HOTLINE_HASH_KEY; a new key would make a new person of every "
                "caller. If it is lost for good: docs/reference/contracts.md, Personal data",
            )
        _write_once(path, secrets.token_hex(KEY_BYTES))
    text = path.read_text(encoding="ascii") if text is None else text
    try:
        key = bytes.fromhex(text.strip())
    except ValueError:
        key = b""
    if len(key) < KEY_BYTES:
        raise HotlineError(
            f"the de-identification key is not {KEY_BYTES} bytes in hexadecimal",
            f"set HOTLINE_HASH_KEY to {2 * KEY_BYTES} hexadecimal digits, or restore {path} from its backup",
        )
    if dry_run:
        return key
    own = fingerprint(key)
    if known is None and _write_once(fingerprint_file, own) and has_data:
        click.echo(f"noted the fingerprint of the de-identification key in {fingerprint_file}", err=True)
    # read again: of tasks that start together with different keys only one is right
    known = fingerprint_file.read_text(encoding="ascii").strip()
    if not hmac.compare_digest(known, own):
        given = "HOTLINE_HASH_KEY" if "HOTLINE_HASH_KEY" in os.environ else str(path)
        raise HotlineError(
            f"{given} is not the de-identification key that {settings.raw} was taken in with "
            f"(fingerprint {own}, the data have {known})",
            f"restore {path} from its backup, or set HOTLINE_HASH_KEY to the key of these data. "
            "To change the key on purpose: docs/reference/contracts.md, Personal data",
        )
    return key


def _has_data(settings: Settings) -> bool:
    """Whether anything was ever taken in; the files that ``prepare`` writes hold no rows and belong to no platform."""
    rows = (path for path in settings.raw.glob("*/dt=*/platform=*/*.parquet") if path.parent.name != "platform=none")
    return any(settings.ledger.glob("dt=*/platform=*/*.json")) or any(rows)


def fingerprint(key: bytes) -> str:
    """16 hexadecimal digits that tell two keys apart and nothing about either."""
    return hmac.digest(key, b"hotline: fingerprint of the de-identification key", "sha256").hex()[:16]


def _write_once(path: Path, text: str) -> bool:
    """Write a file unless it is there; true when this call did. Linked into place whole: none reads half a key."""
    path.parent.mkdir(mode=0o700 if path.parent.name == "secrets" else 0o750, parents=True, exist_ok=True)
    descriptor, temporary = tempfile.mkstemp(dir=path.parent)  # mode 600
    with os.fdopen(descriptor, "w", encoding="ascii") as handle:
        handle.write(text)
        handle.flush()
        os.fsync(handle.fileno())
    try:
        with suppress(FileExistsError):
            os.link(temporary, path)
            return True
        return False
    finally:
        Path(temporary).unlink()


class Telephones:
    """The function ``telephone`` of one connection; remembers whether it has met a number that is none."""

    def __init__(self) -> None:
        self._has_spoilt = False

    def __call__(self, text: str, sender: str) -> str | None:
        number = personal.telephone(text, sender)
        self._has_spoilt |= number is None
        return number

    def take_spoilt(self) -> bool:
        """Whether any number was spoilt since this was asked last."""
        found, self._has_spoilt = self._has_spoilt, False
        return found


def register(connection: duckdb.DuckDBPyConnection, key: bytes) -> Telephones:
    """Define the macros ``phone_key``, ``operator_key``, ``masked``, ``unnamed`` and ``looks_personal`` on ``connection``,
    and the table ``operator_keys`` of keys that are known."""
    padded = key.ljust(BLOCK_BYTES, b"\0")
    connection.execute("set variable inner_pad = ?::blob", [bytes(byte ^ 0x36 for byte in padded)])
    connection.execute("set variable outer_pad = ?::blob", [bytes(byte ^ 0x5C for byte in padded)])
    text = "VARCHAR"
    connection.create_function("mask_text", personal.masked, [text], text)
    connection.create_function("drop_name", personal.unnamed, [text, text], text)
    telephones = Telephones()
    connection.create_function("telephone", telephones.__call__, [text, text], text, null_handling="special")
    connection.create_function("personal_key", personal.looks_personal, [text], "BOOLEAN")
    connection.execute(MACROS)
    return telephones


MACROS = f"""
create or replace macro keyed(kind, plain) as
    left(
        sha256(
            getvariable('outer_pad')
            || unhex(sha256(getvariable('inner_pad') || encode(kind || ':' || plain)))
        ),
        {HEX_DIGITS_KEPT}
    );
create or replace macro phone_key(sender, plain) as
    keyed('phone', case when regexp_full_match(plain, '1[3-9][0-9]{{9}}') then plain
        when plain is not null then telephone(plain, sender) end);
create or replace macro operator_key(sender, plain) as keyed('operator', sender || ':' || plain);
create or replace macro masked(plain) as
    case when length(plain) >= {personal.SHORTEST} and regexp_matches(plain, {literal(personal.MAY_HOLD_NUMBER)})
        then mask_text(plain) else plain end;
create or replace macro looks_personal(plain) as
    case when regexp_matches(plain, {literal(personal.MAY_HOLD_NUMBER)}) then personal_key(plain) else false end;
create or replace macro name_begin(person) as case when regexp_full_match(person, '[一-龥]+') then left(person, 1) end;
create or replace macro name_end(person) as case when regexp_full_match(person, '[一-龥]+') then right(person, 1) end;
create or replace macro unnamed
    (plain, person) as
        case when not regexp_full_match(person, '[一-龥]+') or (
                contains(plain, left(person, 1)) and contains(plain, right(person, 1))
            )
            then drop_name(plain, person) else plain end,
    (plain, person, begins, ends) as
        case when person is null then plain
            when begins is null or (contains(plain, begins) and contains(plain, ends)) then drop_name(plain, person)
            else plain end;
create or replace temp table operator_keys (text varchar, key varchar);
"""
