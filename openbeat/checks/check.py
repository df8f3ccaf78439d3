"""What a check is, and what it may look at."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import ibis.expr.types as ir

from openbeat.agency import Agency, Dataset
from openbeat.checks.spoken import Spoken
from openbeat.engine import Engine
from openbeat.stages import Finding, Mapped, Protected, StagedTable
from openbeat.standards import Standard, Words

PHASES = ("mapped", "protected", "record")
TOLERATED = 0.05  # the share up to which a blocking quality check only warns


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a check may look at; what does not exist yet at a phase is None or empty.

    previous   the body of the release before
    body       the finished body of the manifest, without its documents
    files      name in the release folder -> path on disk
    documents  name -> the document's bytes
    tables     the tables of the phase that runs; `run_checks` fills it
    counted    table -> name -> number, all of them from one query a table; `run_checks` fills it
    """

    agency: Agency
    dataset: Dataset
    standard: Standard
    engine: Engine
    now: datetime
    previous: Mapping[str, Any] | None = None
    mapped: Mapped | None = None
    protected: Protected | None = None
    body: Mapping[str, Any] | None = None
    files: Mapping[str, Path] = field(default_factory=dict)
    documents: Mapping[str, bytes] = field(default_factory=dict)
    tables: Mapping[str, StagedTable] = field(default_factory=dict)
    counted: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def published_tables(self) -> Mapping[str, Mapping[str, Any]]:
        """The tables of the body, by name; none before there is a body."""
        return self.body["tables"] if self.body else {}


def _nothing(staged: StagedTable) -> Mapping[str, ir.Value]:
    return {}


@dataclass(frozen=True, kw_only=True)
class Check:
    """One question to the data, and what to do about the answer.

    key     its id in the published checklist
    level   the gravest that it gives: B blocks, W warns, S scores
    phases  when it runs
    words   what a finding means to somebody who has never seen the data, and what the agency does about it
    find    yields what it finds; a finding that counts nothing is dropped
    counts  numbers that it needs of each table, by names of its own; all checks of a phase share one query
    """

    key: str
    level: str
    phases: tuple[str, ...]
    words: Spoken
    find: Callable[[Subject], Iterable[Finding]]
    counts: Callable[[StagedTable], Mapping[str, ir.Value]] = _nothing

    @property
    def about(self) -> Words:
        """What a finding means."""
        return self.words.about

    @property
    def remedy(self) -> Words:
        """What the agency does about it."""
        return self.words.remedy


def finding(
    check: str,
    level: str,
    says: Words,
    *,
    count: int,
    among: int,
    table: str | None = None,
    field: str | None = None,
    **more: object,
) -> Finding:
    """The finding that `says` tells, its {count}, {among}, {share}, {table}, {field} and {more} filled in."""
    share = f"{100 * count / among:.1f}" if among else "0"
    numbers = {"count": f"{count:,}", "among": f"{among:,}", "share": share, "table": table, "field": field}
    filled = Words(en=_told(says, "en", numbers | more), es=_told(says, "es", numbers | more))
    return Finding(check=check, level=level, table=table, field=field, count=count, among=among, says=filled)


def _told(says: Words, language: str, values: Mapping[str, object]) -> str:
    spoken = {name: one[language] if isinstance(one, Words) else one for name, one in values.items()}
    return says[language].format(**spoken)


def graded(count: int, among: int) -> str:
    """B where more than `TOLERATED` of the rows are hit, else W."""
    return "B" if count > TOLERATED * among else "W"


def where_true(condition: ir.BooleanValue) -> ir.IntegerScalar:
    """How many rows the condition certainly holds for."""
    return condition.fill_null(False).cast("int64").sum()
