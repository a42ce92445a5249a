"""Errors that a user can act on: each says what is wrong, where, and what to do about it."""

from __future__ import annotations


class HotlineError(Exception):
    """An expected failure. The command line prints its text without a traceback.

    Parameters
    ----------
    message: what is wrong, with the file, row or setting it concerns.
    remedy: what the reader should do; printed after the message.
    """

    exit_code = 1

    def __init__(self, message: str, remedy: str | None = None) -> None:
        super().__init__(message if remedy is None else f"{message}\n  remedy: {remedy}")


class WrongRequest(HotlineError):
    """What was asked for is not there, or cannot be done as asked: the same call fails again. Exit code as for wrong options."""

    exit_code = 2


class DataTestFailure(HotlineError):
    """The models were built, but the data break a test: running again changes nothing."""

    exit_code = 3


class InfrastructureError(HotlineError):
    """A lock, a full disk, a lost or damaged file: running again may help."""

    exit_code = 4


class FileRejected(HotlineError):
    """A delivered file that cannot be taken at all: recorded, and the other files go on.

    Parameters
    ----------
    message, remedy: in English, for the data engineer.
    zh: both in Chinese, for the staff of the city that sent the file.
    rule: code of the rule in ``hotline.ingest.rules`` that it breaks.
    rows: records that the file holds, None when that cannot be told.
    """

    def __init__(self, message: str, remedy: str, zh: str, rule: str, rows: int | None = None) -> None:
        super().__init__(message, remedy)
        self.zh, self.rule, self.rows = zh, rule, rows
