"""The course of a run: page after page, each of them one commit in the vault."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
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
    read_page,
    read_whole,
)
from openbeat.sources.iapro.site import ROOT
from openbeat.sources.iapro.state import Run, Tally
from openbeat.vault import Held, Vault

T = TypeVar("T")
OpenStatus = Callable[[str | None, str | None], bool]

RECONNECTS = 3
OPEN = f"{PREFIX}_OPEN"  # the vault's table of incidents that were not completed when they were last read


@dataclass(frozen=True, kw_only=True)
class Work:
    """What every page of one extraction needs."""

    source: Source
    vault: Vault | None
    ask: Questions
    page: int
    open_status: OpenStatus
    clock: Callable[[], datetime]
    wait: Callable[[float], None]


def runs(work: Work, run: Run) -> Iterator[Run]:
    """The run after each of its pages, every one of which is one commit in the vault."""
    resumed = run.pages > 0
    for name in list(work.ask.wholes)[run.pages :]:
        read = partial(_read_whole, work, name)
        run = run.further(after=None, incidents=0, tables=_commit(work, run, _patiently(work, run, read)))
        yield run
    window = None if run.full else _window(work, run)
    known = np.array(sorted(map(int, _held(work.vault, catalogue()[ROOT]))), np.int64)
    last = False
    while not last:
        page, found = _patiently(work, run, partial(_next_page, work, window, known, run.after))
        last = page.last
        if len(page.numbers) or page.vanished:
            after = int(page.numbers[-1]) if len(page.numbers) else run.after
            tables = _commit(work, run, found)
            del found  # so that there is never more than one page in memory
            run = run.further(after=after, incidents=len(page.numbers), tables=tables)
            yield run
    yield from _parted(work, run, resumed=resumed)


def _read_whole(work: Work, name: str) -> list[Rows]:
    return [read_whole(work.source, work.ask, name, _held(work.vault, catalogue()[name]))]


def _window(work: Work, run: Run) -> Numbers:
    since = run.since or run.started
    changed = _patiently(work, run, lambda: numbers_since(work.source, work.ask, since))
    still_open = work.vault.values(OPEN, NUMBER) if work.vault and OPEN in work.vault.tables() else ()
    return np.union1d(changed, np.array([int(number) for number in still_open], np.int64))


def _next_page(
    work: Work, window: Numbers | None, held: Numbers, after: int | None
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


def _commit(work: Work, run: Run, found: list[Rows]) -> Mapping[str, Tally]:
    """The tallies of a page, after the vault has taken it in one commit."""
    if work.vault is None:
        return {rows.table.name: rows.tally for rows in found}
    tables = {PREFIX + rows.table.name: rows.held for rows in found}
    if incidents := tables.get(PREFIX + ROOT):
        tables[OPEN] = _open_cases(incidents, work.open_status)
    # Another source may have appended since: an export, an extractor, or an hour that the clock had twice.
    counts = work.vault.append(tables, at=work.vault.no_earlier(run.started, now=work.clock()))
    return {
        rows.table.name: replace(
            rows.tally, new=count.new, revised=count.revised, gone=count.gone, same=count.same
        )
        for rows in found
        for count in [counts[PREFIX + rows.table.name]]
    }


def _parted(work: Work, run: Run, *, resumed: bool) -> Iterator[Run]:
    """People whom no incident that is held leads to any more are held no more."""
    if work.vault is None:
        return
    for table in catalogue().values():
        names = (PREFIX + table.name, f"{PREFIX}{table.parent}")
        links = run.tables.get(str(table.parent), Tally())
        # A page that was read twice after a crash counts what it undid as done before.
        undone = links.gone or links.revised or resumed
        if table.shared and undone and set(names) <= set(work.vault.tables()):
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


def _open_cases(incidents: Held, open_status: OpenStatus) -> Held:
    """Which of a page's incidents the next window reads again, as a table of numbers alone.

    Kept beside the incidents, so that a window need not go through everything that the vault holds.
    """
    rows = incidents.rows
    states = [
        rows[name].to_pylist() if name in rows.column_names else [None] * len(rows)
        for name in ("STATUS", "FIELD_STATUS")
    ]
    still = pa.array([open_status(*said) for said in zip(*states, strict=True)], pa.bool_())
    return Held(rows=rows.select([NUMBER]).filter(still), key=(NUMBER,), within=incidents.within)


def _patiently(work: Work, run: Run, step: Callable[[], T]) -> T:
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
