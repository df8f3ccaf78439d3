"""The tokens of an answer. Source: MS-TDS 2.2.7."""

from __future__ import annotations

import struct
from collections.abc import Sequence

DONE, DONE_PROCEDURE, DONE_IN_PROCEDURE = 0xFD, 0xFE, 0xFF
MORE, FAILED, COUNTED, CANCELLED = 0x01, 0x02, 0x10, 0x20  # status of a DONE
DATABASE, LANGUAGE, PACKET_SIZE, COLLATION, BEGUN, COMMITTED, ROLLED_BACK = 1, 2, 4, 7, 8, 9, 10
LATIN = bytes.fromhex("0904d00034")  # SQL_Latin1_General_CP1_CI_AS
ROW = b"\xd1"
SELECT = 0xC1  # the command that a DONE names
SERVER = "OPENBEAT"
PRODUCT = "Microsoft SQL Server"
VERSION = (16, 0, 1000)  # SQL Server 2022


class Refusal(Exception):
    """What the server answers in place of a result: an error with SQL Server's number, and its severity."""

    def __init__(self, number: int, message: str, *, severity: int = 16) -> None:
        super().__init__(message)
        self.number, self.message, self.severity = number, message, severity


def done(kind: int = DONE, *, status: int = 0, rows: int | None = None) -> bytes:
    """The end of a result, a procedure or a batch; `rows` where they were counted."""
    counted = COUNTED if rows is not None else 0
    return struct.pack("<BHHQ", kind, status | counted, SELECT if counted else 0, rows or 0)


def error(refusal: Refusal) -> bytes:
    """ERROR: what was refused and why."""
    return _message(0xAA, refusal.number, refusal.severity, refusal.message)


def info(number: int, message: str) -> bytes:
    """INFO: something worth saying that stops nothing."""
    return _message(0xAB, number, 10, message)


def changed(kind: int, new: str, old: str = "") -> bytes:
    """ENVCHANGE of something that is text."""
    return _sized(0xE3, bytes([kind]) + _short(new) + _short(old))


def changed_bytes(kind: int, new: bytes, old: bytes = b"") -> bytes:
    """ENVCHANGE of something that is bytes: a collation, a transaction."""
    return _sized(0xE3, bytes([kind, len(new)]) + new + bytes([len(old)]) + old)


def logged_in(protocol: int) -> bytes:
    """LOGINACK: the version of TDS to go on with, and who is here."""
    major, minor, build = VERSION
    version = struct.pack(">BBH", major, minor, build)
    return _sized(0xAD, b"\x01" + struct.pack(">I", protocol) + _short(PRODUCT) + version)


def columns(described: Sequence[tuple[str, bytes]]) -> bytes:
    """COLMETADATA: name and TYPE_INFO of every column."""
    nullable = struct.pack("<IH", 0, 0x09)
    return struct.pack("<BH", 0x81, len(described)) + b"".join(
        nullable + info + _short(name) for name, info in described
    )


def returned_status(value: int = 0) -> bytes:
    """RETURNSTATUS of a procedure."""
    return struct.pack("<Bi", 0x79, value)


def returned_handle(value: int, *, name: str) -> bytes:
    """RETURNVALUE: the handle of a prepared statement, as an int."""
    return struct.pack("<BH", 0xAC, 0) + _short(name) + struct.pack("<BIHBBBi", 1, 0, 0, 0x26, 4, 4, value)


def _message(token: int, number: int, severity: int, text: str) -> bytes:
    body = struct.pack("<iBBH", number, 1, severity, len(_wide(text)) // 2) + _wide(text)
    return _sized(token, body + _short(SERVER) + _short("") + struct.pack("<I", 1))


def _sized(token: int, body: bytes) -> bytes:
    return struct.pack("<BH", token, len(body)) + body


def _short(text: str) -> bytes:
    wide = _wide(text)
    return bytes([len(wide) // 2]) + wide


def _wide(text: str) -> bytes:
    return text.encode("utf-16-le")
