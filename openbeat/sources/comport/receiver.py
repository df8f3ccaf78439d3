"""Runs of an extractor: what is asked for, what came, and what becomes of the rows held before."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any

from openbeat.disk import sync, write_new
from openbeat.errors import RefusedDelivery
from openbeat.sources.comport.book import Book, Incident, Run, noted_run, read_book, settled
from openbeat.sources.comport.delivery import Cells, Delivery, read_delivery, read_json, refused
from openbeat.sources.comport.schema import DATASETS, INCIDENT
from openbeat.sources.comport.tables import (
    POSTS,
    RUNS,
    SENT,
    Name,
    held,
    names_of,
    noted,
    table_of,
    write_names,
)
from openbeat.vault import Held, Vault

HEARTBEAT = {"heartbeat": "heartbeat"}


class Receiver:
    """Keeps what an extractor hands in; may be called by several threads.

    vault     where to; only one receiver at a time may keep its books there
    contact   a file that says when the extractor was last heard of, for whoever watches for silence
    first     the month, such as 2016-05, to ask for at the first heartbeat; else it goes on from the last run
    expected  the datasets that the agency's extractor sends
    say       told what happened: datasets, counts, and why something was refused; nothing that a row holds

    A heartbeat asks for the month of the one before, until a run was whole: all of its deliveries were kept,
    and it had every dataset expected, if only an empty list. Then it asks for the month in which that run
    began, for rows of the rest of that month; those that come again change nothing. A run is also asked for
    again after a restart of ours in the middle of it: what was sent while nobody listened would be missing.

    A delivery that comes again in its run changes nothing either. An extractor that sends equal rows of one
    incident on purpose has to send them in deliveries that differ.
    """

    def __init__(
        self,
        vault: Vault,
        contact: Path,
        *,
        first: str | None = None,
        expected: Collection[str] = DATASETS,
        now: Callable[[], datetime] = datetime.now,
        say: Callable[[str], None] = lambda line: None,
    ) -> None:
        self._vault, self._contact, self._first = vault, contact, first
        self._expected, self._now, self._say = frozenset(expected), now, say
        self._lock = Lock()
        self._book: Book | None = None
        self._trouble = False  # whether something was lost since the last heartbeat

    def heartbeat(self, body: bytes) -> Mapping[str, Any]:
        """Begins a run; returns the reply, with the month and year to hand in rows from.

        Raises RefusedDelivery for another body than the protocol's
        """
        if read_json(body, "data/heartbeat") != HEARTBEAT:
            raise refused("data/heartbeat", f"the body must be {json.dumps(HEARTBEAT)}")
        with self._lock:
            book = self._opened()
            at, last = max(self._now(), book.at), book.run
            asked = self._first or last.asked
            if not self._first and last.whole and not self._trouble and self._expected <= book.datasets:
                asked = _month(last.began)
            run = Run(number=last.number + 1, began=at, asked=asked)
            tables, names = settled(self._vault, book)
            self._append({**tables, RUNS: noted_run(run)}, at)
            self._book = Book(run=run, at=at, begun_here=True, names=names)
            self._first, self._trouble = None, False
            self._heard(f"run {run.number} begins; rows are asked for from {asked}")
        year, month = asked.split("-")
        return {"received": HEARTBEAT, "nextMonth": int(month), "nextYear": int(year)}

    def deliver(self, dataset: str, body: bytes) -> Mapping[str, int]:
        """Keeps all rows of a delivery; returns the reply, how many were added and updated.

        added    rows of incidents not held before; updated: the others
        Raises RefusedDelivery where one row cannot be kept; then none was.
        """
        with self._lock:
            try:
                return self._keep(read_delivery(dataset, body))
            except RefusedDelivery as error:
                self._spoil(f"{error.where}: refused, nothing of it was kept: {error.problem}")
                raise
            except BaseException:
                self._trouble = True
                raise

    def missed(self) -> None:
        """Says that a delivery came which could not be read to its end, so that the run is not whole."""
        with self._lock:
            self._spoil("data: a delivery could not be read to its end; nothing of it was kept")

    def _keep(self, delivery: Delivery) -> Mapping[str, int]:
        book, dataset = self._opened(), delivery.dataset
        run, said = book.run, f"run {book.run.number}, {dataset}: {len(delivery.rows)} rows"
        if reply := book.posts.get((dataset, delivery.digest)):
            self._heard(f"{said}, which had come before")
            return reply
        incidents: dict[Incident, list[Cells]] = defaultdict(list)
        for row in delivery.rows:
            incidents[dataset, row[INCIDENT] or ""].append(row)
        reply = {
            "added": sum(len(rows) for one, rows in incidents.items() if not book.names.get(one)),
            "updated": sum(len(rows) for one, rows in incidents.items() if book.names.get(one)),
        }
        at = max(self._now(), book.at)
        run.whole = run.whole and book.begun_here and not self._trouble
        sent, names, instead = {}, {}, set()
        rows: list[tuple[Name, Cells]] = []
        for incident, cells in incidents.items():
            earlier, before = book.sent.get(incident, ()), book.names.get(incident, ())
            new = names_of(cells, earlier)
            rows += zip(new, cells, strict=True)
            sent[incident] = (*earlier, *new)
            names[incident] = tuple(dict.fromkeys((*before, *sent[incident])))
            if not earlier and len(names[incident]) > len(before) and set(before) - set(new):
                # Something changed, so what was held gives way at once. If rows that are as they were come
                # alone, the rest may follow in the next delivery: what is left over waits for the run's end.
                instead.add(incident[1])
                names[incident] = sent[incident]
        tables = {
            RUNS: noted_run(run),
            POSTS: noted(POSTS, [_post(run, delivery, reply)]),
            SENT: noted(SENT, [_sent(run, one, sent[one], names[one]) for one in sent]),
        }
        if rows:
            tables[table_of(dataset)] = held(dataset, rows, instead=instead)
        self._append(tables, at)
        book.at = at
        book.names |= names
        book.sent |= sent
        book.posts[dataset, delivery.digest] = reply
        strange = ", ".join(sorted(delivery.strange))
        self._heard(
            f"{said}, {reply['added']} added, {reply['updated']} updated"
            + (f"; kept although the protocol does not know them: {strange}" if strange else "")
        )
        return reply

    def _opened(self) -> Book:
        if self._book is None:
            self._book = read_book(self._vault, Run(number=0, began=self._now(), asked=_month(self._now())))
        return self._book

    def _append(self, tables: Mapping[str, Held], at: datetime) -> None:
        try:
            self._vault.append(tables, at=self._vault.no_earlier(at))
        except BaseException:
            self._book = None  # the commit may stand or not: only the vault can tell
            raise

    def _spoil(self, line: str) -> None:
        self._trouble = True
        self._say(line)
        book = self._opened()
        if book.run.whole:
            book.run.whole = False
            book.at = max(self._now(), book.at)
            self._append({RUNS: noted_run(book.run)}, book.at)
        self._note_contact()

    def _heard(self, line: str) -> None:
        self._say(line)
        self._note_contact()

    def _note_contact(self) -> None:
        book = self._opened()
        rows: dict[str, int] = defaultdict(int)
        for (dataset, _), reply in book.posts.items():
            rows[dataset] += sum(reply.values())
        state = {
            "last_contact": self._now().isoformat(timespec="seconds"),
            "run": book.run.number,
            "asked_from": book.run.asked,
            "rows": dict(sorted(rows.items())),
            "missing": sorted(self._expected - book.datasets),
            "whole": book.run.whole,
        }
        draft = self._contact.with_name(f".{self._contact.name}.new")
        draft.unlink(missing_ok=True)
        write_new(draft, [json.dumps(state, indent=2).encode()], mode=0o600)
        draft.replace(self._contact)
        sync(self._contact.parent)


def _month(moment: datetime) -> str:
    return f"{moment:%Y-%m}"


def _post(run: Run, delivery: Delivery, reply: Mapping[str, int]) -> dict[str, str | None]:
    return {
        "run": run.key,
        "dataset": delivery.dataset,
        "digest": delivery.digest,
        "added": str(reply["added"]),
        "updated": str(reply["updated"]),
        "strange": " ".join(sorted(delivery.strange)) or None,
    }


def _sent(
    run: Run, incident: Incident, sent: tuple[Name, ...], names: tuple[Name, ...]
) -> dict[str, str | None]:
    part = write_names(sent) if set(names) - set(sent) else None
    return {"dataset": incident[0], INCIDENT: incident[1], "run": run.key, "part": part}
