"""Datasets and their versions as they lie on the shelf; what was read once is kept, for it never changes."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from openbeat.errors import ShelfFault
from openbeat.release import shelf as store
from openbeat.release.objects import Shelf
from openbeat.release.shelf import Manifest

log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class Version:
    """One link of the chain: a release, or the withdrawal of one."""

    number: int
    sha256: str
    issued: str | None
    rows: int
    changes: Mapping[str, Any]
    retracts: int | None = None
    reason: str | None = None
    withdrawn: str | None = None  # why this release was withdrawn later


@dataclass(frozen=True, kw_only=True)
class Dataset:
    """A dataset with all its versions, newest first; `release` is the newest that was not withdrawn."""

    agency: str
    key: str
    versions: tuple[Version, ...]
    release: Manifest | None

    @property
    def parts(self) -> dict[str, str]:
        """What its address is made of."""
        return {"agency": self.agency, "dataset": self.key}

    def version(self, number: int) -> Version | None:
        """The version of that number."""
        return next((one for one in self.versions if one.number == number), None)


def all_datasets(shelf: Shelf) -> tuple[tuple[Dataset, ...], tuple[tuple[str, str], ...]]:
    """Every dataset that can be read, and the agency and key of those that are damaged."""
    sound, damaged = [], []
    for agency, key in store.datasets(shelf):
        try:
            if found := one_dataset(shelf, agency, key):
                sound.append(found)
        except ShelfFault as fault:
            log.error("%s", fault)
            damaged.append((agency, key))
    return tuple(sound), tuple(damaged)


def published(shelf: Shelf) -> Iterator[tuple[Dataset, Manifest]]:
    """Every dataset that has a standing release, with it."""
    for dataset in all_datasets(shelf)[0]:
        if dataset.release:
            yield dataset, dataset.release


def one_dataset(shelf: Shelf, agency: str, key: str) -> Dataset | None:
    """The dataset, or None where there is none of that name; damage raises ShelfFault."""
    if not (store.SLUG.fullmatch(agency) and store.SLUG.fullmatch(key)):
        return None
    newest = max(store.versions(store.dataset_folder(shelf, agency, key)), default=0)
    return _dataset(shelf.root, agency, key, newest) if newest else None


@lru_cache(maxsize=1_000)
def _dataset(root: Path, agency: str, key: str, newest: int) -> Dataset:
    withdrawn: dict[int, str] = {}
    versions: list[Version] = []
    release = None
    for manifest in store.history(Shelf(root=root), agency, key):
        if manifest.retracts is not None:
            withdrawn[manifest.retracts] = manifest.body["reason"]
        elif release is None and manifest.version not in withdrawn:
            release = manifest
        versions.append(_version(manifest, withdrawn.get(manifest.version)))
    return Dataset(agency=agency, key=key, versions=tuple(versions), release=release)


def _version(manifest: Manifest, withdrawn: str | None) -> Version:
    body = manifest.body
    return Version(
        number=manifest.version,
        sha256=manifest.sha256,
        issued=body.get("issued") or body.get("at"),
        rows=sum(table["rows"] for table in body.get("tables", {}).values()),
        changes=body.get("changes") or {},
        retracts=manifest.retracts,
        reason=body.get("reason") if manifest.retracts is not None else None,
        withdrawn=withdrawn,
    )


@lru_cache(maxsize=64)
def release_of(root: Path, agency: str, key: str, number: int) -> Manifest:
    """One version as it was published."""
    return store.read_manifest(Shelf(root=root), agency, key, number)
