"""Writing that is whole or not there: what the shelf asks of the file system."""

from __future__ import annotations

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from openbeat.errors import ShelfFault

BLOCK = 1 << 20  # bytes


def write_new(path: Path, blocks: Iterable[bytes]) -> None:
    """A new file with these blocks, readable by all, safe from a power cut when this returns."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    try:
        for block in blocks:
            rest = memoryview(block)
            while rest:
                rest = rest[os.write(file, rest) :]
        os.fchmod(file, 0o644)  # whatever the umask: the public process is another user
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


def make_folder(folder: Path) -> None:
    """The folder, with those above it, safe from a power cut even if another process made them."""
    folder.mkdir(parents=True, exist_ok=True)
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
def locked(folder: Path, *, alone: bool) -> Iterator[None]:
    """The folder held: by many at once, or `alone`. The kernel lets go of what a killed process held."""
    file = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(file, fcntl.LOCK_EX if alone else fcntl.LOCK_SH)
        yield
    finally:
        os.close(file)


@contextmanager
def plainly(where: Path) -> Iterator[None]:
    """An error of the disk inside says where it was and what to do."""
    try:
        yield
    except OSError as error:
        raise ShelfFault(
            f"the file system refused: {error.strerror or type(error).__name__}",
            where=str(where),
            remedies=[
                "see that there is room on the disk and that the folder may be written to, then run again"
            ],
        ) from error
