"""The five stages that a dataset passes through: Raw, Mapped, Checked, Protected, Release.

Each is frozen. Only `protect/` makes a `Protected`; `release/` accepts nothing else.
A table is an Ibis expression over whichever engine runs; nothing else crosses a wall between rooms.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from openbeat.standards.words import Words

if TYPE_CHECKING:
    import ibis.expr.types as ir

    from openbeat.standards import Standard, Table


REDUCED = "reduced_detail"  # the column that says why a row says less than others


@dataclass(frozen=True, kw_only=True)
class RawFile:
    """A file that rows came from: what it was called, and proof of what was in it."""

    name: str
    sha256: str
    bytes: int
    rows: int
    columns: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something odd that reading or mapping met, counted; never a value of a record."""

    where: str
    kind: str
    count: int
    rows: tuple[int, ...] = ()  # the first row numbers, for the clerk


@dataclass(frozen=True, kw_only=True)
class Raw:
    """Rows as the agency wrote them: text or nothing, with file and row number.

    `rows_read` = rows kept, before unpacking, + the sums of `refused` and `gated`.
    """

    parquet: Path
    files: tuple[RawFile, ...]
    columns: tuple[str, ...]
    rows_read: int  # data rows seen, the refused ones included
    rows_made: int  # rows in the Parquet file: kept, and unpacked where cells held several values
    refused: Mapping[str, int] = field(default_factory=dict)  # reason -> source rows
    gated: Mapping[str, int] = field(default_factory=dict)  # reason -> rows of cases not yet releasable
    pending: Mapping[str, int] = field(default_factory=dict)  # state of review -> cases that must wait
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Crossword:
    """What one of the agency's own words was taken to mean, and how often it stood there."""

    field: str
    word: str
    meaning: str | None  # a code of the standard; None: ignored, for the reason given
    rows: int
    reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Account:
    """Where every row went. `read + unpacked = published + withheld + refused`, always."""

    read: int
    unpacked: int  # rows that unpacking added to those read
    refused: Mapping[str, int]  # reason -> rows
    withheld: Mapping[str, int] = field(default_factory=dict)  # reason -> rows
    published: int = 0
    coarsened: Mapping[str, int] = field(default_factory=dict)  # reason -> rows published with less detail

    @property
    def adds_up(self) -> bool:
        """Whether no row is unaccounted for."""
        went = self.published + sum(self.withheld.values()) + sum(self.refused.values())
        return self.read + self.unpacked == went


@dataclass(frozen=True, kw_only=True)
class StagedTable:
    """One table of a dataset on its way, with what was said about it so far."""

    standard: Table
    rows: ir.Table
    account: Account
    pending: Mapping[str, int] = field(default_factory=dict)  # state of review -> cases that must wait
    files: tuple[RawFile, ...] = ()
    problems: tuple[Problem, ...] = ()
    crosswords: tuple[Crossword, ...] = ()
    ignored_columns: Mapping[str, str] = field(default_factory=dict)  # the agency's column -> why
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # field -> the agency's columns


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a check found: how many of how many, and whether that blocks, warns or scores."""

    check: str
    level: str  # B blocks, W warns, S scores
    table: str | None
    field: str | None
    count: int
    among: int
    says: Words
    accepted: str | None = None  # the agency's written reason to publish all the same

    @property
    def blocks(self) -> bool:
        """Whether nothing may be published because of it."""
        return self.level == "B" and self.count > 0 and self.accepted is None


@dataclass(frozen=True, kw_only=True)
class Mapped:
    """The agency's words in the standard's words; the crosswords keep what stood for what."""

    standard: Standard
    tables: Mapping[str, StagedTable]


@dataclass(frozen=True, kw_only=True)
class Checked:
    """Mapped rows with what the checks found; nothing was repaired in silence."""

    mapped: Mapped
    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True)
class DerivedTable:
    """A statistic computed inside the agency, small cells suppressed."""

    key: str
    rate: str  # the rate that it breaks down; tables of one rate have their totals in common
    of: str  # the table whose rows it counts
    title: Words
    caution: Words
    rows: tuple[Mapping[str, object], ...]


@dataclass(frozen=True, kw_only=True)
class Protected:
    """Rows and derived tables that are fit to leave the agency, with the account of what was taken."""

    standard: Standard
    tables: Mapping[str, StagedTable]
    derived: tuple[DerivedTable, ...]
    findings: tuple[Finding, ...]
    policy: Mapping[str, object]  # what was done, without keys


@dataclass(frozen=True, kw_only=True)
class Release:
    """One immutable version of a dataset: what the public side can read."""

    agency: str
    dataset: str
    version: int
    manifest: Mapping[str, Any]
    new: bool  # False: nothing had changed, so that nothing was published
