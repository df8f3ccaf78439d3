"""What an extraction remembers between runs: one small JSON file without anything about anybody.

It holds how far a run has come, when the last one succeeded and how many rows there were, and so serves as
the heartbeat. Losing it costs one full read and nothing else.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from openbeat.disk import locked, plainly, sync, write_new
from openbeat.errors import OpenBeatError, WrongSettings


@dataclass(frozen=True, kw_only=True)
class Tally:
    """What became of the rows of one table.

    unkeyed   rows without a value in a column that names them: left out
    astray    rows of an incident that was not there when its page was read: left out, read again next time
    """

    read: int = 0
    new: int = 0
    revised: int = 0
    gone: int = 0
    same: int = 0
    unkeyed: int = 0
    astray: int = 0

    def plus(self, other: Tally) -> Tally:
        """Both together."""
        ours, theirs = asdict(self), asdict(other)
        return Tally(**{name: ours[name] + theirs[name] for name in ours})


@dataclass(frozen=True, kw_only=True)
class Run:
    """One extraction, so far: `started` is also the moment under which the vault holds what it brought.

    full      every incident; otherwise those that changed since `since` or were not completed
    pages     finished so far; each of the first is a table that is read as a whole
    after     the last incident number that is finished
    """

    started: datetime
    full: bool
    since: datetime | None = None
    pages: int = 0
    after: int | None = None
    incidents: int = 0
    tables: Mapping[str, Tally] = field(default_factory=dict)
    ended: datetime | None = None

    @property
    def rows(self) -> int:
        """Rows read from the server."""
        return sum(tally.read for tally in self.tables.values())

    def further(self, *, after: int | None, incidents: int, tables: Mapping[str, Tally]) -> Run:
        """The run after one more page."""
        together = {name: self.tables.get(name, Tally()).plus(tally) for name, tally in tables.items()}
        return replace(
            self,
            pages=self.pages + 1,
            after=after,
            incidents=self.incidents + incidents,
            tables={**self.tables, **together},
        )


@dataclass(frozen=True, kw_only=True)
class Heartbeat:
    """When the database was last reached, what is under way, and what last succeeded.

    swept   when the last full run started
    """

    contact: datetime | None = None
    running: Run | None = None
    finished: Run | None = None
    swept: datetime | None = None


def heartbeat(state: Path) -> Heartbeat:
    """What the file says; nothing at all where there is none.

    Raises WrongSettings where it is not what an extraction wrote.
    """
    try:
        said = json.loads(state.read_text("utf-8"))
        return Heartbeat(
            contact=_moment(said["contact"]),
            running=_run(said["running"]),
            finished=_run(said["finished"]),
            swept=_moment(said["swept"]),
        )
    except FileNotFoundError:
        return Heartbeat()
    except (ValueError, KeyError, TypeError, AttributeError):
        raise WrongSettings(
            "is not what an extraction wrote",
            where=str(state),
            remedies=["delete it: the next extraction then reads everything once, and loses nothing"],
        ) from None


def remember(state: Path, said: Heartbeat) -> None:
    """Write the file, whole or not at all."""
    text = json.dumps(asdict(said), default=_plain, indent=1)
    with plainly(state, OpenBeatError):
        half = state.with_name(f".{state.name}.half")
        half.unlink(missing_ok=True)
        write_new(half, [text.encode()], mode=0o600)
        half.replace(state)
        sync(state.parent)


@contextmanager
def alone(state: Path) -> Iterator[None]:
    """No other extraction goes on with this file meanwhile. Raises OpenBeatError where one does."""
    lock = state.with_name(f".{state.name}.lock")
    with plainly(state, OpenBeatError):
        state.parent.mkdir(parents=True, exist_ok=True)
        lock.touch(mode=0o600)
    try:
        with locked(lock, alone=True, patience=0):
            yield
    except BlockingIOError:
        raise OpenBeatError(
            "another extraction is under way", where=str(state), remedies=["wait until it is finished"]
        ) from None


def _plain(value: object) -> str:
    assert isinstance(value, datetime)
    return value.isoformat()


def _moment(said: str | None) -> datetime | None:
    return None if said is None else datetime.fromisoformat(said)


def _run(said: Mapping[str, Any] | None) -> Run | None:
    if said is None:
        return None
    moments = {name: _moment(said[name]) for name in ("started", "since", "ended")}
    tables = {name: Tally(**tally) for name, tally in said["tables"].items()}
    return Run(**{**said, **moments, "tables": tables})
