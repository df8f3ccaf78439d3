"""The extraction: IAPro's rows into the vault, page by page, so that it can stop anywhere and go on."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

import numpy as np
import pyarrow as pa

from openbeat.errors import ConnectionLost
from openbeat.sources.iapro.catalogue import NUMBER, IaproTable, catalogue
from openbeat.sources.iapro.connection import Source
from openbeat.sources.iapro.pages import (
    PREFIX,
    Numbers,
    Page,
    Questions,
    Rows,
    numbers_after,
    numbers_since,
    questions,
    read_page,
    read_whole,
)
from openbeat.sources.iapro.site import ROOT, Site
from openbeat.sources.iapro.state import Heartbeat, Run, Tally, alone, heartbeat, remember
from openbeat.vault import Held, Vault

T = TypeVar("T")

RECONNECTS = 3
IN_CHAIN = frozenset({"initial entry", "in chain"})
COMPLETED = "completed"


@dataclass(frozen=True, kw_only=True)
class Pulled:
    """What one extraction read, and what became of it; `absent` names tables that cannot be read here."""

    run: Run
    absent: tuple[str, ...]


def is_open(status: str | None, field_status: str | None) -> bool:
    """Whether a case may still change: not completed, or its form still in the chain of supervisors."""
    return _word(status) != COMPLETED or _word(field_status) in IN_CHAIN


def _word(text: str | None) -> str:
    return " ".join((text or "").split()).casefold()


def pull(
    source: Source,
    vault: Vault | None,
    site: Site,
    *,
    state: Path,
    now: datetime,
    full: bool = False,
    overlap: timedelta = timedelta(days=3),
    sweep: timedelta = timedelta(days=30),
    page: int = 20_000,
    open_status: Callable[[str | None, str | None], bool] = is_open,
    progress: Callable[[Run], None] = lambda run: None,
    wait: Callable[[float], None] = time.sleep,
) -> Pulled:
    """Read what is new or changed into the vault; goes on where an interrupted extraction stopped.

    full      read every incident; done by itself where no full run has finished within `sweep`
    overlap   how far before the last run's start the window of changes begins, from midnight on
    page      incidents that are read and committed together
    open_status   says by STATUS and FIELD_STATUS which of the incidents held are read again in any case
    vault     None: a dry run, which counts rows, ignores a run under way and writes nothing anywhere
    now       the agency's local time; what a run brings is held as of the moment when it started

    Memory is bounded by one page and the numbers of the incidents. Raises ConnectionLost where the connection
    breaks four times in one page; running again goes on from there.
    """
    began = time.monotonic()
    with alone(state) if vault else nullcontext():
        memory = heartbeat(state)
        work = _Work(source=source, vault=vault, ask=questions(site, page=page), page=page, wait=wait)
        run = _next_run(
            memory, vault, now=now, full=full or not work.ask.changed, overlap=overlap, sweep=sweep
        )
        for step in _runs(work, run, open_status):
            run = step
            memory = replace(memory, running=run, contact=_clock(now, began))
            if vault:
                remember(state, memory)
            progress(run)
        run = replace(run, ended=_clock(now, began))
        if vault:
            swept = run.started if run.full else memory.swept
            remember(state, replace(memory, running=None, finished=run, swept=swept, contact=run.ended))
    absent = tuple(table.name for table in catalogue().values() if not site.reads(table))
    return Pulled(run=run, absent=absent)


@dataclass(frozen=True, kw_only=True)
class _Work:
    """What every page of one extraction needs."""

    source: Source
    vault: Vault | None
    ask: Questions
    page: int
    wait: Callable[[float], None]


def _clock(now: datetime, began: float) -> datetime:
    return (now + timedelta(seconds=time.monotonic() - began)).replace(microsecond=0)


def _next_run(
    memory: Heartbeat, vault: Vault | None, *, now: datetime, full: bool, overlap: timedelta, sweep: timedelta
) -> Run:
    """The run under way, or a new one: a window if it can be, else everything."""
    held = vault.tables() if vault else ()
    under_way = memory.running
    if vault and under_way and (under_way.full or not full) and (held or not under_way.pages):
        return under_way
    lost = vault is not None and PREFIX + ROOT not in held
    overdue = memory.swept is None or now - memory.swept >= sweep
    if full or lost or overdue or memory.finished is None:
        return Run(started=now, full=True)
    since = datetime.combine((memory.finished.started - overlap).date(), datetime.min.time())
    return Run(started=now, full=False, since=since)


def _runs(work: _Work, run: Run, open_status: Callable[[str | None, str | None], bool]) -> Iterator[Run]:
    """The run after each of its pages, every one of which is one commit in the vault."""
    if not run.pages:
        found = _patiently(work, run, lambda: read_whole(work.source, work.ask, partial(_held, work.vault)))
        run = run.further(after=None, incidents=0, tables=_commit(work, run, found))
        yield run
    window = None if run.full else _window(work, run, open_status)
    held = np.array(sorted(map(int, _held(work.vault, catalogue()[ROOT]))), np.int64)
    last = False
    while not last:
        page, found = _patiently(work, run, partial(_next_page, work, window, held, run.after))
        last = page.last
        if len(page.numbers) or page.vanished:
            after = int(page.numbers[-1]) if len(page.numbers) else run.after
            tables = _commit(work, run, found)
            run = run.further(after=after, incidents=len(page.numbers), tables=tables)
            yield run
    yield from _parted(work, run)


def _window(work: _Work, run: Run, open_status: Callable[[str | None, str | None], bool]) -> Numbers:
    since = run.since or run.started
    changed = _patiently(work, run, lambda: numbers_since(work.source, work.ask, since))
    return np.union1d(changed, _open_numbers(work.vault, open_status))


def _next_page(
    work: _Work, window: Numbers | None, held: Numbers, after: int | None
) -> tuple[Page, list[Rows]]:
    if window is None:
        numbers = numbers_after(work.source, work.ask, after)
        last = len(numbers) < work.page
        # What the vault holds in this stretch and the site no longer has; the last stretch has no end.
        start = 0 if after is None else np.searchsorted(held, after, side="right")
        end = len(held) if last else np.searchsorted(held, numbers[-1], side="right")
        gone = np.setdiff1d(held[start:end], numbers)
        page = Page(numbers=numbers, between=True, vanished=frozenset(map(str, gone.tolist())), last=last)
    else:
        rest = window[0 if after is None else np.searchsorted(window, after, side="right") :]
        page = Page(numbers=rest[: work.page], between=False, last=len(rest) <= work.page)
    return page, read_page(work.source, work.ask, page)


def _commit(work: _Work, run: Run, found: list[Rows]) -> Mapping[str, Tally]:
    """The tallies of a page, after the vault has taken it in one commit."""
    if work.vault is None:
        return {rows.table.name: rows.tally for rows in found}
    counts = work.vault.append({PREFIX + rows.table.name: rows.held for rows in found}, at=run.started)
    return {
        rows.table.name: replace(
            rows.tally, new=count.new, revised=count.revised, gone=count.gone, same=count.same
        )
        for rows in found
        for count in [counts[PREFIX + rows.table.name]]
    }


def _parted(work: _Work, run: Run) -> Iterator[Run]:
    """People whom no incident that is held leads to any more are held no more."""
    if work.vault is None:
        return
    for table in catalogue().values():
        names = (PREFIX + table.name, f"{PREFIX}{table.parent}")
        if table.shared and set(names) <= set(work.vault.tables()):
            people, linked = (work.vault.values(name, table.link) for name in names)
            if people - linked:
                empty = pa.table({table.link: pa.array([], pa.string())})
                held = Held(rows=empty, key=table.key, within=(table.link, people - linked))
                tallies = _commit(work, run, [Rows(table=table, held=held)])
                yield run.further(after=run.after, incidents=0, tables=tallies)


def _held(vault: Vault | None, table: IaproTable) -> frozenset[str]:
    """The values that name the rows which the vault holds of a table."""
    name = PREFIX + table.name
    return vault.values(name, table.key[0]) if vault and name in vault.tables() else frozenset()


def _open_numbers(vault: Vault | None, open_status: Callable[[str | None, str | None], bool]) -> Numbers:
    if vault is None or PREFIX + ROOT not in vault.tables():
        return np.empty(0, np.int64)
    held = vault.rows(PREFIX + ROOT)
    numbers = np.asarray(held[NUMBER].cast(pa.int64()), np.int64)
    states = [
        held[name].to_pylist() if name in held.column_names else [None] * len(numbers)
        for name in ("STATUS", "FIELD_STATUS")
    ]
    known: dict[tuple[str | None, str | None], bool] = {}
    for pair in zip(*states, strict=True):
        if pair not in known:
            known[pair] = open_status(*pair)
    return numbers[[known[pair] for pair in zip(*states, strict=True)]]


def _patiently(work: _Work, run: Run, step: Callable[[], T]) -> T:
    """What the step gives, after up to three new connections."""
    for number in range(RECONNECTS):
        try:
            return step()
        except ConnectionLost:
            work.wait(2.0**number)
    try:
        return step()
    except ConnectionLost as error:
        raise ConnectionLost(
            error.problem,
            where=f"{error.where}, page {run.pages + 1}",
            remedies=[
                f"run it again: it goes on from page {run.pages + 1}, and nothing is lost",
                *error.remedies,
            ],
        ) from None
