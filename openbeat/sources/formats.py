"""What a module of this room declares, and which of them reads a given file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from openbeat.errors import UnreadableSource
from openbeat.registry import collect
from openbeat.sources.notes import Notes
from openbeat.sources.shape import Shape

SIGNATURES = {
    b"PK\x03\x04": "a ZIP archive or an Excel workbook",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook or Word document",
    b"PAR1": "Parquet",
    b"\x1f\x8b": "gzip",
    b"%PDF": "a PDF document",
}


@dataclass(frozen=True, kw_only=True)
class SourceFormat:
    """A way that rows are written in a file.

    endings     of file names, small letters, with the dot
    signatures  what such a file may begin with; () where it is text, so that none may
    read        file, shape, notes -> batches: text columns under the file's own names, and `_row` (int64),
                the row's number in the file from 1. At least one batch, so that columns are known; a row left
                out is counted in the notes; raises UnreadableSource.
    """

    key: str
    title: str
    endings: tuple[str, ...]
    signatures: tuple[bytes, ...] = ()
    read: Callable[[Path, Shape, Notes], Iterator[pa.RecordBatch]]


@dataclass(frozen=True, kw_only=True)
class Wrapping:
    """A way that files are wrapped in another file.

    open        file, its name, shape, empty folder -> (name, file) for each that was inside, written into the
                folder; raises UnreadableSource
    """

    key: str
    title: str
    endings: tuple[str, ...]
    open: Callable[[Path, str, Shape, Path], Iterator[tuple[str, Path]]]


def formats() -> dict[str, SourceFormat]:
    """Every format that can be read, by key."""
    return collect("openbeat.sources", SourceFormat)


def wrappings() -> dict[str, Wrapping]:
    """Every wrapping that can be opened, by key."""
    return collect("openbeat.sources", Wrapping)


def wrapping_of(name: str) -> Wrapping | None:
    """The wrapping that a file of this name has, if any."""
    return next((one for one in wrappings().values() if name.lower().endswith(one.endings)), None)


def format_of(path: Path, name: str) -> SourceFormat:
    """The format that a file of this name claims; raises UnreadableSource where its first bytes differ."""
    known = formats()
    format = next((one for one in known.values() if name.lower().endswith(one.endings)), None)
    if format is None:
        endings = " ".join(ending for one in known.values() for ending in one.endings)
        raise UnreadableSource(
            "nothing here reads files with this ending",
            where=name,
            remedies=[f"export it as one of {endings}", "rename it, if its ending does not say what it is"],
        )
    with path.open("rb") as file:
        start = file.read(4)
    found = next((mark for mark in SIGNATURES if start.startswith(mark)), None)
    if found is not None and found not in format.signatures:
        raise UnreadableSource(
            f"it is called {format.title} but begins like {SIGNATURES[found]}",
            where=name,
            remedies=["give it the ending of what it is", "export it again"],
        )
    return format
