"""What rows of files say of the same thing, brought together: one row for each thing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pyarrow as pa

from openbeat.sources.iapro.catalogue import NTH
from openbeat.sources.iapro.exports.keys import KEYS, LINKS
from openbeat.sources.iapro.exports.shape import Place
from openbeat.sources.notes import Notes


@dataclass(kw_only=True)
class Gathering:
    """Things seen so far: table -> what tells its rows apart -> the row."""

    rows: dict[str, dict[tuple[str | None, ...], dict[str, str]]] = field(default_factory=dict)
    columns: dict[str, dict[str, None]] = field(default_factory=dict)

    def knows(self, places: Iterable[Place]) -> None:
        """Have these columns in the tables, in this order, whether or not a row fills them."""
        for table, column in places:
            own = dict.fromkeys((*KEYS[table], *LINKS.get(table, ())))
            self.columns.setdefault(table, own)[column] = None
            self.rows.setdefault(table, {})

    def put(
        self,
        table: str,
        identity: tuple[str | None, ...],
        cells: Mapping[str, str | None],
        *,
        notes: Notes,
        row: int,
    ) -> None:
        """Add what a row says of a thing. A word that was missing is filled in; the first word stands, and
        another one is noted as a difference."""
        kept = self.rows.setdefault(table, {}).setdefault(identity, {})
        for column, text in cells.items():
            if text is not None and kept.setdefault(column, text) != text:
                notes.note(f"differs {table}.{column}", row=row)

    def tables(self) -> dict[str, pa.Table]:
        """The tables, rows ordered by key, every column text."""
        return {table: self._table(table) for table in KEYS if table in self.rows}

    def _table(self, table: str) -> pa.Table:
        columns, keys = list(self.columns[table]), KEYS[table]
        rows = list(self.rows[table].values())
        rows.sort(key=lambda row: [row.get(column, "") for column in (*keys, *columns)])
        if NTH in keys:
            parents: dict[tuple[str | None, ...], int] = {}
            for row in rows:
                parent = tuple(row.get(column) for column in keys if column != NTH)
                parents[parent] = parents.get(parent, 0) + 1
                row[NTH] = str(parents[parent])
        fields = pa.schema([(column, pa.string()) for column in columns])
        return pa.Table.from_pylist([dict(row) for row in rows], schema=fields)
