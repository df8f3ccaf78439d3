"""What a format of rows is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from openbeat.disk import plainly, sync
from openbeat.registry import collect

BATCH = 16_384  # rows in memory at once


@dataclass(frozen=True, kw_only=True)
class RowFormat:
    """A format that the rows of a table can be had in.

    suits   whether a table, as the body of a manifest describes it, can be written so
    write   (parquet, table, out): the rows of the table's Parquet file in the file `out`, which appears whole
    """

    key: str
    ending: str  # of the file's name, without the dot before it
    media_type: str
    suits: Callable[[Mapping[str, Any]], bool]
    write: Callable[[Path, Mapping[str, Any], Path], None]


def row_formats() -> dict[str, RowFormat]:
    """Every format, by key."""
    return collect("openbeat.release.formats", RowFormat)


@contextmanager
def appearing_whole(out: Path) -> Iterator[Path]:
    """A draft beside `out` that takes its place at the end; after an error, nothing has appeared."""
    draft = out.with_name(f".{uuid4().hex}.part")
    with plainly(out):
        try:
            yield draft
            sync(draft)
            draft.replace(out)
        finally:
            draft.unlink(missing_ok=True)
