"""What the vault holds of an extractor's runs, as far as the next delivery needs it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pyarrow as pa

from openbeat.sources.comport.schema import DATASETS, INCIDENT
from openbeat.sources.comport.tables import (
    EVENT,
    KEY,
    POSTS,
    RUNS,
    SENT,
    Name,
    noted,
    read_names,
    table_of,
)
from openbeat.vault import Held, Vault

Incident = tuple[str, str]  # its dataset and opaqueId


@dataclass(kw_only=True)
class Run:
    """From one heartbeat to the next; number 0 is what comes before the first.

    asked   the month, such as 2016-05, from which rows were asked for
    whole   whether nothing that was sent in it is known to be lost
    """

    number: int
    began: datetime
    asked: str
    whole: bool = True

    @property
    def key(self) -> str:
        """The number as text, in the order of numbers."""
        return f"{self.number:08}"


@dataclass(kw_only=True)
class Book:
    """A run, and what is held.

    at           when the vault was last given something
    begun_here   whether this process has been there since the run began
    names        the rows held of each incident
    sent         those of them that the run sent, of each incident that it sent
    posts        the replies to the run's deliveries, by dataset and digest
    """

    run: Run
    at: datetime
    begun_here: bool
    names: dict[Incident, tuple[Name, ...]] = field(default_factory=dict)
    sent: dict[Incident, tuple[Name, ...]] = field(default_factory=dict)
    posts: dict[tuple[str, str], Mapping[str, int]] = field(default_factory=dict)

    @property
    def datasets(self) -> frozenset[str]:
        """The datasets of which something came in the run, if only an empty list."""
        return frozenset(dataset for dataset, _ in self.posts)


def read_book(vault: Vault, before: Run) -> Book:
    """The book as the vault has it; `before` stands for the run in a vault that has none yet."""
    runs = _rows(vault, RUNS)
    if not runs:
        return Book(run=before, at=before.began, begun_here=True)
    last = runs[-1]  # in the order of the key
    run = Run(
        number=int(last["run"]),
        began=datetime.fromisoformat(last["began"]),
        asked=last["asked"],
        whole=last["whole"] == "yes",
    )
    posts = _rows(vault, POSTS)
    book = Book(run=run, at=max(one["_revised"] for one in (*runs, *posts)), begun_here=False)
    for post in posts:
        if post["run"] == run.key:
            reply = {"added": int(post["added"]), "updated": int(post["updated"])}
            book.posts[post["dataset"], post["digest"]] = reply
    for dataset in DATASETS:
        if table_of(dataset) in vault.tables():
            found: dict[Incident, list[Name]] = defaultdict(list)
            columns = (column.to_pylist() for column in vault.rows(table_of(dataset)).select(KEY).columns)
            for incident, digest, number in zip(*columns, strict=True):
                found[dataset, incident].append((digest, number))
            book.names |= {incident: tuple(names) for incident, names in found.items()}
    for one in _rows(vault, SENT):
        if one["run"] == run.key:
            incident = one["dataset"], one[INCIDENT]
            book.sent[incident] = tuple(read_names(one["part"])) if one["part"] else book.names[incident]
    return book


def noted_run(run: Run) -> Held:
    """The run, for the vault's table of runs."""
    row = {"run": run.key, "began": run.began.isoformat(), "asked": run.asked}
    return noted(RUNS, [{**row, "whole": "yes" if run.whole else "no"}])


def settled(vault: Vault, book: Book) -> tuple[Mapping[str, Held], dict[Incident, tuple[Name, ...]]]:
    """What to append at the run's end, and the rows then held: what it left out of its incidents goes."""
    ended = {one: names for one, names in book.sent.items() if set(book.names[one]) - set(names)}
    tables: dict[str, Held] = {}
    for dataset in sorted({dataset for dataset, _ in ended}):
        rows = vault.rows(table_of(dataset)).drop_columns(["_event", "_known", "_revised"])
        keys = zip(*(rows[name].to_pylist() for name in KEY), strict=True)
        stay = [(digest, number) in ended.get((dataset, incident), ()) for incident, digest, number in keys]
        tables[table_of(dataset)] = Held(
            rows=rows.filter(pa.array(stay, pa.bool_())),
            key=KEY,
            event=EVENT,
            within=(INCIDENT, frozenset(incident for one, incident in ended if one == dataset)),
        )
    if ended:
        done = [{"dataset": one, INCIDENT: incident, "run": book.run.key} for one, incident in ended]
        tables[SENT] = noted(SENT, [{**row, "part": None} for row in done])
    return tables, book.names | ended


def _rows(vault: Vault, table: str) -> list[dict[str, Any]]:
    return vault.rows(table).to_pylist() if table in vault.tables() else []
