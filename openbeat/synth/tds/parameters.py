"""Calls of procedures, and their typed parameters, as a client sends them. Source: MS-TDS 2.2.6.6, 2.2.5."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from openbeat.synth.tds.tokens import Refusal

PROCEDURES = {  # those that have a number in place of a name
    10: "sp_executesql",
    11: "sp_prepare",
    12: "sp_execute",
    13: "sp_prepexec",
    15: "sp_unprepare",
}
FIXED = {0x1F: 0, 0x30: 1, 0x32: 1, 0x34: 2, 0x38: 4, 0x7F: 8, 0x3B: 4, 0x3E: 8, 0x3D: 8, 0x3A: 4, 0x3C: 8}
MOMENTS = {0x29, 0x2A, 0x2B}  # TIME, DATETIME2, DATETIMEOFFSET: one byte of scale
TEXTS = {0xE7, 0xEF, 0xA7, 0xAF}
BYTES = {0xA5, 0xAD}
BATCH_GOES_ON = {0x80, 0xFF}
NARROW = "cp1252"  # of text that is not NVARCHAR, under our collation


@dataclass(frozen=True, kw_only=True)
class Call:
    """One call: the procedure's name in small letters, and (name, value) of each parameter."""

    procedure: str
    parameters: tuple[tuple[str, object], ...]


@dataclass
class Reader:
    """Bytes, and how far they were read. Raises struct.error where they end too soon."""

    data: bytes
    place: int = 0

    def number(self, form: str) -> int:
        (value,) = struct.unpack_from("<" + form, self.data, self.place)
        self.place += struct.calcsize("<" + form)
        return int(value)

    def take(self, size: int) -> bytes:
        if size > len(self.data) - self.place:
            raise struct.error("cut")
        self.place += size
        return self.data[self.place - size : self.place]

    def rest(self) -> bytes:
        return self.take(len(self.data) - self.place)

    def text(self, units: int) -> str:
        return self.take(2 * units).decode("utf-16-le")


def after_headers(body: bytes) -> Reader:
    """The body of a batch or call, past the headers (of transactions) that stand before it."""
    reader = Reader(body)
    reader.place = reader.number("I")
    return reader


def read_calls(body: bytes) -> Iterator[Call]:
    """Every call of an RPC message."""
    reader = after_headers(body)
    while reader.place < len(body):
        units = reader.number("H")
        name = (
            PROCEDURES.get(number := reader.number("H"), f"#{number}")
            if units == 0xFFFF
            else reader.text(units)
        )
        reader.number("H")  # flags of the call
        parameters = []
        while reader.place < len(body):
            if body[reader.place] in BATCH_GOES_ON:
                reader.place += 1
                break
            label = reader.text(reader.number("B"))
            reader.number("B")  # flags of the parameter
            parameters.append((label, _value(reader)))
        bare = name.rpartition(".")[2].strip("[]").lower()
        yield Call(procedure=bare, parameters=tuple(parameters))


def _value(reader: Reader) -> object:
    kind = reader.number("B")
    if kind in FIXED:
        return _decoded(kind, reader.take(FIXED[kind]), 0)
    if kind in TEXTS | BYTES:
        limit = reader.number("H")
        if kind in TEXTS:
            reader.take(5)  # collation
        data = _chunks(reader) if limit == 0xFFFF else _sized(reader, "H", 0xFFFF)
        return None if data is None else _decoded(kind, data, 0)
    if kind in (0x22, 0x23, 0x63):  # IMAGE, TEXT, NTEXT
        reader.take(4 if kind == 0x22 else 9)
        data = _sized(reader, "I", 0xFFFFFFFF)
        return None if data is None else _decoded({0x22: 0xA5, 0x23: 0xA7, 0x63: 0xE7}[kind], data, 0)
    scale = 0
    if kind in (0x6A, 0x6C):  # DECIMAL, NUMERIC
        scale = reader.take(3)[2]
    elif kind in MOMENTS:
        scale = reader.number("B")
    elif kind in (0x26, 0x68, 0x6D, 0x6E, 0x6F, 0x24):
        reader.number("B")  # the largest size
    elif kind != 0x28:
        raise Refusal(8009, f"a parameter has type 0x{kind:02X}, which this server does not know")
    data = _sized(reader, "B", 0)
    return None if data is None else _decoded(kind, data, scale)


def _sized(reader: Reader, form: str, null: int) -> bytes | None:
    size = reader.number(form)
    return None if size == null else reader.take(size)


def _chunks(reader: Reader) -> bytes | None:
    if reader.number("Q") == 0xFFFFFFFFFFFFFFFF:
        return None
    data = bytearray()
    while size := reader.number("I"):
        data += reader.take(size)
    return bytes(data)


def _decoded(kind: int, data: bytes, scale: int) -> object:
    match kind:
        case 0xE7 | 0xEF:
            return data.decode("utf-16-le")
        case 0xA7 | 0xAF:
            return data.decode(NARROW)
        case 0xA5 | 0xAD:
            return data
        case 0x24:
            return str(UUID(bytes_le=data))
        case 0x6A | 0x6C:
            whole = int.from_bytes(data[1:], "little")
            return Decimal(whole if data[0] else -whole).scaleb(-scale)
        case 0x6D | 0x3B | 0x3E:
            return struct.unpack("<f" if len(data) == 4 else "<d", data)[0]
        case 0x6E | 0x3C:
            high, low = (
                (0, data) if len(data) == 4 else (int.from_bytes(data[:4], "little", signed=True), data[4:])
            )
            whole = (high << 32) + int.from_bytes(low, "little", signed=len(data) == 4)
            return Decimal(whole).scaleb(-4)
        case 0x6F | 0x3D | 0x3A:
            return _old_moment(data)
        case 0x28 | 0x29 | 0x2A | 0x2B:
            return _moment(kind, data, scale)
        case 0x1F:
            return None
    return int.from_bytes(data, "little", signed=len(data) > 1)


def _old_moment(data: bytes) -> datetime:
    if len(data) == 4:
        days, minutes = struct.unpack("<HH", data)
        return datetime(1900, 1, 1) + timedelta(days=days, minutes=minutes)
    days, ticks = struct.unpack("<iI", data)
    return datetime(1900, 1, 1) + timedelta(days=days, milliseconds=round(ticks * 10 / 3))


def _moment(kind: int, data: bytes, scale: int) -> object:
    if kind == 0x28:
        return date.fromordinal(int.from_bytes(data, "little") + 1)
    offset = 2 if kind == 0x2B else 0  # minutes from UTC: what is sent is UTC
    clock = data if kind == 0x29 else data[: -3 - offset]
    span = timedelta(microseconds=int.from_bytes(clock, "little") * 10**6 // 10**scale)
    if kind == 0x29:
        return (datetime.min + span).time() if span < timedelta(days=1) else time.max
    day = data[len(clock) : len(clock) + 3]
    moment = datetime.fromordinal(int.from_bytes(day, "little") + 1) + span
    return moment + timedelta(minutes=struct.unpack("<h", data[-2:])[0]) if offset else moment
