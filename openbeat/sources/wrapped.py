"""Files wrapped in another file: ZIP archives and gzip."""

from __future__ import annotations

import gzip
import stat
import zipfile
import zlib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import IO

from openbeat.errors import UnreadableSource
from openbeat.sources.formats import Wrapping, formats
from openbeat.sources.shape import Shape

CHUNK = 1 << 20
SMALL, RATIO = 1 << 26, 200  # what unpacks to more than both is a bomb: police records pack 5 to 30 times
TOTAL = 1 << 36  # bytes, unpacked
DIRECTORY = 1 << 24  # bytes of an archive's list of members, some 200,000 of them
LITTER = ("__MACOSX/", ".DS_Store", "Thumbs.db")
NESTED = (".zip", ".gz", ".7z", ".rar", ".tar", ".tgz", ".bz2", ".xz")


def unzip(path: Path, name: str, shape: Shape, folder: Path) -> Iterator[tuple[str, Path]]:
    """Each readable member of a ZIP archive, or each that `shape.member` matches, in the archive's order.

    Raises UnreadableSource for bombs, archives in archives, encrypted members, names that lead elsewhere, and
    archives that are cut off.
    """
    try:
        if _directory_size(path) > DIRECTORY:
            raise _bomb(name)
        with zipfile.ZipFile(path) as archive:
            members = _wanted(archive, name, shape)
            left = TOTAL
            for number, member in enumerate(members):
                file = folder / f"member{number}{PurePosixPath(member.filename).suffix.lower()}"
                with archive.open(member) as packed:
                    left -= _unpack(packed, file, member.compress_size, left, name)
                yield f"{name}/{member.filename}", file
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        OSError,
        NotImplementedError,
        RuntimeError,
        ValueError,
    ) as error:
        raise _damaged(name, error) from None


def gunzip(path: Path, name: str, shape: Shape, folder: Path) -> Iterator[tuple[str, Path]]:
    """The file that was packed with gzip. Raises UnreadableSource for bombs and files that are cut off."""
    inner = name[: -len(".gz")]
    file = folder / f"inner{Path(inner).suffix.lower()}"
    try:
        with gzip.open(path, "rb") as packed:
            _unpack(packed, file, path.stat().st_size, TOTAL, name)
    except (zlib.error, EOFError, OSError) as error:
        raise _damaged(name, error) from None
    yield inner, file


def _wanted(archive: zipfile.ZipFile, name: str, shape: Shape) -> list[zipfile.ZipInfo]:
    endings = tuple(ending for one in formats().values() for ending in one.endings)
    members = [
        one
        for one in archive.infolist()
        if not one.is_dir() and not any(bit in one.filename for bit in LITTER)
    ]
    wanted = [
        one
        for one in members
        if (
            fnmatch(one.filename, shape.member)
            if shape.member
            else one.filename.lower().endswith(endings + NESTED)
        )
    ]
    if not wanted:
        raise UnreadableSource(
            f"nothing in it matches {shape.member!r}" if shape.member else "nothing in it can be read",
            where=name,
            remedies=[
                "set `member` in agency.toml to one of: "
                + ", ".join(repr(one.filename) for one in members[:20]),
            ],
        )
    for one in wanted:
        parts = PurePosixPath(one.filename.replace("\\", "/"))
        if parts.is_absolute() or ".." in parts.parts or stat.S_ISLNK(one.external_attr >> 16):
            problem = f"the name of its member {one.filename!r} leads out of the archive"
        elif one.flag_bits & 1:
            problem = f"its member {one.filename!r} is locked with a password"
        elif one.filename.lower().endswith(NESTED):
            problem = f"its member {one.filename!r} is an archive itself"
        else:
            continue
        raise UnreadableSource(
            problem,
            where=name,
            remedies=["unpack it by hand and name the files", "set `member` to other files"],
        )
    return wanted


def _unpack(packed: IO[bytes] | gzip.GzipFile, file: Path, stored: int, left: int, name: str) -> int:
    """Write what was packed into the file; returns how many bytes that is."""
    most, size = min(left, max(SMALL, RATIO * stored)), 0
    with file.open("wb") as out:
        while chunk := packed.read(CHUNK):
            size += len(chunk)
            if size > most:
                raise _bomb(name)
            out.write(chunk)
    return size


def _directory_size(path: Path) -> int:
    """Bytes of the archive's list of members, from its end record: a list can be a bomb by itself."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 66_000))
        end = file.read()
    place = end.rfind(b"PK\x05\x06")
    return int.from_bytes(end[place + 12 : place + 16], "little") if place >= 0 else 0


def _bomb(name: str) -> UnreadableSource:
    return UnreadableSource(
        f"it unpacks to more than {RATIO} times its size, or to more than {TOTAL >> 30} GiB",
        where=name,
        remedies=["ask where it comes from", "unpack it by hand, if it is what it should be"],
    )


def _damaged(name: str, error: Exception) -> UnreadableSource:
    return UnreadableSource(
        f"it is damaged, cut off, or packed in a way that is not known here ({type(error).__name__})",
        where=name,
        remedies=["download or export it again", "unpack it by hand and name the files inside"],
    )


zipped = Wrapping(key="zip", title="a ZIP archive", endings=(".zip",), open=unzip)
gzipped = Wrapping(key="gzip", title="gzip", endings=(".gz",), open=gunzip)
