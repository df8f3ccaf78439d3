"""The files that a release offers: those that lie on the shelf, and formats that are made on request."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from openbeat import __version__
from openbeat.release.folder import file_names
from openbeat.release.formats import row_formats
from openbeat.release.objects import Shelf, object_path
from openbeat.release.shelf import Manifest

KEPT = 2_000_000_000  # bytes of made files that are kept; the oldest go first
holder = tempfile.TemporaryDirectory(prefix="openbeat-")
making = Lock()  # one file is made at a time: readers of other files must not wait for the processor


@dataclass(frozen=True, kw_only=True)
class Offer:
    """A file by its name in the release; `bytes` and `sha256` are None until a file on request is made."""

    name: str
    media_type: str
    object: str | None
    bytes: int | None
    table: str | None = None
    format: str | None = None

    @property
    def sha256(self) -> str | None:
        """The hash of its bytes."""
        return self.object[:64] if self.object else None


def offers(manifest: Manifest) -> dict[str, Offer]:
    """Every file of the release by name, in the order of its folder; those made on request last."""
    found = {
        name: Offer(name=name, media_type=one.media_type, object=one.object, bytes=one.bytes)
        for name, one in file_names(manifest.body).items()
    }
    for key, table in manifest.body["tables"].items():
        for form in row_formats().values():
            if not form.suits(table):
                continue
            name = f"{key}.{form.ending}"
            made = Offer(
                name=name, media_type=form.media_type, object=None, bytes=None, table=key, format=form.key
            )
            found.setdefault(name, made)
    return found


def path_of(shelf: Shelf, manifest: Manifest, offer: Offer) -> Path:
    """Where the bytes of an offered file lie; one on request is made first, unless it was before."""
    if offer.object:
        return object_path(shelf, offer.object)
    table = manifest.body["tables"][offer.table]
    source = table["files"]["parquet"]["object"]
    target = made_folder() / f"{source[:64]}.{offer.format}"
    with making:
        if not target.exists():
            row_formats()[offer.format or ""].write(object_path(shelf, source), table, target)
            _make_room(target)
        os.utime(target)
    return target


def made_folder() -> Path:
    """Where made files are kept: a folder of this process, which it takes with it when it ends."""
    return Path(holder.name)


def _make_room(newest: Path) -> None:
    files = sorted(made_folder().iterdir(), key=lambda one: one.stat().st_mtime, reverse=True)
    total = 0
    for file in files:
        total += file.stat().st_size
        if total > KEPT and file != newest:
            file.unlink()


def etag(offer: Offer, manifest: Manifest) -> str:
    """Names the exact bytes: their hash, or of what and by which openbeat they were made."""
    if offer.sha256:
        return f'"{offer.sha256}"'
    source = manifest.body["tables"][offer.table]["files"]["parquet"]["object"][:64]
    return f'"{source}-{offer.format}-{__version__}"'
