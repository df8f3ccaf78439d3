"""What the specifications of the exports share: files written by hand, and what came of them, counted."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from openbeat.sources.iapro.exports import Exported

Row = dict[str, str | None]


def write_csv(path: Path, rows: Sequence[Mapping[str, str]], *, encoding: str = "utf-8") -> Path:
    """A file of these rows, under the names of the first one's columns."""
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return path


def counts(exported: Exported) -> dict[str, int]:
    """How many rows each table has."""
    return {name: table.num_rows for name, table in exported.tables.items()}


def problems(exported: Exported) -> Counter[str]:
    """How often each kind of problem was counted, over all files."""
    found: Counter[str] = Counter()
    for one in exported.problems:
        found[one.kind] += one.count
    return found


def rows_of(exported: Exported, table: str) -> list[Row]:
    """The rows of a table."""
    rows: list[Row] = exported.tables[table].to_pylist()
    return rows


def words(exported: Exported, table: str, column: str) -> list[str | None]:
    """The words of a column, sorted, None first."""
    found: list[str | None] = exported.tables[table].column(column).to_pylist()
    return sorted(found, key=lambda word: word or "")
