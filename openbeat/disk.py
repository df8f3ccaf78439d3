"""Writing that is whole or not there: what the shelf and the vault ask of the file system."""

from __future__ import annotations

import fcntl
import hashlib
import os
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from openbeat.errors import OpenBeatError, ShelfFault

BLOCK = 1 << 20  # bytes
PAUSE = 0.01  # seconds between two tries to hold a folder


def write_new(path: Path, blocks: Iterable[bytes], *, mode: int = 0o644) -> None:
    """A new file with these blocks, by default readable by all, safe from a power cut when this returns."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        for block in blocks:
            rest = memoryview(block)
            while rest:
                rest = rest[os.write(file, rest) :]
        os.fchmod(file, mode)  # whatever the umask: the public process is another user
        os.fsync(file)
    finally:
        os.close(file)


def sync(path: Path) -> None:
    """A file's bytes, or the names in a folder, safe from a power cut."""
    file = os.open(path, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def make_folder(folder: Path, *, mode: int = 0o777) -> None:
    """The folder, with those above it, safe from a power cut even if another process made them."""
    folder.mkdir(mode, parents=True, exist_ok=True)
    sync(folder.parent)
    sync(folder.parent.parent)


def sha256_of(path: Path) -> str:
    """The sha256 of the file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def blocks_of(path: Path, seen: Callable[[bytes], object]) -> Iterator[bytes]:
    """The file's bytes, block by block; `seen` is shown each before it goes on."""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            seen(block)
            yield block


@contextmanager
def locked(folder: Path, *, alone: bool, patience: float | None = None) -> Iterator[None]:
    """The folder held: by many at once, or `alone`. The kernel lets go of what a killed process held.

    Waits for ever, or `patience` seconds; then BlockingIOError.
    """
    file = os.open(folder, os.O_RDONLY)
    kind = fcntl.LOCK_EX if alone else fcntl.LOCK_SH
    try:
        if patience is None:
            fcntl.flock(file, kind)
        else:
            _hold(file, kind | fcntl.LOCK_NB, time.monotonic() + patience)
        yield
    finally:
        os.close(file)


def _hold(file: int, kind: int, until: float) -> None:
    while True:
        try:
            return fcntl.flock(file, kind)
        except BlockingIOError:
            if time.monotonic() > until:
                raise
            time.sleep(PAUSE)


@contextmanager
def plainly(where: Path, fault: type[OpenBeatError] = ShelfFault) -> Iterator[None]:
    """An error of the disk inside says where it was and what to do."""
    try:
        yield
    except OSError as error:
        raise fault(
            f"the file system refused: {error.strerror or type(error).__name__}",
            where=str(where),
            remedies=[
                "see that there is room on the disk and that the folder may be written to, then run again"
            ],
        ) from error
