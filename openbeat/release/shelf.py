"""The shelf: immutable files under the name of their hash, and one chained manifest for each version.

    shelf/objects/<sha256>.<ext>                       never rewritten, mode 0644
    shelf/manifests/<agency>/<dataset>/00000001.json   "previous" is the sha256 of the manifest before it
    shelf/manifests/<agency>/<dataset>/HEAD            a hint; may lag behind the chain, never runs ahead
    shelf/tmp/                                         all that a killed publisher leaves behind

A version is taken by link(2), which fails when somebody else has it: whoever loses builds again on top.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openbeat.disk import locked, make_folder, plainly, sync, write_new
from openbeat.errors import Retracted, ShelfFault
from openbeat.release.objects import (
    Draft,
    Shelf,
    StoredObject,
    collect_objects,
    new_object,
    object_path,
    open_shelf,
    store_bytes,
    store_file,
)

__all__ = [
    "Draft",
    "Manifest",
    "Published",
    "Shelf",
    "StoredObject",
    "Unchanged",
    "collect_objects",
    "dataset_folder",
    "datasets",
    "head",
    "head_release",
    "history",
    "new_object",
    "object_path",
    "open_shelf",
    "publish",
    "read_hint",
    "read_manifest",
    "read_version",
    "store_bytes",
    "store_file",
    "versions",
]

FORMAT = 1
ENVELOPE = frozenset({"format", "agency", "dataset", "version", "previous", "seal"})
SLUG = re.compile(r"[a-z0-9_]{1,64}")
VERSION = re.compile(r"[0-9]{8}\.json")
HINT = re.compile(r"([1-9][0-9]{0,7}) ([0-9a-f]{64})\n")
TRIES, PAUSE = 1_000, 0.002  # seconds, times the tries so far, up to 20 of them


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """One version of a dataset; `sha256` is of the manifest's own bytes, `body` is what was published."""

    agency: str
    dataset: str
    version: int
    previous: str | None
    sha256: str
    body: Mapping[str, Any]

    @property
    def retracts(self) -> int | None:
        """The version that this one withdraws; None for a release."""
        return self.body["retracts"] if self.body.get("kind") == "retraction" else None


@dataclass(frozen=True, kw_only=True)
class Published:
    """A new version stands on the shelf and outlives a power cut."""

    manifest: Manifest


@dataclass(frozen=True, kw_only=True)
class Unchanged:
    """There was nothing new to publish on top of `manifest`."""

    manifest: Manifest | None


def datasets(shelf: Shelf) -> list[tuple[str, str]]:
    """(agency, dataset) of everything on the shelf, in order; also of what was damaged beyond reading."""
    return sorted(
        (folder.parent.name, folder.name)
        for folder in shelf.manifests.glob("*/*")
        if SLUG.fullmatch(folder.name) and SLUG.fullmatch(folder.parent.name)
        if versions(folder) or (folder / "HEAD").exists()
    )


def dataset_folder(shelf: Shelf, agency: str, dataset: str) -> Path:
    """Where the manifests of a dataset lie; a name that is none is refused."""
    for name in (agency, dataset):
        if not SLUG.fullmatch(name):
            raise ShelfFault(
                "the name of an agency or dataset has other signs than a-z, 0-9 and _, or is too long",
                where=str(shelf.manifests),
                remedies=["use 1 to 64 of the signs a-z, 0-9 and _"],
            )
    return shelf.manifests / agency / dataset


def versions(folder: Path) -> list[int]:
    """The versions whose manifests lie in a dataset's folder, in order."""
    if not folder.is_dir():
        return []
    return sorted(int(path.stem) for path in folder.iterdir() if VERSION.fullmatch(path.name))


def head(shelf: Shelf, agency: str, dataset: str) -> Manifest | None:
    """The newest version, be it a release or a retraction; None before the first."""
    folder = dataset_folder(shelf, agency, dataset)
    hint = read_hint(folder)  # before the list: the other way round, a publisher in between looks like damage
    newest = max(versions(folder), default=0)
    if hint and hint[0] > newest:
        raise ShelfFault(
            f"HEAD names version {hint[0]}, but the manifests end at version {newest}",
            where=str(folder / "HEAD"),
            remedies=[
                "restore the missing manifests from a backup or a mirror",
                f"if they are lost for good, delete HEAD to go on from version {newest}",
            ],
        )
    manifest = read_manifest(shelf, agency, dataset, newest) if newest else None
    if hint and manifest and hint[0] == newest and hint[1] != manifest.sha256:
        raise ShelfFault(
            f"HEAD names another version {newest} than the one that lies here",
            where=str(folder / "HEAD"),
            remedies=[
                f"compare {newest:08}.json with a backup or a mirror, and restore the one that is wrong"
            ],
        )
    return manifest


def history(shelf: Shelf, agency: str, dataset: str) -> Iterator[Manifest]:
    """Every version, newest first, retractions and retracted ones included."""
    newest = head(shelf, agency, dataset)
    if newest:
        yield newest
        for version in range(newest.version - 1, 0, -1):
            yield read_manifest(shelf, agency, dataset, version)


def head_release(shelf: Shelf, agency: str, dataset: str) -> Manifest | None:
    """The newest release that was not retracted."""
    withdrawn: set[int] = set()
    for manifest in history(shelf, agency, dataset):
        if manifest.retracts is not None:
            withdrawn.add(manifest.retracts)
        elif manifest.version not in withdrawn:
            return manifest
    return None


def read_version(shelf: Shelf, agency: str, dataset: str, version: int) -> Manifest:
    """One version, for readers: a retracted one raises Retracted, with the reason that was given."""
    wanted = read_manifest(shelf, agency, dataset, version)
    for later in history(shelf, agency, dataset):
        if later.version <= version:
            break
        if later.retracts == version:
            raise Retracted(
                f"this version was withdrawn: {later.body['reason']}",
                where=f"{agency}/{dataset} version {version}",
                remedies=["read the newest release of the dataset instead"],
            )
    return wanted


def read_manifest(shelf: Shelf, agency: str, dataset: str, version: int) -> Manifest:
    """One version as it lies there, retracted or not; damage raises ShelfFault."""
    path = dataset_folder(shelf, agency, dataset) / f"{version:08}.json"
    try:
        data = path.read_bytes()
        document = json.loads(data)
        known = document["format"] == FORMAT
        sound = _canonical(document) == data and document["seal"] == _seal(document)
    except FileNotFoundError:
        newest = max(versions(path.parent), default=0)
        if 1 <= version <= newest:
            raise _damaged(path, "there is no such version, although there are later ones") from None
        raise ShelfFault(
            "there is no such version" + (f": the newest is {newest}" if newest else ""),
            where=f"{agency}/{dataset} version {version}",
            remedies=["see what is published: openbeat list releases"],
        ) from None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise _damaged(path, "it cannot be read as a manifest") from None
    if not sound:
        raise _damaged(path, "its bytes are not those that were published")
    if not known:
        raise ShelfFault(
            "it is of a format that this openbeat does not know",
            where=str(path),
            remedies=["use a newer openbeat"],
        )
    if (document["agency"], document["dataset"], document["version"]) != (agency, dataset, version):
        raise _damaged(path, "it is the manifest of another version or dataset")
    return _manifest(document, data)


def read_hint(folder: Path) -> tuple[int, str] | None:
    """Version and sha256 that HEAD names; None where it is missing or says nothing."""
    try:
        found = HINT.fullmatch((folder / "HEAD").read_bytes().decode("ascii", "replace"))
    except FileNotFoundError:
        return None
    return (int(found[1]), found[2]) if found else None


def publish(
    shelf: Shelf,
    agency: str,
    dataset: str,
    build: Callable[[Manifest | None], Mapping[str, Any] | None],
) -> Published | Unchanged:
    """A new version with the body that `build(previous)` returns; nothing new where it returns None.

    `build` is called again, on the newer version, whenever another publisher was faster.
    After an error the version may stand or not, but never in part: publish again, and let `build` look.
    """
    folder = dataset_folder(shelf, agency, dataset)
    for tries in range(1, TRIES + 1):
        previous = head(shelf, agency, dataset)
        body = build(previous)
        with plainly(folder):
            if body is None:
                if previous:  # whoever published it may have been killed before it was safe from a power cut
                    sync(folder)
                return Unchanged(manifest=previous)
            if manifest := _claim(shelf, folder, _document(agency, dataset, previous, body)):
                return Published(manifest=manifest)
        time.sleep(random.uniform(0, PAUSE * min(tries, 20)))
    raise ShelfFault(
        f"other publishers were faster {TRIES} times in a row",
        where=f"{agency}/{dataset}",
        remedies=["see which other processes publish this dataset, and run again when they have finished"],
    )


def _document(
    agency: str, dataset: str, previous: Manifest | None, body: Mapping[str, Any]
) -> dict[str, Any]:
    if taken := sorted(ENVELOPE & body.keys()):
        raise _refused(agency, dataset, f"its body sets {', '.join(taken)}, which the shelf sets itself")
    try:
        plain = json.loads(_canonical(body))  # keys that are numbers would sort otherwise when read again
    except (ValueError, TypeError, RecursionError):
        raise _refused(agency, dataset, "its body holds something that is not plain JSON") from None
    sealed = plain | {
        "format": FORMAT,
        "agency": agency,
        "dataset": dataset,
        "version": previous.version + 1 if previous else 1,
        "previous": previous.sha256 if previous else None,
    }
    return {**sealed, "seal": _seal(sealed)}


def _claim(shelf: Shelf, folder: Path, document: dict[str, Any]) -> Manifest | None:
    data = _canonical(document)
    manifest = _manifest(document, data)
    if manifest.version == 1:
        make_folder(folder)
    # Held until the manifest stands: nobody may erase in between what it refers to.
    with new_object(shelf, "json") as draft, locked(shelf.objects, alone=False):
        for name, size in collect_objects(manifest.body).items():
            path = object_path(shelf, name)
            if not path.is_file() or path.stat().st_size != size:
                what = f"it refers to {name}, which is not on the shelf in that size"
                raise _refused(manifest.agency, manifest.dataset, what)
        write_new(draft.path, [data])
        try:
            os.link(draft.path, folder / f"{manifest.version:08}.json")
        except FileExistsError:
            return None
        sync(folder)
    with suppress(OSError), new_object(shelf, "txt") as draft:  # it is published already; HEAD may lag behind
        write_new(draft.path, [f"{manifest.version} {manifest.sha256}\n".encode()])
        draft.path.replace(folder / "HEAD")
    return manifest


def _canonical(document: Mapping[str, Any]) -> bytes:
    text = json.dumps(document, sort_keys=True, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return text.encode() + b"\n"


def _seal(document: Mapping[str, Any]) -> str:
    # Until a next version points at it, only this vouches for the newest one when HEAD lags behind.
    return hashlib.sha256(_canonical({k: v for k, v in document.items() if k != "seal"})).hexdigest()


def _manifest(document: Mapping[str, Any], data: bytes) -> Manifest:
    return Manifest(
        agency=document["agency"],
        dataset=document["dataset"],
        version=document["version"],
        previous=document["previous"],
        sha256=hashlib.sha256(data).hexdigest(),
        body={key: value for key, value in document.items() if key not in ENVELOPE},
    )


def _damaged(path: Path, problem: str) -> ShelfFault:
    return ShelfFault(
        problem,
        where=str(path),
        remedies=["restore it from a backup or a mirror", "see what else is damaged: verify the shelf"],
    )


def _refused(agency: str, dataset: str, problem: str) -> ShelfFault:
    return ShelfFault(
        f"the manifest cannot be published: {problem}",
        where=f"{agency}/{dataset}",
        remedies=["store every file first, refer to it as StoredObject.reference does, and publish again"],
    )
