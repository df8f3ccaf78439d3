"""The vault's files: a chain of commits, and the parts that they name."""

from __future__ import annotations

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import uuid4

from openbeat.disk import locked, make_folder, plainly, sha256_of, sync, write_new
from openbeat.errors import VaultFault
from openbeat.vault.sealing import Seal, VaultKey, binding, damaged, new_identity, seal, seal_of, unseal

PART = re.compile(r"[0-9a-f]{64}\.sealed")
FILE, FOLDER = 0o600, 0o700
PATIENCE = 10.0  # seconds that one writer waits for another


@dataclass(frozen=True, kw_only=True)
class Part:
    """A file of versions; `sha256` is of its sealed bytes."""

    sha256: str
    rows: int


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What one commit adds to one table."""

    key: tuple[str, ...]
    columns: tuple[str, ...]
    parts: tuple[Part, ...]


@dataclass(frozen=True, kw_only=True)
class Commit:
    """One append; `sha256` is of its sealed bytes, which the next commit is bound to as its `previous`."""

    number: int
    previous: str
    sha256: str
    at: datetime
    tables: Mapping[str, Entry]


@dataclass(frozen=True, kw_only=True)
class Store:
    """Where a vault lies and what seals it; the first commit is bound to `root`."""

    folder: Path
    seal: Seal
    root: str

    @property
    def commits(self) -> Path:
        """The folder of commits; whoever holds its lock writes."""
        return self.folder / "commits"

    @property
    def objects(self) -> Path:
        """The folder of parts."""
        return self.folder / "objects"

    @property
    def tmp(self) -> Path:
        """The folder of half-written things, sealed like all others."""
        return self.folder / "tmp"


def open_store(folder: Path, key: VaultKey) -> Store:
    """The store in `folder`, made where there is none."""
    identity = folder / "identity"
    with plainly(folder, VaultFault):
        if not identity.exists():
            _found(folder, key)
        for one in (folder, *(folder / name for name in ("commits", "objects", "tmp"))):
            if not one.is_dir():
                raise damaged(one, "the folder is missing")
            if stat.S_IMODE(one.stat().st_mode) & 0o077:
                raise VaultFault("others may enter it", where=str(one), remedies=[f"chmod 700 {one}"])
        data = identity.read_bytes()
    return Store(
        folder=folder, seal=seal_of(data, key, where=identity), root=hashlib.sha256(data).hexdigest()
    )


def read_commits(store: Store, known: tuple[Commit, ...] = ()) -> tuple[Commit, ...]:
    """Every commit, oldest first; those `known` from before are held against the folder, not read again."""
    with plainly(store.commits, VaultFault):
        names = sorted(path.name for path in store.commits.iterdir())
        for number, name in enumerate(names, start=1):
            if name != _name(number):
                raise damaged(store.commits / name, f"the name of commit {number} is missing before this one")
        if len(names) < len(known):
            raise damaged(store.commits / _name(len(known)), "the commit was there before, and is not now")
        if known and sha256_of(store.commits / _name(len(known))) != known[-1].sha256:
            raise damaged(store.commits / _name(len(known)), "the commit is another than it was before")
        for number in range(len(known) + 1, len(names) + 1):
            known = (*known, _read_commit(store, number, tip(store, known)))
    return known


def tip(store: Store, commits: Sequence[Commit]) -> str:
    """What the next commit is bound to."""
    return commits[-1].sha256 if commits else store.root


def read_part(store: Store, commit: Commit, table: str, number: int) -> bytes:
    """The bytes of a commit's part, as they were sealed."""
    part = commit.tables[table].parts[number]
    path = store.objects / f"{part.sha256}.sealed"
    with plainly(path, VaultFault):
        sealed = path.read_bytes() if path.exists() else b""
    # A part of a killed append may be bound to the same place: only the commit tells which is meant.
    if hashlib.sha256(sealed).hexdigest() != part.sha256:
        raise damaged(path, "it is missing, or its bytes are not those that were sealed")
    return unseal(
        store.seal, sealed, binding("part", commit.number, commit.previous, table, number), where=path
    )


def write_part(store: Store, commits: Sequence[Commit], table: str, number: int, data: bytes) -> str:
    """The sha256 of `data`, sealed as a part of the commit that is to follow these."""
    sealed = seal(store.seal, data, binding("part", len(commits) + 1, tip(store, commits), table, number))
    sha256 = hashlib.sha256(sealed).hexdigest()
    with _draft(store.tmp, sealed) as draft:
        draft.replace(store.objects / f"{sha256}.sealed")
    return sha256


def publish(
    store: Store, commits: tuple[Commit, ...], at: datetime, tables: Mapping[str, Entry]
) -> tuple[Commit, ...]:
    """The chain with one commit more, which outlives a power cut, as do the parts that it names."""
    number, previous = len(commits) + 1, tip(store, commits)
    body = {
        "at": at.isoformat(),
        "tables": {
            name: {
                "key": entry.key,
                "columns": entry.columns,
                "parts": [[part.sha256, part.rows] for part in entry.parts],
            }
            for name, entry in tables.items()
        },
    }
    sealed = seal(store.seal, json.dumps(body).encode(), binding("commit", number, previous))
    sync(store.objects)
    with _draft(store.tmp, sealed) as draft:
        os.link(draft, store.commits / _name(number))
        sync(store.commits)
    sha256 = hashlib.sha256(sealed).hexdigest()
    return (*commits, Commit(number=number, previous=previous, sha256=sha256, at=at, tables=tables))


def sweep(store: Store, commits: Sequence[Commit]) -> None:
    """Takes away what killed appends left; only whoever holds the lock may."""
    named = {
        f"{part.sha256}.sealed"
        for commit in commits
        for entry in commit.tables.values()
        for part in entry.parts
    }
    orphans = (
        path for path in store.objects.iterdir() if PART.fullmatch(path.name) and path.name not in named
    )
    for path in (*store.tmp.iterdir(), *orphans):
        path.unlink()


@contextmanager
def writing(store: Store) -> Iterator[None]:
    """The right to write, which one program has at a time."""
    try:
        with locked(store.commits, alone=True, patience=PATIENCE):
            yield
    except BlockingIOError:
        raise VaultFault(
            f"another program has been writing to the vault for more than {PATIENCE:.0f} seconds",
            where=str(store.folder),
            remedies=["run again when it has finished"],
        ) from None


def _found(folder: Path, key: VaultKey) -> None:
    parts = [folder / name for name in ("commits", "objects", "tmp")]
    if folder.exists():
        strange = {path.name for path in folder.iterdir()} - {path.name for path in parts}
        started = any(path.is_dir() and any(path.iterdir()) for path in parts[:2])
        if (strange or started) and not (folder / "identity").exists():
            raise VaultFault(
                "holds files, but not the file `identity` that makes it a vault",
                where=str(folder),
                remedies=["name an empty folder, or one that does not exist", "restore it from a backup"],
            )
    make_folder(folder, mode=FOLDER)
    folder.chmod(FOLDER)
    for path in parts:
        make_folder(path, mode=FOLDER)
    with _draft(folder / "tmp", new_identity(key)) as draft, suppress(FileExistsError):
        os.link(draft, folder / "identity")
    sync(folder)


@contextmanager
def _draft(tmp: Path, data: bytes) -> Iterator[Path]:
    path = tmp / uuid4().hex
    try:
        write_new(path, [data], mode=FILE)
        yield path
    finally:
        with suppress(OSError):  # it is swept by the next append; an error here would hide one that does harm
            path.unlink(missing_ok=True)


def _name(number: int) -> str:
    return f"{number:08}.sealed"


def _read_commit(store: Store, number: int, previous: str) -> Commit:
    path = store.commits / _name(number)
    sealed = path.read_bytes()
    body = json.loads(unseal(store.seal, sealed, binding("commit", number, previous), where=path))
    return Commit(
        number=number,
        previous=previous,
        sha256=hashlib.sha256(sealed).hexdigest(),
        at=datetime.fromisoformat(body["at"]),
        tables={
            name: Entry(
                key=tuple(entry["key"]),
                columns=tuple(entry["columns"]),
                parts=tuple(Part(sha256=sha256, rows=rows) for sha256, rows in entry["parts"]),
            )
            for name, entry in body["tables"].items()
        },
    )
