"""The extraction: IAPro's rows into the vault, page by page, so that it can stop anywhere and go on."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from openbeat.sources.iapro.catalogue import catalogue
from openbeat.sources.iapro.connection import Source
from openbeat.sources.iapro.course import OPEN, OpenStatus, Work, runs
from openbeat.sources.iapro.pages import questions
from openbeat.sources.iapro.site import Site
from openbeat.sources.iapro.state import Heartbeat, Run, alone, heartbeat, remember
from openbeat.vault import Vault

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
    open_status: OpenStatus = is_open,
    progress: Callable[[Run], None] = lambda run: None,
    wait: Callable[[float], None] = time.sleep,
) -> Pulled:
    """Read what is new or changed into the vault; goes on where an interrupted extraction stopped.

    full      read every incident; done by itself where no full run has finished within `sweep`
    overlap   how far before the last run's start the window of changes begins, from midnight on
    page      incidents that are read and committed together
    open_status   says by STATUS and FIELD_STATUS, as they were last read, which incidents are read again
                  in any case
    vault     None: a dry run, which counts rows, ignores a run under way and writes nothing anywhere
    now       the agency's local time; what a run brings is held as of the moment when it started, or of the
              vault's newest commit, where that is later

    Memory is bounded by one page and the numbers of the incidents. Raises ConnectionLost where the connection
    breaks four times in one page; running again goes on from there.
    """
    began = time.monotonic()
    with alone(state) if vault else nullcontext():
        memory = heartbeat(state)
        work = Work(
            source=source,
            vault=vault,
            ask=questions(site, page=page),
            page=page,
            open_status=open_status,
            clock=partial(_clock, now, began),
            wait=wait,
        )
        run = _next_run(
            memory, vault, now=now, full=full or not work.ask.changed, overlap=overlap, sweep=sweep
        )
        for step in runs(work, run):
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
    lost = vault is not None and OPEN not in held
    overdue = memory.swept is None or now - memory.swept >= sweep
    if full or lost or overdue or memory.finished is None:
        return Run(started=now, full=True)
    since = datetime.combine((memory.finished.started - overlap).date(), datetime.min.time())
    return Run(started=now, full=False, since=since)
