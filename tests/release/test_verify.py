"""Whatever happens to the files of a shelf, verify names the one it happened to."""

from __future__ import annotations

import random
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from openbeat.release.shelf import (
    Published,
    Shelf,
    StoredObject,
    object_path,
    open_shelf,
    publish,
    store_bytes,
)
from openbeat.release.verify import verify
from openbeat.release.withdrawal import retract, sweep

KEY = ("ferndale", "stops")
PLACE = "manifests/ferndale/stops"
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def release(shelf: Shelf, *stored: StoredObject) -> None:
    body = {"files": [one.reference for one in stored], "title": "Stops"}
    assert isinstance(publish(shelf, *KEY, lambda previous: body), Published)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    """Four versions of one dataset; each has a file of its own and one that all share."""
    shelf = open_shelf(tmp_path / "shelf")
    shared = store_bytes(shelf, b"what every version has", "md")
    for number in range(4):
        release(shelf, store_bytes(shelf, b"row %d\n" % number * 500, "csv"), shared)
    return shelf


def named(shelf: Shelf) -> list[str]:
    return [fault.where for fault in verify(shelf).faults]


def test_an_empty_shelf_is_clean(tmp_path: Path) -> None:
    assert verify(open_shelf(tmp_path)).clean


def test_a_sound_shelf_is_clean_and_counted(shelf: Shelf) -> None:
    seen: list[tuple[int, int]] = []
    report = verify(shelf, progress=lambda done, of: seen.append((done, of)))
    assert (report.clean, report.notes) == (True, ())
    assert (report.datasets, report.manifests, report.objects) == (1, 4, 5)
    assert report.bytes == sum(path.stat().st_size for path in shelf.objects.iterdir())
    assert seen == [(number, 5) for number in range(1, 6)]


def test_any_stored_file_that_is_flipped_cut_or_lost_is_named(shelf: Shelf, tmp_path: Path) -> None:
    chance = random.Random(2015)
    paths = sorted(path.relative_to(shelf.root) for path in shelf.root.rglob("*") if path.is_file())
    assert len(paths) == 10  # five objects, four manifests, HEAD
    for number in range(200):
        hurt = open_shelf(tmp_path / "hurt")
        shutil.copytree(shelf.root, hurt.root, dirs_exist_ok=True)
        path = hurt.root / paths[number % len(paths)]
        data = bytearray(path.read_bytes())
        if chance.random() < 0.7:
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
            path.write_bytes(data)
        else:
            path.write_bytes(data[: chance.randrange(len(data))])
        assert str(path.relative_to(hurt.root)) in named(hurt), f"damage number {number} went unseen"
        shutil.rmtree(hurt.root)


def test_the_newest_manifest_is_vouched_for_even_when_head_lags_behind(shelf: Shelf) -> None:
    (shelf.root / PLACE / "HEAD").unlink()
    assert verify(shelf).clean
    path = shelf.root / PLACE / "00000004.json"
    path.write_bytes(path.read_bytes().replace(b'"Stops"', b'"Stopz"'))
    assert f"{PLACE}/00000004.json" in named(shelf)


def test_a_missing_object_is_named_with_the_version_that_needs_it(shelf: Shelf) -> None:
    stored = store_bytes(shelf, b"row 2\n" * 500, "csv")
    object_path(shelf, stored.name).unlink()
    (fault,) = verify(shelf).faults
    assert fault.where == f"objects/{stored.name}"
    assert fault.what == "it is missing (published by ferndale/stops version 3)"
    assert "restore" in fault.remedy


def test_a_manifest_missing_from_the_middle_is_named(shelf: Shelf) -> None:
    for version in (2, 3):
        (shelf.root / PLACE / f"0000000{version}.json").unlink()
    assert named(shelf) == [f"{PLACE}/00000002.json to 00000003.json"]


def test_a_chain_that_was_cut_short_is_told_from_a_head_that_lags(shelf: Shelf) -> None:
    (shelf.root / PLACE / "00000004.json").unlink()
    (fault,) = verify(shelf).faults
    assert fault.where == f"{PLACE}/HEAD"
    assert "cut off after version 3" in fault.what


def test_all_manifests_of_a_dataset_gone_is_a_fault_too(shelf: Shelf) -> None:
    for path in (shelf.root / PLACE).glob("*.json"):
        path.unlink()
    assert named(shelf) == [f"{PLACE}/HEAD"]


def test_a_version_replaced_by_a_sound_manifest_of_another_history_breaks_the_chain(
    shelf: Shelf, tmp_path: Path
) -> None:
    other = open_shelf(tmp_path / "other")
    release(other)
    release(other)
    shutil.copy(other.root / PLACE / "00000002.json", shelf.root / PLACE)
    assert f"{PLACE}/00000002.json" in named(shelf)  # it does not fit on version 1,
    assert f"{PLACE}/00000003.json" in named(shelf)  # nor version 3 on it


def test_a_damaged_object_that_nothing_refers_to_is_a_fault_and_a_sound_one_a_note(shelf: Shelf) -> None:
    sound, hurt = store_bytes(shelf, b"sound", "csv"), store_bytes(shelf, b"hurt", "csv")
    object_path(shelf, hurt.name).write_bytes(b"hurd")
    report = verify(shelf)
    assert [fault.where for fault in report.faults] == [f"objects/{hurt.name}"]
    assert f"objects/{sound.name}: no manifest refers to it" in report.notes


def test_what_a_retraction_erased_is_not_missed_and_what_it_left_is_named(shelf: Shelf) -> None:
    private = store_bytes(shelf, b"row 3\n" * 500, "csv")
    retract(shelf, *KEY, version=4, reason="a name was in it", erase=True, by="records desk", now=NOON)
    assert verify(shelf).clean
    (shelf.objects / private.name).write_bytes(b"row 3\n" * 500)  # as if killed before the bytes were gone
    assert named(shelf) == [f"objects/{private.name}"]
    sweep(shelf, timedelta(days=7))
    assert verify(shelf).clean
