"""What reading one file met on the way: rows refused and oddities, counted, with the first row numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from openbeat.stages import Problem

ROWS_SHOWN = 20


@dataclass(kw_only=True)
class Notes:
    """The running account of one file; `refused` rows are never in the rows that come out."""

    where: str
    refused: Counter[str] = field(default_factory=Counter)
    odd: Counter[str] = field(default_factory=Counter)
    rows: dict[str, list[int]] = field(default_factory=dict)
    unnamed: set[str] = field(default_factory=set)  # columns that had no name in the file

    def refuse(self, kind: str, row: int) -> None:
        """Count a row that is left out."""
        self.refused[kind] += 1
        self.show(kind, row)

    def note(self, kind: str, *, row: int | None = None, count: int = 1) -> None:
        """Count something odd that loses nothing."""
        self.odd[kind] += count
        if row is not None:
            self.show(kind, row)

    def show(self, kind: str, row: int) -> None:
        """Keep the row's number, if it is among the first of its kind."""
        shown = self.rows.setdefault(kind, [])
        if len(shown) < ROWS_SHOWN:
            shown.append(row)

    def problems(self) -> tuple[Problem, ...]:
        """Everything counted, refused rows first."""
        return tuple(
            Problem(where=self.where, kind=kind, count=count, rows=tuple(self.rows.get(kind, ())))
            for counts in (self.refused, self.odd)
            for kind, count in sorted(counts.items())
        )
