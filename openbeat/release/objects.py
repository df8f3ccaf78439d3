"""Files on the shelf, each under the name of its own hash.

A manifest refers to one as {"object": "<sha256>.<ext>", "bytes": n}, anywhere in its body.
"""

from __future__ import annotations

import errno
import hashlib
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from openbeat.disk import blocks_of, locked, make_folder, plainly, sha256_of, sync, write_new
from openbeat.errors import ShelfFault

OBJECT = re.compile(r"[0-9a-f]{64}(\.[a-z0-9]{1,12}){1,2}")


@dataclass(frozen=True, kw_only=True)
class Shelf:
    """Where the releases of an installation lie."""

    root: Path

    @property
    def objects(self) -> Path:
        """The folder of files named by their hash; whoever holds its lock alone may delete."""
        return self.root / "objects"

    @property
    def manifests(self) -> Path:
        """The folder of manifests, by agency and dataset."""
        return self.root / "manifests"

    @property
    def tmp(self) -> Path:
        """The folder of half-written things."""
        return self.root / "tmp"


@dataclass(frozen=True, kw_only=True)
class StoredObject:
    """A file on the shelf; `name` is what manifests call it."""

    sha256: str
    bytes: int
    name: str

    @property
    def reference(self) -> dict[str, str | int]:
        """How a manifest refers to it."""
        return {"object": self.name, "bytes": self.bytes}


@dataclass(frozen=True, kw_only=True)
class Draft:
    """A file that is being written; it is gone at the end unless it is kept."""

    shelf: Shelf
    path: Path
    ext: str

    def keep(self, sha256: str | None = None) -> StoredObject:
        """The finished file as an object. Hand in `sha256` if it was computed while writing."""
        with plainly(self.path):
            return _take(self.shelf, self.path, self.ext, sha256)


def open_shelf(root: Path) -> Shelf:
    """The shelf at `root`, its folders made where they were missing."""
    shelf = Shelf(root=root)
    for folder in (shelf.objects, shelf.manifests, shelf.tmp):
        if not folder.is_dir():
            with plainly(folder):
                make_folder(folder)
    return shelf


def object_path(shelf: Shelf, name: str) -> Path:
    """Where the object called `name` lies, or would lie; anything but such a name is refused."""
    if not OBJECT.fullmatch(name):
        raise ShelfFault(
            "this is not the name of an object",
            where=str(shelf.objects),
            remedies=["use a name as manifests write it: <sha256>.<extension>"],
        )
    return shelf.objects / name


@contextmanager
def new_object(shelf: Shelf, ext: str) -> Iterator[Draft]:
    """A draft: write to `draft.path`, end with `draft.keep()`; without that, nothing stays."""
    path = shelf.tmp / f"{uuid4().hex}.{ext}"
    try:
        yield Draft(shelf=shelf, path=path, ext=ext)
    finally:
        with suppress(OSError):  # rubbish in tmp does no harm; an error here would hide one that does
            path.unlink(missing_ok=True)


def store_bytes(shelf: Shelf, data: bytes, ext: str) -> StoredObject:
    """`data` as an object."""
    with new_object(shelf, ext) as draft, plainly(draft.path):
        write_new(draft.path, [data])
        return draft.keep(hashlib.sha256(data).hexdigest())


def store_file(shelf: Shelf, path: Path, ext: str) -> StoredObject:
    """The finished file at `path` as an object; it is moved in, so that `path` is gone afterwards."""
    if path.is_symlink() or not path.is_file():
        raise ShelfFault("this is not a file", where=str(path), remedies=["hand in a finished, regular file"])
    with plainly(path):
        try:
            return _take(shelf, path, ext, None)
        except OSError as error:
            if error.errno != errno.EXDEV:  # on another file system: copy, hashing on the way
                raise
        digest = hashlib.sha256()
        with new_object(shelf, ext) as draft:
            write_new(draft.path, blocks_of(path, digest.update))
            stored = draft.keep(digest.hexdigest())
        path.unlink()
        return stored


def _take(shelf: Shelf, path: Path, ext: str, sha256: str | None) -> StoredObject:
    sha256 = sha256 or sha256_of(path)
    stored = StoredObject(sha256=sha256, bytes=path.stat().st_size, name=f"{sha256}.{ext}")
    target = object_path(shelf, stored.name)
    path.chmod(0o644)
    sync(path)
    with locked(shelf.objects, alone=False):
        # One that lies there already is kept if it is sound; a damaged one is healed.
        if target.is_file() and target.stat().st_size == stored.bytes and sha256_of(target) == sha256:
            os.utime(target)  # young again: sweep must not take it from whoever stores it now
            path.unlink()
        else:
            path.replace(target)
        sync(shelf.objects)
    return stored


def collect_objects(body: object) -> dict[str, int]:
    """Bytes by name, of every object that a manifest's body refers to."""
    found: dict[str, int] = {}
    waiting = [body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, Mapping):
            waiting += node.values()
            if "object" in node:
                name, size = node["object"], node.get("bytes")
                if not (isinstance(name, str) and OBJECT.fullmatch(name) and type(size) is int):
                    raise _unclear("an entry with the key 'object' does not refer to one")
                if found.setdefault(name, size) != size:
                    raise _unclear(f"{name} is said to have two sizes")
        elif isinstance(node, list | tuple):
            waiting += node
    return found


def _unclear(problem: str) -> ShelfFault:
    return ShelfFault(
        problem,
        where="the body of a manifest",
        remedies=['refer to a stored file as {"object": "<sha256>.<extension>", "bytes": n}'],
    )
