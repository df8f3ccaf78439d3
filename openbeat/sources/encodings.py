"""Which characters a file's bytes stand for."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from openbeat.errors import UnreadableSource, WrongSettings
from openbeat.sources.notes import Notes

CHUNK = 1 << 20
MARKS = {  # UTF-32 first: its mark begins with that of UTF-16
    codecs.BOM_UTF32_LE: "utf-32-le",
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
ASCII = bytes(range(128))
NOT_IN_CP1252 = b"\x81\x8d\x8f\x90\x9d"


@dataclass(frozen=True, kw_only=True)
class Encoding:
    """A codec, the bytes of byte order mark before the text, and what to do with bytes that mean nothing."""

    codec: str
    mark: int = 0
    errors: str = "strict"


def encoding_of(path: Path, declared: str | None, notes: Notes) -> Encoding:
    """The encoding declared, else that of the byte order mark, else UTF-8 if all of the file is, else cp1252.

    Noted: read_as_cp1252 (count: bytes that hang on that guess), replaced_bytes (those that cp1252 has no
    character for), read_as_utf_16 (no mark, but every other byte is zero). Raises UnreadableSource where what
    is declared does not fit the file, WrongSettings where there is no such codec.
    """
    with path.open("rb") as file:
        start = file.read(4096)
    mark, marked = next(((m, codec) for m, codec in MARKS.items() if start.startswith(m)), (b"", None))
    if declared is not None:
        codec = _known(declared, notes)
        agree = marked is not None and codec in (marked, marked[:6].rstrip("-"))
        found = Encoding(codec=marked if agree and marked else codec, mark=len(mark) if agree else 0)
        return _fitting(path, found, notes)
    if marked not in (None, "utf-8"):
        return _fitting(path, Encoding(codec=str(marked), mark=len(mark)), notes)
    if marked is None and (wide := _wide(start)):
        notes.note("read_as_utf_16")
        return _fitting(path, Encoding(codec=wide), notes)
    if _misfit(path, Encoding(codec="utf-8")) is None:
        return Encoding(codec="utf-8", mark=len(mark))
    guessed = replaced = 0
    for chunk in _chunks(path, len(mark)):
        guessed += len(high := chunk.translate(None, ASCII))
        replaced += sum(high.count(byte) for byte in NOT_IN_CP1252)
    notes.note("read_as_cp1252", count=guessed)
    if replaced:
        notes.note("replaced_bytes", count=replaced)
    return Encoding(codec="cp1252", mark=len(mark), errors="replace")


def opened(path: Path, encoding: Encoding) -> TextIO:
    """The file as text after any byte order mark, line ends as they are."""
    file = path.open("rb")
    file.seek(encoding.mark)
    return io.TextIOWrapper(file, encoding=encoding.codec, errors=encoding.errors, newline="")


def _known(declared: str, notes: Notes) -> str:
    try:
        codec = codecs.lookup(declared)
        codec.incrementaldecoder().decode(b"")
        if not isinstance("".encode(codec.name), bytes) or codec.name in ("idna", "punycode", "utf-7"):
            raise LookupError
    except (LookupError, TypeError, AttributeError, UnicodeError):
        raise WrongSettings(
            f"there is no text encoding called {declared!r}",
            where=notes.where,
            remedies=[
                "name one such as utf-8, cp1252 or utf-16",
                "leave `encoding` out, so that it is found out",
            ],
        ) from None
    return codec.name


def _fitting(path: Path, encoding: Encoding, notes: Notes) -> Encoding:
    misfit = _misfit(path, encoding)
    if misfit is not None:
        raise UnreadableSource(
            f"byte {misfit:,} or one soon after it cannot be {encoding.codec}",
            where=notes.where,
            remedies=["set `encoding` in agency.toml to the right one", "export the file again as UTF-8"],
        )
    return encoding


def _misfit(path: Path, encoding: Encoding) -> int | None:
    """Where about the first byte stands that means nothing in this encoding."""
    decoder, place = codecs.getincrementaldecoder(encoding.codec)("strict"), encoding.mark
    try:
        for chunk in _chunks(path, encoding.mark):
            decoder.decode(chunk)
            place += len(chunk)
        decoder.decode(b"", final=True)
    except UnicodeError as error:
        return place + getattr(error, "start", 0)
    return None


def _chunks(path: Path, skip: int) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(skip)
        while chunk := file.read(CHUNK):
            yield chunk


def _wide(start: bytes) -> str | None:
    """UTF-16 without its mark: text in Latin letters then has a zero at every other byte."""
    for codec, zeros, letters in (
        ("utf-16-le", start[1::2], start[::2]),
        ("utf-16-be", start[::2], start[1::2]),
    ):
        if len(start) > 3 and zeros.count(0) > 0.7 * len(zeros) and not letters.count(0):
            return codec
    return None
