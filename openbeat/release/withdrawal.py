"""Withdrawing a version, erasing its bytes, and sweeping up what no manifest refers to."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from openbeat.disk import locked, plainly, sync
from openbeat.errors import ShelfFault
from openbeat.release.objects import OBJECT, Shelf, collect_objects, object_path
from openbeat.release.shelf import (
    Manifest,
    Published,
    Unchanged,
    datasets,
    history,
    publish,
    read_manifest,
)


@dataclass(frozen=True, kw_only=True)
class References:
    """Names of objects: what a standing version needs, what only is kept, what was to be erased."""

    needed: frozenset[str]
    kept: frozenset[str]  # of versions that were retracted, but not to be erased
    erased: frozenset[str]

    @property
    def required(self) -> frozenset[str]:
        """What must be there."""
        return self.needed | (self.kept - self.erased)

    @property
    def doomed(self) -> frozenset[str]:
        """What must not be there."""
        return self.erased - self.needed


def retract(
    shelf: Shelf,
    agency: str,
    dataset: str,
    *,
    version: int,
    reason: str,
    erase: bool,
    by: str,
    now: datetime,
) -> Published | Unchanged:
    """A new version that withdraws an earlier one and, with `erase`, the end of its bytes.

    Erased is what no standing version of any dataset refers to. Killed half-way: run it again, or sweep.
    """
    must_be_retractable(shelf, agency, dataset, version=version, reason=reason, by=by)

    def build(previous: Manifest | None) -> dict[str, Any] | None:
        erased = retractions(history(shelf, agency, dataset)).get(version)
        if erased or (erased is False and not erase):
            return None
        said = {"reason": reason, "erase": erase, "by": by, "at": now.isoformat()}
        return {"kind": "retraction", "retracts": version, **said}

    done = publish(shelf, agency, dataset, build)
    if erase:
        with plainly(shelf.objects), locked(shelf.objects, alone=True):
            _remove(shelf, references(chains(shelf)).doomed)
    return done


def must_be_retractable(
    shelf: Shelf, agency: str, dataset: str, *, version: int, reason: str, by: str
) -> None:
    """Raises ShelfFault unless there is such a release and somebody says why and who decided it."""
    where = f"{agency}/{dataset} version {version}"
    if not reason.strip():
        raise ShelfFault("nothing is retracted without a reason", where=where, remedies=["say why"])
    if not by.strip():
        raise ShelfFault("nobody is named who decided it", where=where, remedies=["say who"])
    if read_manifest(shelf, agency, dataset, version).retracts is not None:
        remedies = ["name the version of a release"]
        raise ShelfFault("a retraction cannot be retracted", where=where, remedies=remedies)


def retractions(manifests: Iterable[Manifest]) -> dict[int, bool]:
    """The versions that were retracted, and whether their objects were to be erased."""
    found: dict[int, bool] = {}
    for manifest in manifests:
        if manifest.retracts is not None:
            found[manifest.retracts] = found.get(manifest.retracts, False) or manifest.body["erase"]
    return found


def chains(shelf: Shelf) -> list[list[Manifest]]:
    """The whole history of every dataset, newest first; damage raises ShelfFault."""
    return [list(history(shelf, agency, dataset)) for agency, dataset in datasets(shelf)]


def references(histories: Iterable[list[Manifest]]) -> References:
    """What the manifests of these histories say about objects."""
    needed, kept, erased = set[str](), set[str](), set[str]()
    for manifests in histories:
        withdrawn = retractions(manifests)
        for manifest in manifests:
            fate = withdrawn.get(manifest.version)
            (needed if fate is None else erased if fate else kept).update(collect_objects(manifest.body))
    return References(needed=frozenset(needed), kept=frozenset(kept), erased=frozenset(erased))


def sweep(shelf: Shelf, older_than: timedelta) -> tuple[str, ...]:
    """What was removed: rubbish and unreferenced objects of that age, and whatever was to be erased.

    Choose an age longer than any publisher runs: what is young may be about to be referred to.
    """
    latest = time.time() - older_than.total_seconds()
    with plainly(shelf.root), locked(shelf.objects, alone=True):
        known = references(chains(shelf))
        rubbish = [path for path in shelf.tmp.iterdir() if _touched(path) <= latest]
        for path in rubbish:
            path.unlink(missing_ok=True)
        old = {path.name for path in shelf.objects.iterdir() if _touched(path) <= latest}
        loose = {name for name in old - known.required if OBJECT.fullmatch(name)}
        gone = _remove(shelf, loose | known.doomed)
    return tuple(sorted([f"tmp/{path.name}" for path in rubbish] + [f"objects/{name}" for name in gone]))


def _touched(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:  # its publisher has just moved it to its place
        return time.time()


def _remove(shelf: Shelf, names: Iterable[str]) -> list[str]:
    there = [name for name in names if object_path(shelf, name).exists()]
    for name in there:
        object_path(shelf, name).unlink()
    sync(shelf.objects)
    return there
