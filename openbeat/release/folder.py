"""A release as a folder of files: what the portal serves under one address, and what an export writes."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from openbeat.disk import blocks_of, locked, make_folder, plainly, sync
from openbeat.errors import ShelfFault
from openbeat.release.objects import Shelf, object_path
from openbeat.release.shelf import Manifest, dataset_folder

NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,199}")
MARK = "manifest.json"  # says which release lies in a folder; its files can be checked against it
PART = ".part"

# By the longest ending that fits.
MEDIA_TYPES: Mapping[str, str] = {
    ".csv-metadata.json": "application/csvm+json",
    "csv-metadata.json": "application/csvm+json",
    ".cff": "application/yaml; charset=utf-8",
    ".csv": "text/csv; charset=utf-8",
    ".json": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".parquet": "application/vnd.apache.parquet",
    ".txt": "text/plain; charset=utf-8",
}


@dataclass(frozen=True, kw_only=True)
class FileEntry:
    """A file of a release: the object that holds its bytes, how many, and what they are."""

    object: str
    bytes: int
    media_type: str

    @property
    def sha256(self) -> str:
        """The hash of its bytes."""
        return self.object[:64]


def file_names(body: Mapping[str, Any]) -> dict[str, FileEntry]:
    """Every file of a release by its name in the folder, rows first.

    Raises ShelfFault where two files would have one name, or a name would lead out of the folder.
    """
    found: dict[str, FileEntry] = {}
    for name, reference in _references(body):
        if not NAME.fullmatch(name) or name in found or name == MARK:
            raise ShelfFault(
                f"the name {name!r} is that of two files, or none that a file can have",
                where="the manifest of a release",
                remedies=["restore the manifest from a backup or a mirror", "rename the table or document"],
            )
        found[name] = FileEntry(
            object=reference["object"], bytes=reference["bytes"], media_type=media_type_of(name)
        )
    return found


def media_type_of(name: str) -> str:
    """What the bytes of a file with this name are."""
    endings = [ending for ending in MEDIA_TYPES if name.endswith(ending)]
    return MEDIA_TYPES[max(endings, key=len)] if endings else "application/octet-stream"


def _references(body: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for part in ("tables", "derived"):
        for table, entry in body[part].items():
            for ending, reference in sorted(entry["files"].items()):
                yield f"{table}.{ending}", reference
    yield "words.csv", body["crosswords"]
    if body["changes"]["file"]:
        yield "changes.csv", body["changes"]["file"]
    yield from sorted(body["documents"].items())


def write_folder(
    shelf: Shelf, manifest: Manifest, into: Path, *, progress: Callable[[str], None] = lambda name: None
) -> None:
    """Every file of a release under its name, with the manifest; each is hashed on the way and appears whole.

    An earlier export of the same dataset is replaced: its files go, what else lies there stays. Any other
    folder that is not empty raises ShelfFault, and so does a damaged object; then nothing has changed.
    """
    files = file_names(manifest.body)
    said = dataset_folder(shelf, manifest.agency, manifest.dataset) / f"{manifest.version:08}.json"
    with plainly(into):
        make_folder(into)
        with locked(into, alone=True):
            stale = _exported_before(manifest, into) - files.keys()
            drafts = {name: into / f".{name}{PART}" for name in (*files, MARK)}
            try:
                for name, entry in files.items():
                    progress(name)
                    _copy(object_path(shelf, entry.object), drafts[name], entry.sha256)
                _copy(said, drafts[MARK], manifest.sha256)
                # From here on only the disk can fail; killed in between, the next export ends it.
                for name in sorted(stale):
                    (into / name).unlink(missing_ok=True)
                for name in (MARK, *files):
                    drafts[name].replace(into / name)
            finally:
                for draft in drafts.values():
                    draft.unlink(missing_ok=True)
            sync(into)


def _exported_before(manifest: Manifest, into: Path) -> set[str]:
    """The names of the files that an earlier export of this dataset left in the folder."""
    there = {path.name for path in into.iterdir() if not (path.name[0] == "." and path.name.endswith(PART))}
    if not there:
        return set()
    try:
        earlier = json.loads((into / MARK).read_bytes())
        same = (earlier["agency"], earlier["dataset"]) == (manifest.agency, manifest.dataset)
        left = set(file_names(earlier))
    except (FileNotFoundError, ValueError, TypeError, KeyError, AttributeError, ShelfFault):
        same, left = False, set[str]()
    if not same:
        raise _taken(into, f"it is not empty, and no export of {manifest.agency}/{manifest.dataset}")
    if foreign := sorted((there - left - {MARK}) & file_names(manifest.body).keys()):
        raise _taken(into, f"{', '.join(foreign)} would be overwritten, but came from no export")
    return left


def _taken(into: Path, problem: str) -> ShelfFault:
    remedies = ["name a new or empty folder", "move what lies there to another place"]
    return ShelfFault(problem, where=str(into), remedies=remedies)


def _copy(source: Path, draft: Path, sha256: str) -> None:
    """The file's bytes in the draft, safe from a power cut; ShelfFault where they have another hash."""
    if not source.is_file():
        raise _damaged(source, "it is missing")
    digest = hashlib.sha256()
    with draft.open("wb") as file:
        for block in blocks_of(source, digest.update):
            file.write(block)
    draft.chmod(0o644)
    sync(draft)
    if digest.hexdigest() != sha256:
        raise _damaged(source, "its bytes are not those that were published")


def _damaged(source: Path, problem: str) -> ShelfFault:
    remedies = ["see what else is damaged: openbeat verify", "restore it from a backup or a mirror"]
    return ShelfFault(problem, where=str(source), remedies=remedies)
