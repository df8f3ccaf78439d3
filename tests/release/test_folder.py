"""A release as a folder: every file whole and under its name, and nobody else's files touched."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bodies import AGENCY, DATASET, force_body, publish_force

from openbeat.errors import ShelfFault
from openbeat.release.folder import MARK, file_names, media_type_of, write_folder
from openbeat.release.shelf import Manifest, Shelf, object_path, open_shelf, publish, store_bytes


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return open_shelf(tmp_path / "shelf")


@pytest.fixture
def into(tmp_path: Path) -> Path:
    return tmp_path / "out"


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_every_file_is_there_under_its_name_with_the_bytes_that_were_published(
    shelf: Shelf, into: Path
) -> None:
    manifest = publish_force(shelf)
    write_folder(shelf, manifest, into)
    files = file_names(manifest.body)
    assert {path.name for path in into.iterdir()} == {*files, MARK}
    for name, entry in files.items():
        data = (into / name).read_bytes()
        assert (hashlib.sha256(data).hexdigest(), len(data)) == (entry.sha256, entry.bytes)
    assert {
        "incidents.csv",
        "incidents.parquet",
        "subjects.csv",
        "force_rate.csv",
        "words.csv",
    } <= files.keys()
    assert {
        "datapackage.json",
        "diccionario.md",
        "subjects.csv-metadata.json",
        "CITATION.cff",
    } <= files.keys()


def test_the_folder_says_which_release_it_is_in_the_shelf_s_own_words(shelf: Shelf, into: Path) -> None:
    manifest = publish_force(shelf)
    write_folder(shelf, manifest, into)
    assert hashlib.sha256((into / MARK).read_bytes()).hexdigest() == manifest.sha256


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("stops.csv", "text/csv; charset=utf-8"),
        ("stops.csv-metadata.json", "application/csvm+json"),
        ("csv-metadata.json", "application/csvm+json"),
        ("datapackage.json", "application/json"),
        ("stops.parquet", "application/vnd.apache.parquet"),
        ("strange", "application/octet-stream"),
    ],
)
def test_the_media_type_follows_from_the_longest_ending(name: str, kind: str) -> None:
    assert media_type_of(name) == kind


@pytest.mark.parametrize(
    "name", ["../up.json", "/etc/x", "a/b.json", ".hidden", "", "a\\b", "words.csv", MARK]
)
def test_a_document_whose_name_leads_elsewhere_or_is_taken_is_refused(shelf: Shelf, name: str) -> None:
    body = force_body(shelf)
    body["documents"] = {name: body["crosswords"]}
    with pytest.raises(ShelfFault, match="the name"):
        file_names(body)


def test_a_later_version_replaces_an_earlier_export_and_its_files_that_are_no_more(
    shelf: Shelf, into: Path
) -> None:
    write_folder(shelf, publish_force(shelf), into)
    body = force_body(shelf)
    del body["derived"]["force_rate"]
    later = publish_force(shelf, body)
    (into / "my notes.txt").write_text("mine", encoding="utf-8")
    write_folder(shelf, later, into)
    assert {path.name for path in into.iterdir()} == {*file_names(later.body), MARK, "my notes.txt"}
    assert json.loads((into / MARK).read_bytes())["version"] == 2


@pytest.mark.parametrize("mark", [None, "not json", "[]", '{"agency": "ferndale", "dataset": "stops"}'])
def test_a_folder_of_other_things_is_refused_and_left_as_it_was(
    shelf: Shelf, into: Path, mark: str | None
) -> None:
    manifest = publish_force(shelf)
    into.mkdir()
    (into / "thesis.docx").write_bytes(b"years of work")
    if mark is not None:
        (into / MARK).write_text(mark, encoding="utf-8")
    before = contents(into)
    with pytest.raises(ShelfFault, match="not empty"):
        write_folder(shelf, manifest, into)
    assert contents(into) == before


def test_a_file_of_the_user_s_own_with_the_name_of_a_new_one_is_not_overwritten(
    shelf: Shelf, into: Path
) -> None:
    body = force_body(shelf)
    del body["derived"]["force_rate"]
    write_folder(shelf, publish_force(shelf, body), into)
    (into / "force_rate.csv").write_bytes(b"my own count")
    before = contents(into)
    with pytest.raises(ShelfFault, match=r"force_rate\.csv would be overwritten"):
        write_folder(shelf, publish_force(shelf), into)
    assert contents(into) == before


@pytest.mark.parametrize("harm", ["changed", "missing"])
def test_a_damaged_object_is_named_and_the_earlier_export_stays_as_it_was(
    shelf: Shelf, into: Path, harm: str
) -> None:
    write_folder(shelf, publish_force(shelf), into)
    before = contents(into)
    body = force_body(shelf)
    body["crosswords"] = {**store_bytes(shelf, b"other words\n", "csv").reference, "rows": 0}
    later = publish_force(shelf, body)
    damaged = object_path(shelf, body["crosswords"]["object"])
    damaged.unlink() if harm == "missing" else damaged.write_bytes(b"other wordz\n")
    with pytest.raises(ShelfFault, match=damaged.name):
        write_folder(shelf, later, into)
    assert contents(into) == before


def test_a_place_that_is_no_folder_is_refused_with_a_way_out(shelf: Shelf, into: Path) -> None:
    into.write_bytes(b"a file")
    with pytest.raises(ShelfFault, match="To go on"):
        write_folder(shelf, publish_force(shelf), into)
    assert into.read_bytes() == b"a file"


KILLED = """
import os, sys
from pathlib import Path
from openbeat.release.folder import write_folder
from openbeat.release.shelf import head_release, open_shelf
shelf, into, calls = open_shelf(Path(sys.argv[1])), Path(sys.argv[2]), int(sys.argv[3])
def counted(name):
    call = getattr(os, name)
    def struck(*args, **kwargs):
        global calls
        calls -= 1
        if calls < 0:
            os._exit(77)
        return call(*args, **kwargs)
    setattr(os, name, struck)
for name in ("rename", "replace", "unlink", "fsync", "chmod"):
    counted(name)
write_folder(shelf, head_release(shelf, "ferndale", "use_of_force"), into)
"""


@pytest.mark.parametrize("calls", [0, 3, 30, 56, 57, 58, 60, 75])
@pytest.mark.parametrize("earlier", [False, True], ids=["new", "again"])
def test_an_export_killed_anywhere_is_ended_by_the_next_one(
    shelf: Shelf, into: Path, calls: int, earlier: bool
) -> None:
    if earlier:
        write_folder(shelf, publish_force(shelf), into)
    body: dict[str, Any] = force_body(shelf)
    del body["derived"]["force_rate"]
    later: Manifest = publish_force(shelf, body)
    run = subprocess.run(
        [sys.executable, "-c", KILLED, shelf.root, into, str(calls)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 77, run.stderr
    files = file_names(later.body)
    for path in into.iterdir():  # whatever stands under its name is whole, of this release or the one before
        if path.name in files and not earlier:
            assert hashlib.sha256(path.read_bytes()).hexdigest() == files[path.name].sha256
    write_folder(shelf, later, into)
    assert {path.name for path in into.iterdir()} == {*files, MARK}
    for name, entry in files.items():
        assert hashlib.sha256((into / name).read_bytes()).hexdigest() == entry.sha256


def test_a_manifest_without_documents_is_exported_all_the_same(shelf: Shelf, into: Path) -> None:
    body = force_body(shelf)
    done = publish(shelf, AGENCY, DATASET, lambda previous: body)
    assert done.manifest is not None
    write_folder(shelf, done.manifest, into)
    assert (into / "incidents.csv").is_file()
