"""What the specifications of this room share: fetch into a table, and look at it."""

from __future__ import annotations

from pathlib import Path

import pyarrow.parquet as pq

from openbeat.sources import Shape, fetch
from openbeat.stages import Raw

NUMBERS = ("_file", "_row", "_part")


def raw_of(*files: Path, folder: Path, **shape: object) -> Raw:
    """Raw of the files, made beside the test's own."""
    return fetch(files, Shape(**shape), into=folder / "raw.parquet")  # type: ignore[arg-type]


def cells_of(raw: Raw) -> list[tuple[str | None, ...]]:
    """The text cells, row by row."""
    table = pq.read_table(raw.parquet)
    return list(zip(*(table.column(name).to_pylist() for name in raw.columns), strict=True))


def kept(raw: Raw) -> int:
    """How many source rows stand in the file."""
    parts: list[int] = pq.read_table(raw.parquet, columns=["_part"]).column(0).to_pylist()
    return parts.count(1)


def problem(raw: Raw, kind: str) -> int:
    """How often this kind of problem was counted, over all files."""
    return sum(one.count for one in raw.problems if one.kind == kind)
